"""Tables of the API's contract: the code's values with their descriptions in `meanings`."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, get_args

from api.app import build_application
from api.http.body_limits import BODY_LIMIT_ROUTE_OPTION
from api.http.errors import ERROR_CODES
from api.limits.cost_budgets import COST_REFILLS_BY_TRAFFIC_AND_TIER, MIB, MICROSECONDS_PER_SECOND
from api.limits.event_limits import EVENT_LIMITS_BY_TIER
from api.limits.rate_limits import REQUEST_RATE_LIMITS_BY_TIER, RateClass
from api.openapi.operations import list_route_operations
from domain.events import budgets as daily_budgets
from domain.jobs.wait_reasons import (
    POST_STATUS_WAIT_MESSAGES,
    POST_WAIT_REASONS_WITH_CHECK_TIME,
    WAIT_RULES_BY_PRECEDENCE,
)
from domain.media import storage_quota
from jobs import outcomes
from jobs.kinds import JOB_KINDS, JobKindSpec
from schemas import accounts, api_keys, content, influencers, jobs, leases, ops, posts, projects
from schemas.errors import SourceError
from schemas.errors.platforms import PlatformErrorCategory
from tools.docs import meanings
from tools.docs.table import backtick_words, markdown_table

CHECKOUT_ROOT_FOLDER = Path(__file__).resolve().parents[2]

#: Largest body limit of a route without a row of its own, in bytes.
MAX_UNLISTED_BODY_LIMIT_BYTES = 64 << 10

#: Migration with the caps of each tier in a pool.
POOL_CAPS_MIGRATION_FILE = CHECKOUT_ROOT_FOLDER / "db" / "migrations" / "0002_jobs.sql"
_POOL_CAP_SQL_ROW_PATTERN = re.compile(r"\('(\w+)', (\d+), (\d+)\)")

#: A `Literal`, or a struct with a `Literal` as its `status` or `state`.
_LiteralType: TypeAlias = Any

RESOURCE_STATUSES: dict[str, _LiteralType] = {
    "project": projects.ProjectStatus,
    "ingest of a project": projects.IngestState.__annotations__["status"],
    "job": jobs.ApiJobStatus,
    "phase of a job": jobs.JobPhase,
    "content": content.ContentStatus,
    "approval of content": content.ApprovalStatus,
    "influencer": influencers.InfluencerStatus,
    "post": posts.PostStatus,
    "social account": accounts.AccountStatus,
    "connection attempt": accounts.OAuthStatus.__annotations__["status"],
    "lease request": leases.LeaseRequestStatus,
    "end of a lease": accounts.LeaseEndReason,
    "worker": ops.Worker.__annotations__["state"],
}


def render_error_codes() -> str:
    """Return the Markdown table of the API's error codes, each with its status, cause and remedy."""
    rows = _match_values_with_descriptions(ERROR_CODES, meanings.ERROR_CODE_REMEDIES)
    return markdown_table(
        ["code", "status", "when", "what to do", "repeat it?"],
        [(backtick_words(name), of.status, of.when, todo, again) for name, of, (todo, again) in rows],
    )


def render_conflict_reasons() -> str:
    """Return the Markdown table of the reasons of a 409 (`details.reason`), read from the code."""
    reasons = dict.fromkeys(sorted(set(_find_409_reasons_in_code())))
    return markdown_table(
        ["reason", "meaning"],
        [
            (backtick_words(name), text)
            for name, _, text in _match_values_with_descriptions(reasons, meanings.CONFLICT_REASON_MEANINGS)
        ],
    )


