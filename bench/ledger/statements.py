"""Statements of the hot path: the setup of each, and the timed call."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bench.ledger.sides import PAGE, SLOTS, Side
from bench.tasks import NOOP
from domain.jobs import jobs
from domain.operations import pools
from jobs import ledger, maintenance
from jobs.ledger import Claim
from schemas import ids

FUTURE = datetime.max.replace(tzinfo=UTC)


class Statement(NamedTuple):
    """`ready` is untimed setup; `call` is timed and `after` cleans up. Both get the result of `ready`."""

    ready: Callable[[Side], Awaitable[Any]]
    call: Callable[[Side, Any], Awaitable[Any]]
    after: Callable[[Side, Any], Awaitable[Any]]


async def _nothing(_side: Side, _found: Any = None) -> None:
    """Do nothing."""


async def _submit(side: Side, _: Any) -> None:
    await ledger.submit(side.conn, kind=NOOP, organization_id=side.tenants[0], project_id=None, args={})


async def _unsubmit(side: Side, _: Any) -> None:
    """Empty an empty ledger again."""
    if not side.old:
        await side.settle(await side.pull())


async def _stock(side: Side) -> None:
    """Submit jobs for a pull of ten if none wait."""
    if not side.old:
        await side.submit(SLOTS)


async def _pull(side: Side, found: list[Claim]) -> None:
    found.extend(await side.pull())


async def _stocked(side: Side) -> list[Claim]:
    await _stock(side)
    return []


async def _settle(side: Side, found: list[Claim]) -> None:
    await side.settle(found)


async def _one(side: Side) -> list[Claim]:
    return await side.claims(1)


async def _ten(side: Side) -> list[Claim]:
    return await side.claims(SLOTS)


async def _gate(side: Side, found: list[Claim]) -> None:
    await ledger.lock(side.conn, found[0])


async def _commit(side: Side, found: list[Claim]) -> None:
    await ledger.end(side.conn, found[0], result={})


async def _get(side: Side, found: list[Claim]) -> None:
    await jobs.get(side.conn, organization_id=found[0].organization_id, job_id=found[0].id)


def _list(*, of_project: bool = False, **asked: Any) -> Statement:
    """Return a list of a tenant's jobs, first page."""
    filters: dict[str, Any] = dict.fromkeys(("kinds", "statuses", "stages", "before")) | asked

    async def call(side: Side, _: Any) -> None:
        org = side.tenants[1]
        await jobs.list_page(
            side.conn, organization_id=org, project_id=org if of_project else None, **filters, limit=PAGE
        )

    return Statement(_nothing, call, _nothing)


def _chore(chore: Callable[[Any], Awaitable[Any]]) -> Statement:
    """Return a query of the dispatcher or an operator."""

    async def call(side: Side, _: Any) -> None:
        await chore(side.conn)

    return Statement(_nothing, call, _nothing)


PULL = Statement(_stocked, _pull, _settle)

STATEMENTS = {
    "submit": Statement(_nothing, _submit, _unsubmit),
    "pull of 10": PULL,
    "settle of 10": Statement(_ten, _settle, _nothing),
    "step (gate)": Statement(_one, _gate, _settle),
    "commit": Statement(_one, _commit, _nothing),
    "get": Statement(_one, _get, _settle),
    "look for due": _chore(maintenance.look),
    "scheduled fall due": _chore(maintenance.promote),
    "end overdue": _chore(maintenance.end_overdue),
    "rescue": _chore(lambda conn: maintenance.rescue(conn, before=FUTURE)),
    "prune": _chore(maintenance.prune_jobs),
    "list": _list(),
    "list status=running": _list(statuses=["running"]),
    "list status=completed": _list(statuses=["completed"]),
    "list status=failed": _list(statuses=["failed"]),
    "list status=canceled, of a project": _list(of_project=True, statuses=["canceled"]),
    "list of an unused kind": _list(kinds=["archive_project"]),
    "list of an unused stage": _list(stages=["reading"]),
    "list from the middle": _list(before=ids.new()),
    "ops pools": _chore(lambda conn: pools.list_all(conn, slots=SLOTS)),
}
