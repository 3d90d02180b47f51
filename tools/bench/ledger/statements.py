"""Statements of the hot path: the setup of each, and the timed call."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chaos.tasks import NOOP_BENCH_KIND
from domain.jobs import jobs
from domain.operations import pools
from jobs import ledger, maintenance
from jobs.ledger import JobClaim
from schemas import ids
from tools.bench.ledger.sides import LEDGER_PULL_SIZE, TIMED_JOB_LIST_PAGE_SIZE, BenchLedger

MAX_PYTHON_DATETIME_UTC = datetime.max.replace(tzinfo=UTC)


class TimedStatementWithSetup(NamedTuple):
    """`ready` is untimed setup; `call` is timed and `after` cleans up. Both get the result of `ready`."""

    ready: Callable[[BenchLedger], Awaitable[Any]]
    call: Callable[[BenchLedger, Any], Awaitable[Any]]
    after: Callable[[BenchLedger, Any], Awaitable[Any]]


async def _skip_timing_setup_cleanup(_side: BenchLedger, _claims: Any = None) -> None:
    """Do nothing: stand in for the setup or the cleanup of a timed statement that needs none."""


async def _submit_one_job(side: BenchLedger, _: Any) -> None:
    await ledger.submit_job(side.conn, kind=NOOP_BENCH_KIND, organization_id=side.tenants[0], project_id=None, args={})


async def _drain_empty_ledger_as_cleanup(side: BenchLedger, _: Any) -> None:
    """Pull and complete the job of the empty ledger, so that it is empty again; skip the old ledger."""
    if not side.old:
        await side.complete_jobs(await side.pull_jobs())


async def _set_up_ten_jobs_on_empty_ledger(side: BenchLedger) -> None:
    """Submit ten jobs to the empty ledger, for a pull of ten; skip the old one, which has waiting jobs."""
    if not side.old:
        await side.submit_job_for_each_next_tenant(LEDGER_PULL_SIZE)


async def _pull_ten_jobs(side: BenchLedger, claims: list[JobClaim]) -> None:
    claims.extend(await side.pull_jobs())


async def _prepare_pull(side: BenchLedger) -> list[JobClaim]:
    await _set_up_ten_jobs_on_empty_ledger(side)
    return []


async def _settle_claims_as_completed(side: BenchLedger, claims: list[JobClaim]) -> None:
    await side.complete_jobs(claims)


async def _set_up_one_claimed_job(side: BenchLedger) -> list[JobClaim]:
    return await side.pull_exactly(1)


async def _set_up_ten_claimed_jobs(side: BenchLedger) -> list[JobClaim]:
    return await side.pull_exactly(LEDGER_PULL_SIZE)


async def _lock_bench_job(side: BenchLedger, claims: list[JobClaim]) -> None:
    await ledger.lock_claimed_job(side.conn, claims[0])


async def _complete_claimed_job(side: BenchLedger, claims: list[JobClaim]) -> None:
    await ledger.complete_job(side.conn, claims[0], result={})


async def _read_bench_job(side: BenchLedger, claims: list[JobClaim]) -> None:
    await jobs.read_job(side.conn, organization_id=claims[0].organization_id, job_id=claims[0].id)


def _build_timed_job_list(*, of_project: bool = False, **given: Any) -> TimedStatementWithSetup:
    """Return the timed statement that lists one page of a tenant's jobs with filters."""
    filters: dict[str, Any] = dict.fromkeys(("kinds", "statuses", "stages", "before")) | given

    async def call(side: BenchLedger, _: Any) -> None:
        org = side.tenants[1]
        await jobs.list_filtered_jobs(
            side.conn,
            organization_id=org,
            project_id=org if of_project else None,
            **filters,
            limit=TIMED_JOB_LIST_PAGE_SIZE,
        )

    return TimedStatementWithSetup(_skip_timing_setup_cleanup, call, _skip_timing_setup_cleanup)


def _build_timed_chore_sql(chore: Callable[[Any], Awaitable[Any]]) -> TimedStatementWithSetup:
    """Wrap a query of the dispatcher or of an operator as a statement to time, without setup or cleanup."""

    async def call(side: BenchLedger, _: Any) -> None:
        await chore(side.conn)

    return TimedStatementWithSetup(_skip_timing_setup_cleanup, call, _skip_timing_setup_cleanup)


PULL_OF_TEN_STATEMENT = TimedStatementWithSetup(_prepare_pull, _pull_ten_jobs, _settle_claims_as_completed)

TIMED_STATEMENTS = {
    "submit": TimedStatementWithSetup(_skip_timing_setup_cleanup, _submit_one_job, _drain_empty_ledger_as_cleanup),
    "pull of 10": PULL_OF_TEN_STATEMENT,
    "settle of 10": TimedStatementWithSetup(
        _set_up_ten_claimed_jobs, _settle_claims_as_completed, _skip_timing_setup_cleanup
    ),
    "step (gate)": TimedStatementWithSetup(_set_up_one_claimed_job, _lock_bench_job, _settle_claims_as_completed),
    "commit": TimedStatementWithSetup(_set_up_one_claimed_job, _complete_claimed_job, _skip_timing_setup_cleanup),
    "get": TimedStatementWithSetup(_set_up_one_claimed_job, _read_bench_job, _settle_claims_as_completed),
    "look for due": _build_timed_chore_sql(maintenance.find_due_pools),
    "scheduled fall due": _build_timed_chore_sql(maintenance.promote_scheduled_jobs),
    "end overdue": _build_timed_chore_sql(maintenance.fail_queued_jobs_past_deadline),
    "rescue": _build_timed_chore_sql(lambda conn: maintenance.rescue_lost_jobs(conn, before=MAX_PYTHON_DATETIME_UTC)),
    "prune": _build_timed_chore_sql(maintenance.prune_ended_jobs),
    "list": _build_timed_job_list(),
    "list status=running": _build_timed_job_list(statuses=["running"]),
    "list status=completed": _build_timed_job_list(statuses=["completed"]),
    "list status=failed": _build_timed_job_list(statuses=["failed"]),
    "list status=canceled, of a project": _build_timed_job_list(of_project=True, statuses=["canceled"]),
    "list of an unused kind": _build_timed_job_list(kinds=["archive_project"]),
    "list of an unused stage": _build_timed_job_list(stages=["reading"]),
    "list from the middle": _build_timed_job_list(before=ids.new_uuid7()),
    "ops pools": _build_timed_chore_sql(lambda conn: pools.list_worker_pools(conn, slots=LEDGER_PULL_SIZE)),
}
