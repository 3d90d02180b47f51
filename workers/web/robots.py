"""May our bot open this page, and how far apart? robots.txt by RFC 9309."""

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
from workers.web.fetch import BOT, Want, fetch

#: RFC 9309 2.5: a crawler reads at least this much and may ignore the rest.
WANT = Want(accept="text/plain,*/*;q=0.1", limit=500 << 10, cut=True)
#: RFC 9309 2.4: rules are kept no longer than a day. A no is asked for again after a minute: the partner
#: whom we told to mend it may have done so.
LIFETIME_S, DOUBT_S = 86_400.0, 60.0
#: Bytes of robots.txt in memory, and what the smallest one counts; parsed they take up to thirty times that.
ROOM, LEAST = 1 << 20, 256
#: Sites ask for minutes, too, that no ingest has.
LONGEST_DELAY_S = 10.0


class Rules(NamedTuple):
    """What an origin said, at a time of the monotonic clock."""

    said: Protego
    size: int
    at: float

    @property
    def delay_s(self) -> float:
        return min(self.said.crawl_delay(BOT) or 0.0, LONGEST_DELAY_S)


class Robots:
    """The rules of the origins that this process visits. What can't be read for now is not kept."""

    def __init__(self, client: httpx.AsyncClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.client, self.clock = client, clock
        self.known: dict[str, Rules] = {}
        self.asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admit(self, url: str) -> Rules:
        """Raises a `SourceError` where our bot may not open the address, or that can't be known for now."""
        for age_s in (LIFETIME_S, DOUBT_S):
            rules = await self.rules(url, age_s)
            # A large file takes its time, and the event loop has other jobs.
            if await asyncio.to_thread(rules.said.can_fetch, url, BOT):
                return rules
        raise RobotsDisallowed(
            f"{urlsplit(url).netloc}/robots.txt keeps {BOT} out; allow it there, or give another page"
        )

    async def rules(self, url: str, age_s: float) -> Rules:
        """Rules no older than that; who wants the same ones meanwhile waits for the same answer."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self.asking.setdefault(origin, asyncio.Lock()):
            rules = self.known.get(origin)
            if rules is None or self.clock() - rules.at > age_s:
                body = await ask(self.client, origin)
                said = await asyncio.to_thread(parse, body)
                rules = Rules(said, max(len(body), LEAST), self.clock())
                self.keep(origin, rules)
            return rules

    def keep(self, origin: str, rules: Rules) -> None:
        """The oldest ones make room."""
        self.known.pop(origin, None)
        self.known[origin] = rules
        while sum(one.size for one in self.known.values()) > ROOM:
            del self.known[next(iter(self.known))]


async def ask(client: httpx.AsyncClient, origin: str) -> bytes:
    """RFC 9309 2.3.1: a 4xx or endless redirects mean no rules; a 5xx or silence means not now."""
    try:
        return (await fetch(client, f"{origin}/robots.txt", want=WANT)).body
    except (FetchBlocked, Unreachable):
        raise  # The page itself could fare no better, and this says why.
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
    """No rules in a web page: many sites answer every address with one."""
    text = body.decode("utf-8-sig", "replace")
    return Protego.parse("" if text.lstrip().startswith("<") else text)