def _find_409_reasons_in_code() -> Iterator[str]:
    for path in [*(CHECKOUT_ROOT_FOLDER / "domain").rglob("*.py"), *(CHECKOUT_ROOT_FOLDER / "api").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "StateConflict":
                yield ast.literal_eval(node.args[0])


def render_ingest_source_errors() -> str:
    """Return the Markdown table of the error codes that end an ingest or a GitHub connection."""
    leaves = {leaf.code: leaf for leaf in reversed([*_yield_subclasses(SourceError)])}
    rows = (
        (backtick_words(name), leaf.__doc__, _format_retryable(leaf.usually_retryable))
        for name, leaf in sorted(leaves.items())
    )
    return markdown_table(["code", "meaning", "retryable"], rows)


def _yield_subclasses(error: type[SourceError]) -> Iterator[type[SourceError]]:
    for leaf in error.__subclasses__():
        yield leaf
        yield from _yield_subclasses(leaf)


def render_job_errors() -> str:
    """Return the Markdown table of errors that the platform sets on a job of any kind."""
    ends = [outcomes.DEADLINE_FAILURE, outcomes.WORKER_LOST_FAILURE, outcomes.POISONED_JOB_FAILURE]
    return markdown_table(
        ["code", "message", "retryable"],
        [(backtick_words(end.code), end.message, "yes" if end.retryable else "no") for end in ends],
    )


def render_post_error_categories() -> str:
    """Return the Markdown table of the categories of a post's `lastError`, with the person who must act."""
    rows = _match_values_with_descriptions(
        dict.fromkeys(get_args(PlatformErrorCategory)), meanings.POST_ERROR_CATEGORY_MEANINGS
    )
    return markdown_table(["category", "person who must act"], [(backtick_words(name), text) for name, _, text in rows])


def render_request_limits() -> str:
    """Return the table, by tier, of a key's requests a minute by class and an organization's writes a day."""
    rows = [
        (backtick_words(tier), *(f"{quota.minute[kind]:,}" for kind in RateClass), f"{quota.day:,}")
        for tier, quota in REQUEST_RATE_LIMITS_BY_TIER.items()
    ]
    return markdown_table(["tier", *(f"{backtick_words(kind)} a minute" for kind in RateClass), "writes a day"], rows)


def render_event_limits() -> str:
    """Return the Markdown table of event limits by tier: requests and events of an SDK app a second."""
    rows = [
        (backtick_words(tier), f"{limit.requests:,}", f"{limit.events:,}")
        for tier, limit in EVENT_LIMITS_BY_TIER.items()
    ]
    return markdown_table(["tier", "requests a second", "events a second"], rows)


def render_cost_budgets() -> str:
    """Return the Markdown table of the cost budgets' refill rates by traffic and tier."""
    rows = [
        (
            backtick_words(tier),
            backtick_words(traffic),
            f"{rates.cpu / MICROSECONDS_PER_SECOND:g} s",
            f"{rates.database / MICROSECONDS_PER_SECOND:g} s",
            f"{rates.bytes // MIB} MiB",
        )
        for traffic, tiers in COST_REFILLS_BY_TRAFFIC_AND_TIER.items()
        for tier, rates in tiers.items()
    ]
    return markdown_table(["tier", "traffic", "`cpu` a second", "`database` a second", "`bytes` a second"], rows)


def render_event_budgets() -> str:
    """Return the Markdown table of event budgets by tier: an organization's events and bytes in a UTC day."""
    rows = [
        (backtick_words(tier), f"{budget.events:,}", f"{budget.size // daily_budgets.MIB:,} MiB")
        for tier, budget in daily_budgets.EVENT_DAY_LIMITS_BY_TIER.items()
    ]
    return markdown_table(["tier", "events a day", "bytes a day"], rows)


def render_body_limits() -> str:
    """Return the byte limits of large JSON bodies by route, and one row for all other routes."""
    sizes = {
        f"{operation.method} {operation.path}": operation.handler.opt[BODY_LIMIT_ROUTE_OPTION]
        for operation in list_route_operations(build_application())
        if operation.json_body_annotation
    }
    least = min(sizes.values())
    larger = sorted((size, name) for name, size in sizes.items() if size > MAX_UNLISTED_BODY_LIMIT_BYTES)
    rows = [(backtick_words(name), f"{size:,}") for size, name in reversed(larger)]
    return markdown_table(
        ["route", "bytes"], [*rows, ("all others", f"{least:,} to {MAX_UNLISTED_BODY_LIMIT_BYTES:,}")]
    )


def render_job_caps_by_tier() -> str:
    """Return the Markdown table of job caps by tier: an organization's running and waiting jobs in a pool."""
    caps = _POOL_CAP_SQL_ROW_PATTERN.findall(POOL_CAPS_MIGRATION_FILE.read_text("utf-8"))
    rows = [(backtick_words(tier), f"{int(running):,}", f"{int(waiting):,}") for tier, running, waiting in caps]
    return markdown_table(["tier", "running", "waiting"], rows)


def render_storage_limits() -> str:
    """Return the Markdown table of the media storage quotas by tier."""
    rows = [
        (backtick_words(tier), f"{quota // storage_quota.GIB:,} GiB")
        for tier, quota in storage_quota.STORAGE_QUOTA_BYTES_BY_TIER.items()
    ]
    return markdown_table(["tier", "media, including the sandbox's"], rows)


def render_scopes() -> str:
    """Return the Markdown table of the API keys' scopes with their permissions."""
    rows = _match_values_with_descriptions(dict.fromkeys(get_args(api_keys.ApiKeyScope)), meanings.API_KEY_PERMISSIONS)
    return markdown_table(["scope", "lets a key"], [(backtick_words(name), text) for name, _, text in rows])


def render_job_kinds() -> str:
    """Return the Markdown table of job kinds: pool, scope, stages, limits and cancellation of each."""
    head = ["kind", "pool", "scope", "stages", "an attempt", "attempts", "its life", "canceled", "on archive", "seen"]
    return markdown_table(head, [_format_kind_row(kind) for kind in JOB_KINDS.values()])


def _format_kind_row(kind: JobKindSpec) -> list[str]:
    return [
        backtick_words(kind.name),
        kind.pool,
        backtick_words(kind.scope),
        " ".join(kind.stages),
        _format_duration(kind.timeout_s),
        str(kind.max_attempts),
        _format_duration(kind.total_s),
        "yes" if kind.cancelable else "no",
        kind.on_archive,
        "no" if kind.internal else "yes",
    ]


def render_statuses() -> str:
    """Return a Markdown section with the table of statuses for each kind of resource."""
    return "\n".join(f"### {name.capitalize()}\n\n{_render_resource_statuses(name)}" for name in RESOURCE_STATUSES)


def render_wait_reasons() -> str:
    """Return the Markdown table of the wait reasons of jobs and posts, in their order of precedence."""
    rows = [
        (backtick_words(reason), "yes" if reason in POST_WAIT_REASONS_WITH_CHECK_TIME else "", text)
        for reason, text in POST_STATUS_WAIT_MESSAGES.items()
    ]
    rows += [
        (backtick_words(reason_row.reason), "yes" if reason_row.until else "", reason_row.message)
        for reason_row in WAIT_RULES_BY_PRECEDENCE
    ]
    return markdown_table(["reason", "until", "message"], rows)


def _render_resource_statuses(resource: str) -> str:
    rows = _match_values_with_descriptions(
        dict.fromkeys(get_args(RESOURCE_STATUSES[resource])), meanings.RESOURCE_STATUS_MEANINGS[resource]
    )
    return markdown_table(
        ["status", "meaning and next status"], [(backtick_words(name), text) for name, _, text in rows]
    )


def _match_values_with_descriptions(
    known: Mapping[str, Any], descriptions: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Return each name of the code with its value and description. Raise KeyError for a name in only one mapping."""
    if missing := known.keys() ^ descriptions.keys():
        raise KeyError(*sorted(missing))
    return [(name, of, descriptions[name]) for name, of in known.items()]


def _format_retryable(retryable: bool) -> str:
    return "mostly" if retryable else "no"


def _format_duration(seconds: float) -> str:
    hours, remainder = divmod(seconds, 3600)
    if hours and not remainder:
        return f"{hours:.0f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 300 else f"{seconds:.0f} s"
