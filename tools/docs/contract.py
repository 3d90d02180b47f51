"""Tables of the API's contract: the code's values with their descriptions in `meanings`."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, get_args

from api.app import build
from api.http.body_limits import LIMIT_OPTION
from api.http.errors import CODES
from api.limits.cost_budgets import MIB, MICROS, RATES
from api.limits.event_limits import LIMITS
from api.limits.rate_limits import QUOTAS, RateClass
from api.openapi.operations import list_operations
from domain.events import budgets as daily_budgets
from domain.jobs.wait_reasons import PRECEDENCE, STATUS_MESSAGES, TIMED
from domain.media import storage_quota
from jobs import outcomes
from jobs.kinds import KINDS, Kind
from schemas import accounts, api_keys, content, influencers, jobs, leases, ops, posts, projects
from schemas.errors import SourceError
from schemas.errors.platforms import Category
from tools.docs import meanings
from tools.docs.table import code, table

ROOT = Path(__file__).resolve().parents[2]

#: Largest body limit of a route without a row of its own, in bytes.
ROW_FROM_BYTES = 64 << 10

#: Migration with the caps of each tier in a pool.
LEDGER = ROOT / "db" / "migrations" / "0002_jobs.sql"
_CAP = re.compile(r"\('(\w+)', (\d+), (\d+)\)")

#: A `Literal`, or a struct with a `Literal` as its `status` or `state`.
_Words: TypeAlias = Any

STATUSES: dict[str, _Words] = {
    "project": projects.Status,
    "ingest of a project": projects.IngestState.__annotations__["status"],
    "job": jobs.Status,
    "phase of a job": jobs.JobPhase,
    "content": content.ContentStatus,
    "approval of content": content.ApprovalStatus,
    "influencer": influencers.InfluencerStatus,
    "post": posts.Status,
    "social account": accounts.AccountStatus,
    "connection attempt": accounts.OAuthStatus.__annotations__["status"],
    "lease request": leases.RequestStatus,
    "end of a lease": accounts.LeaseEnd,
    "worker": ops.Worker.__annotations__["state"],
}


def error_codes() -> str:
    """Return the table of error codes."""
    rows = _join_descriptions(CODES, meanings.ERROR_CODE_REMEDIES)
    return table(
        ["code", "status", "when", "what to do", "repeat it?"],
        [(code(name), of.status, of.when, todo, again) for name, of, (todo, again) in rows],
    )


def conflict_reasons() -> str:
    """Return the table of `details.reason` of a conflict."""
    reasons = dict.fromkeys(sorted(set(_reasons())))
    return table(
        ["reason", "meaning"],
        [
            (code(name), text)
            for name, _, text in _join_descriptions(reasons, meanings.CONFLICT_REASON_MEANINGS)
        ],
    )


def _reasons() -> Iterator[str]:
    for path in [*(ROOT / "domain").rglob("*.py"), *(ROOT / "api").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Conflict":
                yield ast.literal_eval(node.args[0])


def source_errors() -> str:
    """Return the table of codes that end an ingest or a GitHub connection."""
    leaves = {leaf.code: leaf for leaf in reversed([*_leaves(SourceError)])}
    rows = (
        (code(name), leaf.__doc__, _often(leaf.usually_retryable)) for name, leaf in sorted(leaves.items())
    )
    return table(["code", "meaning", "retryable"], rows)


def _leaves(error: type[SourceError]) -> Iterator[type[SourceError]]:
    for leaf in error.__subclasses__():
        yield leaf
        yield from _leaves(leaf)


def job_errors() -> str:
    """Return the table of errors that the platform sets on a job of any kind."""
    ends = [outcomes.DEADLINE, outcomes.WORKER_LOST, outcomes.POISONED]
    return table(
        ["code", "message", "retryable"],
        [(code(end.code), end.message, "yes" if end.retryable else "no") for end in ends],
    )


def post_error_categories() -> str:
    """Return the table of categories of a post's `lastError`."""
    rows = _join_descriptions(dict.fromkeys(get_args(Category)), meanings.CATEGORY_MEANINGS)
    return table(["category", "person who must act"], [(code(name), text) for name, _, text in rows])


def request_limits() -> str:
    """Return the table, by tier, of a key's requests a minute by class and an organization's writes a day."""
    rows = [
        (code(tier), *(f"{quota.minute[kind]:,}" for kind in RateClass), f"{quota.day:,}")
        for tier, quota in QUOTAS.items()
    ]
    return table(["tier", *(f"{code(kind)} a minute" for kind in RateClass), "writes a day"], rows)


def event_limits() -> str:
    """Return the table, by tier, of the event requests and the events that an SDK app may send a second."""
    rows = [(code(tier), f"{limit.requests:,}", f"{limit.events:,}") for tier, limit in LIMITS.items()]
    return table(["tier", "requests a second", "events a second"], rows)


