"""Advance of a sandbox's clock, from one due time to the next.

Each stop is a transaction that moves the sandbox's rows into the past by the same time as the clock forward.
All due work is done before the clock moves on, so quotas and waits behave as in real days.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import sandbox_clock, sandbox_load
from db.queries.aged_rows import SANDBOX_ROW_AGING_STATEMENTS
from domain.accounts import credentials
from domain.collection import collection_runs
from domain.operations import maintenance
from domain.tenancy.sandbox_clock import LOCK_SANDBOX_CLOCK
from jobs import maintenance as ledger_chores
from jobs.ledger import JobClaim, WakeMessage
from jobs.outcomes import Done, TaskOutcome

#: Concurrent advances of all sandboxes: each holds a connection, and is a heavy load for Postgres.
MAX_CONCURRENT_CLOCK_ADVANCES = 4


class SandboxDueWork(NamedTuple):
    """Due work of a sandbox: jobs (`busy`), and work of the dispatcher's chores."""

    busy: bool
    overdue: bool
    ripe: bool
    refresh: bool
    collect: bool


class UnfinishedClockAdvance(NamedTuple):
    """Clock that has not reached its target, with the seconds that are left."""

    left_s: float


class _DueWorkCounts(NamedTuple):
    posts: int
    jobs: int


FIND_SANDBOX_DUE_WORK = sandbox_clock.find_due_work.typed(SandboxDueWork)
LIST_SANDBOX_DUE_POOL_WAKES = sandbox_clock.list_due.typed(WakeMessage)
COUNT_SANDBOX_DUE_POSTS_AND_JOBS = sandbox_clock.count_due.typed(_DueWorkCounts)


async def take_clock_advance_slot(conn: Conn) -> bool:
    """Take a slot for a clock advance until the connection ends; return False if all are taken."""
    return await sandbox_load.take_place.value(conn, places=MAX_CONCURRENT_CLOCK_ADVANCES) is not None


async def find_sandbox_due_work(conn: Conn, *, claim: JobClaim) -> SandboxDueWork:
    return await FIND_SANDBOX_DUE_WORK.row(conn, org=claim.organization_id, own=claim.id)


async def list_sandbox_due_pool_wakes(conn: Conn, *, claim: JobClaim) -> list[WakeMessage]:
    """Return a wake for each pool with due jobs of a sandbox, apart from the job that moves its clock."""
    return await LIST_SANDBOX_DUE_POOL_WAKES.all(conn, org=claim.organization_id, own=claim.id)


async def run_due_sandbox_chores(conn: Conn, sight: SandboxDueWork) -> bool:
    """Run the dispatcher's chores with due work in a sandbox, for all organizations; return False if none has any."""
    if sight.overdue:
        await maintenance.end_overdue_jobs_and_subjects(conn)
    if sight.ripe:
        await ledger_chores.promote_scheduled_jobs(conn)
    if sight.refresh:
        await credentials.submit_due_token_refreshes(conn)
    if sight.collect:
        await collection_runs.submit_due_metric_collections(conn)
    return sight.overdue or sight.ripe or sight.refresh or sight.collect


async def move_sandbox_clock_to_next_due_time(
    conn: Conn, *, claim: JobClaim
) -> UnfinishedClockAdvance | TaskOutcome | None:
    """Move a sandbox's clock to the next due time of its rows, or to the target of the advance.

    Returns the rest of the way, None if work is due already, or the outcome that ends the job at the target.
    Runs in a step of the job; its locks keep the sandbox's other jobs from starting or continuing.
    """
    org, own = claim.organization_id, claim.id
    if await sandbox_clock.lock_open.value(conn, org=org, own=own):
        return None
    clock = await LOCK_SANDBOX_CLOCK.row(conn, org=org)
    if clock.target is None or clock.target <= clock.time:
        return Done({"dueJobs": clock.jobs, "duePosts": clock.posts})
    next_at: datetime | None = await sandbox_clock.find_next.value(conn, org=org, own=own)
    remaining = clock.target - clock.time
    by = remaining if next_at is None else max(min(next_at - clock.now, remaining), timedelta())
    await _age_sandbox_rows(conn, org, own, by)
    due = await COUNT_SANDBOX_DUE_POSTS_AND_JOBS.row(conn, org=org, own=own)
    await sandbox_clock.move_clock.run(conn, org=org, by=by, posts=due.posts, jobs=due.jobs)
    return UnfinishedClockAdvance((remaining - by).total_seconds())


async def _age_sandbox_rows(conn: Conn, org: UUID, own: UUID, by: timedelta) -> None:
    await sandbox_clock.age_jobs.run(conn, org=org, own=own, by=by)
    for statement in SANDBOX_ROW_AGING_STATEMENTS:
        await statement.run(conn, org=org, by=by)
