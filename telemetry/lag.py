"""Event loop lag: a blocked loop delays everything in its process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telemetry import metrics

INTERVAL_S = 1.0


@asynccontextmanager
async def measure_lag() -> AsyncIterator[None]:
    """Measure the delay of a timer in `loop_lag_seconds` while the block runs."""
    task = asyncio.create_task(_measure())
    try:
        yield
    finally:
        task.cancel()


async def _measure() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + INTERVAL_S
        await asyncio.sleep(INTERVAL_S)
        metrics.LOOP_LAG.set(loop.time() - due)
