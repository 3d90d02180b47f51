"""Rules of robots.txt (RFC 9309): the pages that our bot may open, and its delay between requests."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import httpx
from protego import Protego

from schemas.errors import (
    FetchBlocked,
    FetchFailed,
    FetchTimeout,
    RobotsDisallowed,
    SourceError,
    Unreachable,
)
from workers.web.fetch import BOT, ExpectedResponse, fetch

#: RFC 9309 2.5: a crawler reads at least this much and may ignore further bytes.
ROBOTS_LIMITS = ExpectedResponse(accept="text/plain,*/*;q=0.1", limit=500 << 10, cut=True)
#: Seconds for which rules are kept: a day at most (RFC 9309 2.4).
MAX_AGE_S = 86_400.0
#: The same where they forbid a page, since the partner may have changed them after our error message.
MAX_FORBIDDEN_AGE_S = 60.0
#: Bytes of robots.txt that are kept. Parsed, a file takes up to 30 times its bytes.
CACHE_BYTES = 1 << 20
#: Smallest size that a file counts.
MIN_COUNTED_BYTES = 256
#: Seconds of the longest Crawl-delay that is kept: some sites set minutes, too long for an ingest.
MAX_DELAY_S = 10.0


class Rules(NamedTuple):
    """Parsed rules of an origin, their bytes, and when they were fetched, by the monotonic clock."""

    parsed: Protego
    size: int
    at: float

    @property
    def delay_s(self) -> float:
        return min(self.parsed.crawl_delay(BOT) or 0.0, MAX_DELAY_S)


class Robots:
    """Cache of the rules of the visited origins. A file that can't be read for now is not cached."""

    def __init__(self, client: httpx.AsyncClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.client, self.clock = client, clock
        self.cached: dict[str, Rules] = {}
        self.locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admit(self, url: str) -> Rules:
        """Return the rules that admit `url`. Raises a `SourceError` if they forbid it, or can't be read."""
        for age_s in (MAX_AGE_S, MAX_FORBIDDEN_AGE_S):
            rules = await self.rules(url, age_s)
            # In a thread: matching against a large file would block the event loop.
            if await asyncio.to_thread(rules.parsed.can_fetch, url, BOT):
                return rules
        raise RobotsDisallowed(
            f"{urlsplit(url).netloc}/robots.txt disallows {BOT}; allow it there, or give another page"
        )

    async def rules(self, url: str, age_s: float) -> Rules:
        """Return rules of at most `age_s`. Callers for the same origin share one download (single-flight)."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self.locks.setdefault(origin, asyncio.Lock()):
            rules = self.cached.get(origin)
            if rules is None or self.clock() - rules.at > age_s:
                body = await download_robots_txt(self.client, origin)
                parsed = await asyncio.to_thread(parse, body)
                rules = Rules(parsed, max(len(body), MIN_COUNTED_BYTES), self.clock())
                self.store(origin, rules)
            return rules

    def store(self, origin: str, rules: Rules) -> None:
        """Keep the rules, and drop the oldest ones beyond `CACHE_BYTES`."""
        self.cached.pop(origin, None)
        self.cached[origin] = rules
        while sum(rules_of_origin.size for rules_of_origin in self.cached.values()) > CACHE_BYTES:
            del self.cached[next(iter(self.cached))]


async def download_robots_txt(client: httpx.AsyncClient, origin: str) -> bytes:
    """Download robots.txt; return no bytes for a 4xx or endless redirects (RFC 9309 2.3.1).

    Raises `RobotsDisallowed` for a 5xx or a timeout, which forbids all pages for now, and `FetchBlocked` or
    `Unreachable`.
    """
    try:
        return (await fetch(client, f"{origin}/robots.txt", want=ROBOTS_LIMITS)).body
    except (FetchBlocked, Unreachable):
        raise  # The page would fail the same way, and this error has the cause.
    except (FetchFailed, FetchTimeout) as error:
        if error.retryable:
            raise RobotsDisallowed(
                f"{origin}/robots.txt can't be read for now: {error.message}",
                retryable=True,
                retry_after=error.retry_after,
            ) from error
        return b""
    except SourceError:
        return b""


def parse(body: bytes) -> Protego:
    """Parse the rules. A web page has none: many sites answer every address with a page."""
    text = body.decode("utf-8-sig", "replace")
    return Protego.parse("" if text.lstrip().startswith("<") else text)
