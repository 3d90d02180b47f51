"""Background loops during a block of code."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def run_background_loops_during_block(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run the endless loops during the block, then cancel them. A failing loop ends it with an `ExceptionGroup`."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        yield
        for task in tasks:
            task.cancel()
