"""Site rate limit of a worker process: few requests at once to a site, and its Crawl-delay between them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

#: Requests to one site at once.
MAX_PARALLEL_SITE_REQUESTS = 2
#: Sites that are remembered; beyond that, sites without a request are forgotten.
MAX_REMEMBERED_SITES = 1000


@dataclass(slots=True)
class SiteRateState:
    """State of a site: `readers` use a slot or wait for one, and no reader opens a page before `free_at`."""

    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_PARALLEL_SITE_REQUESTS))
    readers: int = 0
    free_at: float = float("-inf")


class SiteRateLimiter:
    """Rate limit of all sites; `clock` returns monotonic seconds."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.clock, self.sleep = clock, sleep
        self.sites: dict[str, SiteRateState] = {}

    @asynccontextmanager
    async def hold_site_slot(self, name: str) -> AsyncIterator[SiteRateState]:
        """Wait for one of a site's `MAX_PARALLEL_SITE_REQUESTS` slots; hold it in the block, yield the site's state."""
        self.drop_idle_sites()
        site = self.sites.setdefault(name, SiteRateState())
        site.readers += 1
        try:
            async with site.slots:
                yield site
        finally:
            site.readers -= 1

    async def wait_for_crawl_delay(self, site: SiteRateState, *, delay_s: float, within_s: float) -> None:
        """Wait until the crawl delay after the last request to a site is over, and reserve `delay_s` after this one.

        Raise `TimeoutError` without a wait or a reservation if the delay ends later than in `within_s` seconds.
        """
        now = self.clock()
        starts_at = max(now, site.free_at)
        if starts_at - now > within_s:
            raise TimeoutError
        site.free_at = starts_at + delay_s
        if starts_at > now:
            await self.sleep(starts_at - now)

    def drop_idle_sites(self) -> None:
        if len(self.sites) > MAX_REMEMBERED_SITES:
            now = self.clock()
            self.sites = {name: site for name, site in self.sites.items() if site.readers or site.free_at > now}
