"""Two ways to offer load, both bounded: as fast as a few callers can, or at a rate that nobody slows."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

Call: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

#: Closed-loop callers of every live run.
CALLERS = 16


async def callers(call: Call, *, count: int) -> None:
    """`CALLERS` at once, each calling again when it has its answer, until `count` calls were made."""
    tickets = iter(range(count))

    async def caller() -> None:
        for _ in tickets:
            await call()

    async with asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(caller())


async def paced(call: Call, *, count: int, rate: float) -> None:
    """`count` calls, `rate` a second; a slow one holds up none of the others."""
    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for turn in range(count):
            await asyncio.sleep(max(0.0, start + turn / rate - time.monotonic()))
            group.create_task(call())
