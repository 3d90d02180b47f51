"""Time limits in the loop's own time, so that a slow loop isn't mistaken for a slow server.

After a long block the loop fires its timers before it reads responses that have arrived meanwhile. So time is
counted in ticks: a late tick counts once, and between two ticks the loop has read its sockets.
"""

import asyncio
import math
from types import TracebackType

#: Seconds between two ticks.
LOOP_TIMEOUT_TICK_S = 0.005


class SlowLoopTolerantTimeout:
    """A timeout like `asyncio.timeout`: raises TimeoutError after `seconds` of loop ticks."""

    def __init__(self, seconds: float) -> None:
        self._ticks = math.ceil(seconds / LOOP_TIMEOUT_TICK_S)
        self._timeout = asyncio.timeout(None)
        self._next: asyncio.TimerHandle

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(LOOP_TIMEOUT_TICK_S, self._count_tick)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._next.cancel()
        await self._timeout.__aexit__(kind, error, traceback)

    def _count_tick(self) -> None:
        self._ticks -= 1
        if self._ticks > 0:
            self._next = self._loop.call_later(LOOP_TIMEOUT_TICK_S, self._count_tick)
        else:
            self._timeout.reschedule(self._loop.time())
