"""Statements of the hot path: the setup of each, and the timed call."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chaos.tasks import NOOP
from domain.jobs import jobs
from domain.operations import pools
from jobs import ledger, maintenance
from jobs.ledger import Claim
from schemas import ids
from tools.bench.ledger.sides import PAGE, SLOTS, LedgerSide

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class TimedStatement(NamedTuple):
    """`ready` is untimed setup; `call` is timed and `after` cleans up. Both get the result of `ready`."""

    ready: Callable[[LedgerSide], Awaitable[Any]]
    call: Callable[[LedgerSide, Any], Awaitable[Any]]
    after: Callable[[LedgerSide, Any], Awaitable[Any]]


async def _noop(_side: LedgerSide, _claims: Any = None) -> None:
    """Do nothing."""


async def _submit(side: LedgerSide, _: Any) -> None:
    await ledger.submit(side.conn, kind=NOOP, organization_id=side.tenants[0], project_id=None, args={})


async def _drain_if_empty(side: LedgerSide, _: Any) -> None:
    """Empty an empty ledger again."""
    if not side.old:
        await side.settle(await side.pull())


async def _submit_ten(side: LedgerSide) -> None:
    """Submit jobs for a pull of ten if none wait."""
    if not side.old:
        await side.submit(SLOTS)


async def _pull(side: LedgerSide, claims: list[Claim]) -> None:
    claims.extend(await side.pull())


async def _prepare_pull(side: LedgerSide) -> list[Claim]:
    await _submit_ten(side)
    return []


async def _settle(side: LedgerSide, claims: list[Claim]) -> None:
    await side.settle(claims)


async def _claim_one(side: LedgerSide) -> list[Claim]:
    return await side.pull_exactly(1)


async def _claim_ten(side: LedgerSide) -> list[Claim]:
    return await side.pull_exactly(SLOTS)


async def _gate(side: LedgerSide, claims: list[Claim]) -> None:
    await ledger.lock_claimed_job(side.conn, claims[0])


async def _commit(side: LedgerSide, claims: list[Claim]) -> None:
    await ledger.complete_job(side.conn, claims[0], result={})


async def _get(side: LedgerSide, claims: list[Claim]) -> None:
    await jobs.get(side.conn, organization_id=claims[0].organization_id, job_id=claims[0].id)


def _list(*, of_project: bool = False, **given: Any) -> TimedStatement:
    """Return the timed statement that lists the first page of a tenant's jobs with filters."""
    filters: dict[str, Any] = dict.fromkeys(("kinds", "statuses", "stages", "before")) | given

    async def call(side: LedgerSide, _: Any) -> None:
        org = side.tenants[1]
        await jobs.list_page(
            side.conn, organization_id=org, project_id=org if of_project else None, **filters, limit=PAGE
        )

    return TimedStatement(_noop, call, _noop)


def _chore(chore: Callable[[Any], Awaitable[Any]]) -> TimedStatement:
    """Return a query of the dispatcher or an operator."""

    async def call(side: LedgerSide, _: Any) -> None:
        await chore(side.conn)

    return TimedStatement(_noop, call, _noop)


PULL = TimedStatement(_prepare_pull, _pull, _settle)

STATEMENTS = {
    "submit": TimedStatement(_noop, _submit, _drain_if_empty),
    "pull of 10": PULL,
    "settle of 10": TimedStatement(_claim_ten, _settle, _noop),
    "step (gate)": TimedStatement(_claim_one, _gate, _settle),
    "commit": TimedStatement(_claim_one, _commit, _noop),
    "get": TimedStatement(_claim_one, _get, _settle),
    "look for due": _chore(maintenance.find_due_pools),
    "scheduled fall due": _chore(maintenance.promote),
    "end overdue": _chore(maintenance.end_overdue),
    "rescue": _chore(lambda conn: maintenance.rescue(conn, before=END_OF_TIME)),
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
