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
    FetchAddressNotAllowed,
    FetchFailed,
    RobotsDisallowed,
    SourceError,
    SourceTimeout,
    SourceUnreachable,
)
from workers.web.fetch import CRAWLER_BOT_NAME, FetchResponseLimits, fetch_url

#: RFC 9309 2.5: a crawler reads at least this much and may ignore further bytes.
ACCEPTED_ROBOTS_TYPE_AND_SIZE = FetchResponseLimits(accept="text/plain,*/*;q=0.1", limit=500 << 10, cut=True)
#: Seconds for which rules are kept: a day at most (RFC 9309 2.4).
MAX_ROBOTS_AGE_S = 86_400.0
#: The same where they forbid a page, since the partner may have changed them after our error message.
MAX_FORBIDDING_ROBOTS_AGE_S = 60.0
#: Bytes of robots.txt that are kept. Parsed, a file takes up to 30 times its bytes.
MAX_ROBOTS_CACHE_BYTES = 1 << 20
#: Smallest size that a file counts.
MIN_ROBOTS_BYTES_COUNTED_IN_CACHE = 256
#: Seconds of the longest Crawl-delay that is kept: some sites set minutes, too long for an ingest.
MAX_CRAWL_DELAY_S = 10.0


class RobotsRules(NamedTuple):
    """Parsed rules of an origin, their bytes, and when they were fetched, by the monotonic clock."""

    parsed: Protego
    size: int
    at: float

    @property
    def crawl_delay_s(self) -> float:
        return min(self.parsed.crawl_delay(CRAWLER_BOT_NAME) or 0.0, MAX_CRAWL_DELAY_S)


class RobotsRulesCache:
    """Cache of the rules of the visited origins. A file that can't be read for now is not cached."""

    def __init__(self, client: httpx.AsyncClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.client, self.clock = client, clock
        self.cached: dict[str, RobotsRules] = {}
        self.locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def load_rules_that_allow_url(self, url: str) -> RobotsRules:
        """Return the robots.txt rules that admit `url`. Raise a `SourceError` if they forbid it, or can't be read."""
        for age_s in (MAX_ROBOTS_AGE_S, MAX_FORBIDDING_ROBOTS_AGE_S):
            rules = await self.load_rules_of_origin(url, age_s)
            # In a thread: matching against a large file would block the event loop.
            if await asyncio.to_thread(rules.parsed.can_fetch, url, CRAWLER_BOT_NAME):
                return rules
        raise RobotsDisallowed(
            f"{urlsplit(url).netloc}/robots.txt disallows {CRAWLER_BOT_NAME}; allow it there, or give another page"
        )

    async def load_rules_of_origin(self, url: str, age_s: float) -> RobotsRules:
        """Return rules of at most `age_s`; callers for an origin share a download. Raise `SourceError` if it fails."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self.locks.setdefault(origin, asyncio.Lock()):
            rules = self.cached.get(origin)
            if rules is None or self.clock() - rules.at > age_s:
                body = await download_robots_txt(self.client, origin)
                parsed = await asyncio.to_thread(parse_robots_txt, body)
                rules = RobotsRules(parsed, max(len(body), MIN_ROBOTS_BYTES_COUNTED_IN_CACHE), self.clock())
                self.cache_rules(origin, rules)
            return rules

    def cache_rules(self, origin: str, rules: RobotsRules) -> None:
        """Cache an origin's robots.txt rules, and drop the oldest rules beyond `MAX_ROBOTS_CACHE_BYTES`."""
        self.cached.pop(origin, None)
        self.cached[origin] = rules
        while sum(rules_of_origin.size for rules_of_origin in self.cached.values()) > MAX_ROBOTS_CACHE_BYTES:
            del self.cached[next(iter(self.cached))]


async def download_robots_txt(client: httpx.AsyncClient, origin: str) -> bytes:
    """Download an origin's robots.txt; return no bytes for a 4xx or too many redirects (RFC 9309 2.3.1).

    Raise `RobotsDisallowed` for a 5xx or a timeout, which forbids all pages for now. Raise `FetchAddressNotAllowed` or
    `SourceUnreachable` as the page itself would.
    """
    try:
        return (await fetch_url(client, f"{origin}/robots.txt", want=ACCEPTED_ROBOTS_TYPE_AND_SIZE)).body
    except (FetchAddressNotAllowed, SourceUnreachable):
        raise  # The page would fail the same way, and this error has the cause.
    except (FetchFailed, SourceTimeout) as error:
        if error.retryable:
            raise RobotsDisallowed(
                f"{origin}/robots.txt can't be read for now: {error.message}",
                retryable=True,
                retry_after=error.retry_after,
            ) from error
        return b""
    except SourceError:
        return b""


def parse_robots_txt(body: bytes) -> Protego:
    """Parse a robots.txt. A web page counts as an empty one: many sites answer every address with a page."""
    text = body.decode("utf-8-sig", "replace")
    return Protego.parse("" if text.lstrip().startswith("<") else text)
