"""May our bot open this page? robots.txt by RFC 9309."""

import asyncio
from urllib.parse import urlsplit

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
from workers.fetch import BOT, Admit, Want, fetch

#: RFC 9309 2.5: a crawler reads at least this much and may ignore the rest.
WANT = Want(accept="text/plain,*/*;q=0.1", limit=500 << 10, cut=True)


def gate(client: httpx.AsyncClient) -> Admit:
    """A check to run before each request: raises where robots.txt says no.

    It asks an origin once in its life, so make one for each job.
    """
    rules: dict[str, Protego] = {}

    async def admit(url: str) -> None:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in rules:
            rules[origin] = await ask(client, origin)
        if not rules[origin].can_fetch(url, BOT):
            raise RobotsDisallowed(
                f"{parts.netloc}/robots.txt keeps {BOT} out; allow it there, or give another page"
            )

    return admit


async def ask(client: httpx.AsyncClient, origin: str) -> Protego:
    """RFC 9309 2.3.1: a 4xx or endless redirects mean no rules; a 5xx or silence means not now."""
    try:
        answer = await fetch(client, f"{origin}/robots.txt", want=WANT)
    except (FetchBlocked, Unreachable):
        raise  # The page itself could fare no better, and this says why.
    except (FetchFailed, FetchTimeout) as error:
        if error.retryable:
            raise RobotsDisallowed(
                f"{origin}/robots.txt can't be read for now: {error.message}",
                retryable=True,
                retry_after=error.retry_after,
            ) from error
        return parse(b"")
    except SourceError:
        return parse(b"")
    # A large file takes its time, and the event loop has other jobs.
    return await asyncio.to_thread(parse, answer.body)


def parse(body: bytes) -> Protego:
    """No rules in a web page: many sites answer every address with one."""
    text = body.decode("utf-8-sig", "replace")
    return Protego.parse("" if text.lstrip().startswith("<") else text)