def cost_budgets() -> str:
    """Return the refill rates of the cost budgets, by traffic and tier."""
    rows = [
        (
            code(tier),
            code(traffic),
            f"{rates.cpu / MICROS:g} s",
            f"{rates.database / MICROS:g} s",
            f"{rates.bytes // MIB} MiB",
        )
        for traffic, tiers in RATES.items()
        for tier, rates in tiers.items()
    ]
    return table(["tier", "traffic", "`cpu` a second", "`database` a second", "`bytes` a second"], rows)


def event_budgets() -> str:
    """Return the table, by tier, of the events and event bytes an organization may send in a UTC day."""
    rows = [
        (code(tier), f"{budget.events:,}", f"{budget.size // daily_budgets.MIB:,} MiB")
        for tier, budget in daily_budgets.BUDGETS.items()
    ]
    return table(["tier", "events a day", "bytes a day"], rows)


def body_limits() -> str:
    """Return the byte limits of large JSON bodies by route, and one row for all other routes."""
    sizes = {
        f"{operation.method} {operation.path}": operation.handler.opt[LIMIT_OPTION]
        for operation in list_operations(build())
        if operation.body
    }
    least = min(sizes.values())
    larger = sorted((size, name) for name, size in sizes.items() if size > ROW_FROM_BYTES)
    rows = [(code(name), f"{size:,}") for size, name in reversed(larger)]
    return table(["route", "bytes"], [*rows, ("all others", f"{least:,} to {ROW_FROM_BYTES:,}")])


def job_limits() -> str:
    """Return the caps of running and waiting jobs of an organization in a pool, by tier."""
    caps = _CAP.findall(LEDGER.read_text("utf-8"))
    rows = [(code(tier), f"{int(running):,}", f"{int(waiting):,}") for tier, running, waiting in caps]
    return table(["tier", "running", "waiting"], rows)


def storage_limits() -> str:
    """Return the storage quota of media by tier."""
    rows = [
        (code(tier), f"{quota // storage_quota.GIB:,} GiB") for tier, quota in storage_quota.QUOTAS.items()
    ]
    return table(["tier", "media, including the sandbox's"], rows)


def scopes() -> str:
    """Return the table of scopes with their permissions."""
    rows = _join_descriptions(dict.fromkeys(get_args(api_keys.Scope)), meanings.SCOPE_PERMISSIONS)
    return table(["scope", "lets a key"], [(code(name), text) for name, _, text in rows])


def kinds() -> str:
    """Return the table of job kinds."""
    head = [
        "kind",
        "pool",
        "scope",
        "stages",
        "an attempt",
        "attempts",
        "its life",
        "canceled",
        "on archive",
        "seen",
    ]
    return table(head, [_kind(kind) for kind in KINDS.values()])


def _kind(kind: Kind) -> list[str]:
    return [
        code(kind.name),
        kind.pool,
        code(kind.scope),
        " ".join(kind.stages),
        _time(kind.timeout_s),
        str(kind.max_attempts),
        _time(kind.total_s),
        "yes" if kind.cancelable else "no",
        kind.on_archive,
        "no" if kind.internal else "yes",
    ]


def statuses() -> str:
    """Return a table of statuses for each resource."""
    return "\n".join(f"### {name.capitalize()}\n\n{_statuses(name)}" for name in STATUSES)


def wait_reasons() -> str:
    """Return the table of waiting reasons in their order of precedence."""
    rows = [
        (code(reason), "yes" if reason in TIMED else "", text) for reason, text in STATUS_MESSAGES.items()
    ]
    rows += [
        (code(reason_row.reason), "yes" if reason_row.until else "", reason_row.message)
        for reason_row in PRECEDENCE
    ]
    return table(["reason", "until", "message"], rows)


def _statuses(resource: str) -> str:
    rows = _join_descriptions(dict.fromkeys(get_args(STATUSES[resource])), meanings.STATUS_MEANINGS[resource])
    return table(["status", "meaning and next status"], [(code(name), text) for name, _, text in rows])


def _join_descriptions(
    known: Mapping[str, Any], descriptions: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Join the code's values with their descriptions. Raise KeyError for a value in only one of them."""
    if missing := known.keys() ^ descriptions.keys():
        raise KeyError(*sorted(missing))
    return [(name, of, descriptions[name]) for name, of in known.items()]


def _often(retryable: bool) -> str:
    return "mostly" if retryable else "no"


def _time(seconds: float) -> str:
    hours, remainder = divmod(seconds, 3600)
    if hours and not remainder:
        return f"{hours:.0f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 300 else f"{seconds:.0f} s"
