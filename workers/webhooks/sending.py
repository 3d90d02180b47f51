"""Sender of webhooks: one POST through the guard of `workers/web/fetch.py`, and what came of it.

A partner chooses the address, and it may lead elsewhere tomorrow: each connection is checked and pinned
anew. No redirect is followed. The status decides; of the rest of an answer at most `MOST_READ` bytes are
read, and none is inflated.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import NamedTuple

import httpx
from ssrfguard import Resolver

from domain.values import urls
from schemas.errors import FetchBlocked, FetchTimeout, SourceError
from schemas.settings import Settings
from workers.web.errors import as_source_errors, retry_after
from workers.web.fetch import lookup, open_client

#: Seconds of one try as a whole, but for a look-up that hangs (`DNS_S` of the fetch); and of those for what
#: follows the status.
TRY_S, REST_S = 15.0, 2.0
MOST_READ = 64 << 10

#: Connections of one worker. A kept one may be closed by its receiver in the moment of a send, so none is
#: kept for longer than a backlog needs it.
LIMITS = httpx.Limits(max_connections=2000, max_keepalive_connections=100, keepalive_expiry=1.0)

#: What is sent with each try. Nothing is asked to be compressed, since nothing is inflated.
FIXED = {
    "Content-Type": "application/json",
    "User-Agent": f"Tenantry-Webhooks/{version('tenantry')}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}


class Answer(NamedTuple):
    """Outcome of one try: the receiver's status, or None with an `error` that says why there is none.

    `after_s` is its Retry-After in seconds, a day at most.
    """

    status: int | None
    error: str | None = None
    after_s: float | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == httpx.codes.GONE


@asynccontextmanager
async def open_sender(settings: Settings, *, resolver: Resolver = lookup) -> AsyncIterator[httpx.AsyncClient]:
    """The guarded client of all deliveries of a process. Loopback is open as it is to ingests."""
    allowed = urls.read_allowed(settings.fetch_allow)
    async with open_client(
        allowed=allowed, contact=settings.public_url, resolver=resolver, limits=LIMITS
    ) as client:
        yield client


async def send(client: httpx.AsyncClient, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
    """POST `body` once. It never raises for what the receiver does or is."""
    try:
        with as_source_errors(url):
            async with asyncio.timeout(TRY_S):
                return await _post(client, url, {**FIXED, **headers}, body)
    except SourceError as error:
        return Answer(None, _words(error))


async def _post(client: httpx.AsyncClient, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    silence = httpx.Timeout(TRY_S)
    async with client.stream("POST", url, headers=headers, content=body, timeout=silence) as response:
        # What has been said can't be taken back by breaking off.
        with contextlib.suppress(TimeoutError, httpx.TransportError):
            async with asyncio.timeout(REST_S):
                await _read_rest(response)
        return Answer(response.status_code, after_s=retry_after(response.headers))


async def _read_rest(response: httpx.Response) -> None:
    """Read the answer as far as it may go, so that its connection can be used again."""
    left = MOST_READ
    async for chunk in response.aiter_raw():
        left -= len(chunk)
        if left <= 0:
            break


def _words(error: SourceError) -> str:
    """An error in words for whoever reads their deliveries. None of them tells an address of ours."""
    if isinstance(error, FetchBlocked):
        return "the address is not public"
    if isinstance(error, FetchTimeout):
        return f"no answer within {TRY_S:g} s"
    cause = error.__cause__
    if isinstance(cause, httpx.ConnectError):
        return "no connection: check the host, its port and its certificate"
    return "the connection broke before an answer"
