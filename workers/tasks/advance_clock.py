"""The advance of a sandbox's clock: it stops wherever something is due, until that has happened."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TypeAlias

from db.pool import Conn, connected
from db.reach import reaching
from domain.operations import sandbox_time
from jobs.courier import Courier, open_courier
from jobs.outcomes import Failed, Outcome
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Conn]]

#: Seconds between two looks at what is due, that a statement may take, and in which what is due has to end.
LOOK_S, STATEMENT_S, PATIENCE_S = 0.01, 10.0, 120.0

HELD_UP = Failed(
    "CLOCK_HELD_UP",
    "what is due in the sandbox doesn't end: its jobs say why; then advance its clock again",
    retryable=True,
)


async def open_task(resources: Resources) -> Task:
    courier = await resources.once(lambda settings: open_courier(settings.redis_url))
    url = resources.settings.database_url
    connect = partial(connected, url, name="clock", command_timeout=STATEMENT_S)
    return partial(advance_clock, connect=connect, courier=courier)


async def advance_clock(
    ctx: Context, *, connect: Connect, courier: Courier, patience_s: float = PATIENCE_S
) -> Outcome:
    """Each stop is a step of its own, so another attempt goes on where this one was."""
    most_left = 0.0
    with reaching():
        async with connect() as conn:
            while await _settled(ctx, conn, courier, patience_s):
                stop = await ctx.decide(partial(sandbox_time.move, claim=ctx.job))
                if isinstance(stop, Outcome):
                    return stop
                if stop is not None:
                    most_left = max(most_left, stop.left_s)
                    await ctx.progress(1 - stop.left_s / most_left, stage="advancing")
    return HELD_UP


async def _settled(ctx: Context, conn: Conn, courier: Courier, patience_s: float) -> bool:
    """True once nothing is due any more; False if that takes too long. Wakes whoever has something to do."""
    clock = asyncio.get_running_loop().time
    ends_at, sent = clock() + patience_s, set[object]()
    while clock() < ends_at:
        sight = await sandbox_time.look(conn, claim=ctx.job)
        if not await sandbox_time.do_chores(conn, sight):
            if not sight.busy:
                return True
            for wake in await sandbox_time.list_due(conn, claim=ctx.job):
                if wake not in sent:
                    sent.add(wake)
                    await courier.send(wake)
            await asyncio.sleep(LOOK_S)
    return False
