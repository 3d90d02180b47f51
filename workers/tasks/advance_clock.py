"""Advance of a sandbox's clock: it stops at each due time, until the due work has ended."""

import asyncio
from collections.abc import Iterator
from functools import partial

from db.pool import Conn, OpenConnection, use_unpooled_pg_connection
from db.reach import convert_postgres_away_errors
from domain.operations import sandbox_time
from jobs.courier import WakeCourier, open_redis_wake_courier
from jobs.ledger import WakeMessage
from jobs.outcomes import Failed, Snooze, TaskOutcome
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Timeout of a statement, in seconds.
SANDBOX_CLOCK_STATEMENT_TIMEOUT_S = 10.0
#: Time for the due work to end, in seconds.
SANDBOX_DUE_WORK_TIMEOUT_S = 120.0
#: Snooze of a job without a turn, in seconds.
CLOCK_ADVANCE_NO_SLOT_SNOOZE_S = 5.0
#: Bounds of the pause between two checks of the due work, in seconds.
SANDBOX_IDLE_CHECK_PAUSE_BOUNDS_S = (0.01, 0.25)
#: Growth of that pause while no new work becomes due.
SANDBOX_IDLE_CHECK_PAUSE_GROWTH = 1.5

SANDBOX_DUE_WORK_NOT_ENDING_FAILURE = Failed(
    "CLOCK_HELD_UP",
    "the due work of the sandbox doesn't end: check its jobs, then advance its clock again",
    retryable=True,
)


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    courier = await resources.open_resource(lambda settings: open_redis_wake_courier(settings.redis_url))
    url = resources.settings.database_url
    connect = partial(use_unpooled_pg_connection, url, name="clock", command_timeout=SANDBOX_CLOCK_STATEMENT_TIMEOUT_S)
    return partial(advance_clock, connect=connect, courier=courier)


async def advance_clock(
    ctx: TaskContext, *, connect: OpenConnection, courier: WakeCourier, patience_s: float = SANDBOX_DUE_WORK_TIMEOUT_S
) -> TaskOutcome:
    """Advance a sandbox's clock to its target, from one due time to the next; return the job's outcome.

    Each stop at a due time is committed, so another attempt continues after the last one. Snooze while too many
    clocks advance. Fail if the due work of a stop doesn't end within `patience_s`.
    """
    with convert_postgres_away_errors():
        async with connect() as conn:
            if not await sandbox_time.take_clock_advance_slot(conn):
                return Snooze(CLOCK_ADVANCE_NO_SLOT_SNOOZE_S)
            return await _advance_clock_by_stops(ctx, conn, courier, patience_s)


async def _advance_clock_by_stops(ctx: TaskContext, conn: Conn, courier: WakeCourier, patience_s: float) -> TaskOutcome:
    most_left = 0.0
    while await _wait_until_sandbox_idle(ctx, conn, courier, patience_s):
        stop = await ctx.run_step_and_settle_outcome(
            partial(sandbox_time.move_sandbox_clock_to_next_due_time, claim=ctx.job)
        )
        if isinstance(stop, TaskOutcome):
            return stop
        if stop is not None:
            most_left = max(most_left, stop.left_s)
            # A job that arrives at its first stop has no progress to report.
            await ctx.report_progress(1 - stop.left_s / most_left if most_left else 1.0, stage="advancing")
    return SANDBOX_DUE_WORK_NOT_ENDING_FAILURE


def iter_sandbox_due_work_check_pauses_s() -> Iterator[float]:
    """Yield the seconds to wait before each next check of a sandbox's due work, without end.

    They grow from 0.01 s to 0.25 s.
    """
    pause_s = SANDBOX_IDLE_CHECK_PAUSE_BOUNDS_S[0]
    while True:
        yield pause_s
        pause_s = min(pause_s * SANDBOX_IDLE_CHECK_PAUSE_GROWTH, SANDBOX_IDLE_CHECK_PAUSE_BOUNDS_S[1])


async def _wait_until_sandbox_idle(ctx: TaskContext, conn: Conn, courier: WakeCourier, patience_s: float) -> bool:
    """Wait until none of the sandbox's work is due; return False if that takes longer than `patience_s`.

    Meanwhile run due chores and wake worker pools. The attempt yields its slot during the wait.
    """
    clock = asyncio.get_running_loop().time
    ends_at, sent, waits = clock() + patience_s, set[WakeMessage](), iter_sandbox_due_work_check_pauses_s()
    with ctx.yield_worker_slot():
        while clock() < ends_at:
            sight = await sandbox_time.find_sandbox_due_work(conn, claim=ctx.job)
            if not await sandbox_time.run_due_sandbox_chores(conn, sight):
                if not sight.busy:
                    return True
                if await _wake_pools_with_sandbox_jobs(ctx, conn, courier, sent):
                    waits = iter_sandbox_due_work_check_pauses_s()
            await asyncio.sleep(next(waits))
    return False


async def _wake_pools_with_sandbox_jobs(
    ctx: TaskContext, conn: Conn, courier: WakeCourier, sent: set[WakeMessage]
) -> bool:
    """Send wakes to the worker pools with due jobs of the sandbox; return False if all were sent before.

    `sent` has the wakes that were sent before. The new ones are added.
    """
    due = {*await sandbox_time.list_sandbox_due_pool_wakes(conn, claim=ctx.job)} - sent
    for wake in due:
        await courier.send_or_queue_wake(wake)
    sent |= due
    return bool(due)
