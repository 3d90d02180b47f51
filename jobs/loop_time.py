"""Time limits in the loop's own time, so that a slow loop isn't taken for a slow server.

A timer of the loop fires before an answer that has come meanwhile is read, when the loop was busy with
something else for as long as that. So time is counted in ticks: one that is late counts once, and between two
of them the loop has read what there was to read.
"""

import asyncio
import math
from types import TracebackType

#: Seconds between two looks.
TICK_S = 0.005


class LoopTimeout:
    """As `asyncio.timeout`: raises TimeoutError once the loop has looked in vain for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._ticks = math.ceil(seconds / TICK_S)
        self._timeout = asyncio.timeout(None)
        self._next: asyncio.TimerHandle

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(TICK_S, self._tick)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._next.cancel()
        await self._timeout.__aexit__(kind, error, traceback)

    def _tick(self) -> None:
        self._ticks -= 1
        if self._ticks > 0:
            self._next = self._loop.call_later(TICK_S, self._tick)
        else:
            self._timeout.reschedule(self._loop.time())
