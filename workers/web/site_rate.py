"""How a worker process treats a site, whichever of its jobs read there: few requests at once, and apart."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

AT_ONCE = 2
#: Sites to remember before those are forgotten that nobody reads any more.
MANY = 1000


@dataclass(slots=True)
class Lane:
    """A site's: `readers` hold a slot or wait for one, and none opens a page before `free_at`."""

    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    readers: int = 0
    free_at: float = float("-inf")


class Pace:
    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.clock, self.sleep = clock, sleep
        self.lanes: dict[str, Lane] = {}

    @asynccontextmanager
    async def lane(self, site: str) -> AsyncIterator[Lane]:
        """One of the site's `AT_ONCE` slots, for one request at a time."""
        self.forget()
        lane = self.lanes.setdefault(site, Lane())
        lane.readers += 1
        try:
            async with lane.slots:
                yield lane
        finally:
            lane.readers -= 1

    async def rest(self, lane: Lane, *, delay_s: float, within_s: float) -> None:
        """Wait until `delay_s` have passed since the last one's turn.

        Raises `TimeoutError` at once where its own would come later than `within_s`.
        """
        now = self.clock()
        turn = max(now, lane.free_at)
        if turn - now > within_s:
            raise TimeoutError
        lane.free_at = turn + delay_s
        if turn > now:
            await self.sleep(turn - now)

    def forget(self) -> None:
        if len(self.lanes) > MANY:
            now = self.clock()
            self.lanes = {
                site: lane for site, lane in self.lanes.items() if lane.readers or lane.free_at > now
            }
