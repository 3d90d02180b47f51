"""Forwarder of events to the caller's own server, signed like webhook deliveries."""

import hmac
import time
from base64 import b64encode
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

import click
import httpx

from domain.webhooks.secrets import SIGNING_SECRET_PREFIX
from workers.webhooks import signing
from workers.webhooks.sending import FIXED_WEBHOOK_HEADERS, MAX_WEBHOOK_RESPONSE_BODY_BYTES, WEBHOOK_ATTEMPT_TIMEOUT_S


class WebhookForwardResult(NamedTuple):
    """Result of one event: the response's status, or the problem."""

    status: int | None
    ms: float
    problem: str | None = None

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and httpx.codes.is_success(self.status)


class ForwardUrlParam(click.ParamType[str]):
    """Parameter: an http or https address without a user."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            parts = urlsplit(value)
            fine = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
            _ = parts.port, httpx.URL(value).host.encode("idna")
        except (ValueError, httpx.InvalidURL):
            fine = False
        return (
            value if fine else self.fail(f"{value!r} is not an address such as http://localhost:4242/hooks", param, ctx)
        )


class CliWebhookForwarder:
    """HTTP client that posts events to one address only: it follows no redirect and uses no proxy."""

    def __init__(self, url: str, key: bytes) -> None:
        self._url, self._key = url, key
        self._client = httpx.Client(timeout=WEBHOOK_ATTEMPT_TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def send(self, event_id: str, body: bytes) -> WebhookForwardResult:
        """Post a signed event to the caller's server; return its status, or a problem for any of its failures."""
        signed = signing.build_webhook_headers(event_id=event_id, at=int(time.time()), body=body, keys=[self._key])
        began = time.monotonic()
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers={**FIXED_WEBHOOK_HEADERS, **signed}
            ) as answer:
                result = WebhookForwardResult(answer.status_code, _elapsed_ms(began))
                _discard_rest_of_response(answer, ends=began + WEBHOOK_ATTEMPT_TIMEOUT_S)
                return result
        except httpx.HTTPError as error:
            return WebhookForwardResult(None, _elapsed_ms(began), _format_webhook_forward_error(error))


def derive_forward_signing_key(api_key: str) -> bytes:
    """Derive the key that signs forwarded webhook events from an API key: the same for each run."""
    return hmac.digest(api_key.encode(), b"tenantry webhooks listen", "sha256")


def format_signing_secret(key: bytes) -> str:
    return SIGNING_SECRET_PREFIX + b64encode(key).decode()


def _discard_rest_of_response(answer: httpx.Response, *, ends: float) -> None:
    """Read and drop the rest of a response's body, to reuse the connection, within a limit of bytes and time."""
    left = MAX_WEBHOOK_RESPONSE_BODY_BYTES
    with suppress(httpx.TransportError):
        for chunk in answer.iter_raw():
            left -= len(chunk)
            if left <= 0 or time.monotonic() > ends:
                return


def _elapsed_ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _format_webhook_forward_error(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"no connection ({error}): check that your server runs there"
    if isinstance(error, httpx.TimeoutException):
        return f"no response within {WEBHOOK_ATTEMPT_TIMEOUT_S:g} s"
    return f"the connection broke ({str(error) or type(error).__name__})"
