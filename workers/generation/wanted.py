"""Work outside of Postgres that ends as soon as its job is canceled, or another attempt's."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from db.pool import Conn
from schemas.errors import Unavailable
from workers.runtime.context import Context

T = TypeVar("T")

#: Seconds between two looks at the job: a cancel frees the slot within one.
LOOK_S = 0.5


async def while_wanted(ctx: Context, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is canceled once a look says so. Raises what it raises, and the look."""
    working, looking = asyncio.create_task(work), asyncio.create_task(_look(ctx))
    try:
        await asyncio.wait((working, looking), return_when=asyncio.FIRST_COMPLETED)
        return looking.result() if looking.done() else working.result()
    finally:
        for task in (working, looking):
            task.cancel()
        await asyncio.gather(working, looking, return_exceptions=True)


async def _look(ctx: Context) -> Any:
    """Raises `CancelRequested`, `Fenced`. While Postgres is away the work goes on, as the lease does."""
    while True:
        await asyncio.sleep(LOOK_S)
        with suppress(Unavailable):
            await ctx.step(_nothing)


async def _nothing(_: Conn) -> None:
    """A step of which only the lock counts."""
