"""Advance of a sandbox's clock: it stops at each due time, until the due work has ended."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TypeAlias

from db.pool import Conn, connected
from db.reach import raise_if_postgres_away
from domain.operations import sandbox_time
from jobs.courier import Courier, open_courier
from jobs.ledger import Wake
from jobs.outcomes import Failed, Outcome, Snooze
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Conn]]

#: Timeout of a statement, in seconds.
STATEMENT_S = 10.0
#: Time for the due work to end, in seconds.
SETTLE_TIMEOUT_S = 120.0
#: Snooze of a job without a turn, in seconds.
NO_TURN_SNOOZE_S = 5.0
#: Bounds of the pause between two checks of the due work, in seconds.
PAUSE_BOUNDS_S = (0.01, 0.25)
#: Growth of that pause while no new work becomes due.
PAUSE_GROWTH = 1.5

CLOCK_HELD_UP = Failed(
    "CLOCK_HELD_UP",
    "the due work of the sandbox doesn't end: check its jobs, then advance its clock again",
    retryable=True,
)


async def open_task(resources: Resources) -> Task:
    courier = await resources.open_once(lambda settings: open_courier(settings.redis_url))
    url = resources.settings.database_url
    connect = partial(connected, url, name="clock", command_timeout=STATEMENT_S)
    return partial(advance_clock, connect=connect, courier=courier)


async def advance_clock(
    ctx: Context, *, connect: Connect, courier: Courier, patience_s: float = SETTLE_TIMEOUT_S
) -> Outcome:
    """Advance the clock stop by stop. Each stop is a step: another attempt continues after the last one."""
    with raise_if_postgres_away():
        async with connect() as conn:
            if not await sandbox_time.take_place(conn):
                return Snooze(NO_TURN_SNOOZE_S)
            return await _advance(ctx, conn, courier, patience_s)


async def _advance(ctx: Context, conn: Conn, courier: Courier, patience_s: float) -> Outcome:
    most_left = 0.0
    while await _wait_until_settled(ctx, conn, courier, patience_s):
        stop = await ctx.decide(partial(sandbox_time.move_sandbox_clock, claim=ctx.job))
        if isinstance(stop, Outcome):
            return stop
        if stop is not None:
            most_left = max(most_left, stop.left_s)
            # A job that arrives at its first stop has no progress to report.
            await ctx.progress(1 - stop.left_s / most_left if most_left else 1.0, stage="advancing")
    return CLOCK_HELD_UP


def pauses() -> Iterator[float]:
    """Yield the pauses between checks of the due work, in seconds, after new work became due."""
    pause_s = PAUSE_BOUNDS_S[0]
    while True:
        yield pause_s
        pause_s = min(pause_s * PAUSE_GROWTH, PAUSE_BOUNDS_S[1])


async def _wait_until_settled(ctx: Context, conn: Conn, courier: Courier, patience_s: float) -> bool:
    """Wait until no work is due; return False if that takes too long. It yields its slot meanwhile."""
    clock = asyncio.get_running_loop().time
    ends_at, sent, waits = clock() + patience_s, set[Wake](), pauses()
    with ctx.yield_slot():
        while clock() < ends_at:
            sight = await sandbox_time.find_due_work(conn, claim=ctx.job)
            if not await sandbox_time.do_chores(conn, sight):
                if not sight.busy:
                    return True
                if await _wake(ctx, conn, courier, sent):
                    waits = pauses()
            await asyncio.sleep(next(waits))
    return False


async def _wake(ctx: Context, conn: Conn, courier: Courier, sent: set[Wake]) -> bool:
    """Wake the pools for due jobs without a wake so far; return False if there are none."""
    due = {*await sandbox_time.list_due(conn, claim=ctx.job)} - sent
    for wake in due:
        await courier.send(wake)
    sent |= due
    return bool(due)
