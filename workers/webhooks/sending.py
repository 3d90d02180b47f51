"""Sender of webhooks: one POST through the SSRF guard of `workers/web/fetch.py`, and its result.

A partner chooses the address, and its DNS may change: each connection is checked and pinned again. No
redirect is followed. The status decides. At most `MAX_WEBHOOK_RESPONSE_BODY_BYTES` bytes of the response's rest are
read, and none is decompressed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Literal, NamedTuple, TypeAlias

import httpx
from ssrfguard import Resolver

from domain.values import ssrf_guard
from schemas.errors import FetchAddressNotAllowed, SourceError, SourceTimeout
from schemas.settings import Settings
from workers.web.errors import convert_errors_to_source_error, read_retry_after_s
from workers.web.fetch import look_up_host, open_ssrf_guarded_client

#: Seconds of one attempt, without a hanging DNS lookup (`DNS_LOOKUP_TIMEOUT_S` of the fetch).
WEBHOOK_ATTEMPT_TIMEOUT_S = 15.0
#: Seconds of these for the response after its status.
WEBHOOK_RESPONSE_BODY_TIMEOUT_S = 2.0
MAX_WEBHOOK_RESPONSE_BODY_BYTES = 64 << 10

#: Connections of one worker. A receiver may close a kept connection in the moment of a send, so it is kept
#: only as long as a backlog needs it.
WEBHOOK_CONNECTION_LIMITS = httpx.Limits(max_connections=2000, max_keepalive_connections=100, keepalive_expiry=1.0)

#: Headers of each attempt. They request no compression, since the sender doesn't decompress.
FIXED_WEBHOOK_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": f"Tenantry-Webhooks/{version('tenantry')}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}


#: Reason of a failed attempt: docs/explain/webhooks.md names the checks for each.
DeliveryFailureCode: TypeAlias = Literal[
    "BAD_STATUS", "REDIRECT", "TIMEOUT", "UNREACHABLE", "CONNECTION_LOST", "ADDRESS_REFUSED"
]


class WebhookResult(NamedTuple):
    """Result of one attempt: the receiver's status, if any, and a code for the cause of a failure.

    `after_s` is its Retry-After in seconds, a day at most.
    """

    status: int | None
    code: DeliveryFailureCode | None = None
    after_s: float | None = None


@asynccontextmanager
async def open_webhook_client(
    settings: Settings, *, resolver: Resolver = look_up_host
) -> AsyncIterator[httpx.AsyncClient]:
    """Open and yield the SSRF-guarded HTTP client for all webhook deliveries of a process.

    Loopback hosts in the setting `fetch_allow` are allowed, as for ingests.
    """
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(settings.fetch_allow)
    async with open_ssrf_guarded_client(
        allowed=allowed, contact=settings.public_url, resolver=resolver, limits=WEBHOOK_CONNECTION_LIMITS
    ) as client:
        yield client


async def send_webhook(
    client: httpx.AsyncClient, url: str, *, headers: Mapping[str, str], body: bytes
) -> WebhookResult:
    """POST a webhook's `body` once; return a status or failure code. Errors of receiver or network are never raised."""
    try:
        with convert_errors_to_source_error(url):
            async with asyncio.timeout(WEBHOOK_ATTEMPT_TIMEOUT_S):
                return await _post_webhook(client, url, {**FIXED_WEBHOOK_HEADERS, **headers}, body)
    except SourceError as error:
        return WebhookResult(None, _webhook_failure_code_of_error(error))


async def _post_webhook(client: httpx.AsyncClient, url: str, headers: Mapping[str, str], body: bytes) -> WebhookResult:
    silence = httpx.Timeout(WEBHOOK_ATTEMPT_TIMEOUT_S)
    async with client.stream("POST", url, headers=headers, content=body, timeout=silence) as response:
        # The status is already received: an error in the rest doesn't change the result.
        with contextlib.suppress(TimeoutError, httpx.TransportError):
            async with asyncio.timeout(WEBHOOK_RESPONSE_BODY_TIMEOUT_S):
                await _read_and_drop_webhook_response_body(response)
        return WebhookResult(
            response.status_code, _webhook_failure_code_of_response(response), read_retry_after_s(response.headers)
        )


async def _read_and_drop_webhook_response_body(response: httpx.Response) -> None:
    """Read a receiver's response up to a maximum and drop it, so that its connection can be reused."""
    remaining = MAX_WEBHOOK_RESPONSE_BODY_BYTES
    async for chunk in response.aiter_raw():
        remaining -= len(chunk)
        if remaining <= 0:
            break


def _webhook_failure_code_of_response(response: httpx.Response) -> DeliveryFailureCode | None:
    """Return the failure code of a receiver's response; None for a 2xx. A redirect is never followed."""
    if response.is_success:
        return None
    return "REDIRECT" if response.is_redirect else "BAD_STATUS"


def _webhook_failure_code_of_error(error: SourceError) -> DeliveryFailureCode:
    if isinstance(error, FetchAddressNotAllowed):
        return "ADDRESS_REFUSED"
    if isinstance(error, SourceTimeout):
        return "TIMEOUT"
    return "UNREACHABLE" if isinstance(error.__cause__, httpx.ConnectError) else "CONNECTION_LOST"
