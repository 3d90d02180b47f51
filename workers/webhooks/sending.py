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
from typing import Literal, NamedTuple, TypeAlias

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


#: Why a try is no success: docs/explain/webhooks.md says what to look at.
Code: TypeAlias = Literal[
    "BAD_STATUS", "REDIRECT", "TIMEOUT", "UNREACHABLE", "CONNECTION_LOST", "ADDRESS_REFUSED"
]


class Answer(NamedTuple):
    """Outcome of one try: the receiver's status, if it gave one, and a code that says why it is no success.

    `after_s` is its Retry-After in seconds, a day at most.
    """

    status: int | None
    code: Code | None = None
    after_s: float | None = None


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
        return Answer(None, _code(error))


async def _post(client: httpx.AsyncClient, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    silence = httpx.Timeout(TRY_S)
    async with client.stream("POST", url, headers=headers, content=body, timeout=silence) as response:
        # What has been said can't be taken back by breaking off.
        with contextlib.suppress(TimeoutError, httpx.TransportError):
            async with asyncio.timeout(REST_S):
                await _read_rest(response)
        return Answer(response.status_code, _refusal(response), retry_after(response.headers))


async def _read_rest(response: httpx.Response) -> None:
    """Read the answer as far as it may go, so that its connection can be used again."""
    left = MOST_READ
    async for chunk in response.aiter_raw():
        left -= len(chunk)
        if left <= 0:
            break


def _refusal(response: httpx.Response) -> Code | None:
    """Anything but a 2xx is no success; a redirect isn't followed, whatever it leads to."""
    if response.is_success:
        return None
    return "REDIRECT" if response.is_redirect else "BAD_STATUS"


def _code(error: SourceError) -> Code:
    if isinstance(error, FetchBlocked):
        return "ADDRESS_REFUSED"
    if isinstance(error, FetchTimeout):
        return "TIMEOUT"
    return "UNREACHABLE" if isinstance(error.__cause__, httpx.ConnectError) else "CONNECTION_LOST"
