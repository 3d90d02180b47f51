"""Errors of a fetch: errors of httpx and HTTP statuses as `SourceError`s with a message on how to fix them.

docs/reference/errors.md lists their codes.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from ssrfguard import SSRFGuardError

from schemas.errors import (
    FetchAddressNotAllowed,
    FetchFailed,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceRateLimited,
    SourceTimeout,
    SourceUnreachable,
)

#: Seconds of the longest Retry-After that is obeyed: no job could wait longer.
MAX_RETRY_AFTER_S = 86400.0
#: Seconds of the shortest cooldown after a 429. A wait costs no attempt, so without this minimum a site
#: with a Retry-After of 0 would be requested endlessly.
MIN_SITE_COOLDOWN_S = 30.0

#: The user's next step if the site fails.
WEB_PAGE_RETRY_ADVICE = "check that the page opens, then try again"


@contextmanager
def convert_errors_to_source_error(url: str) -> Iterator[None]:
    """Convert httpx's and ssrfguard's errors and timeouts in the block to a `SourceError` for the partner.

    Its message names the host of `url`, never an address that it resolved to. That would disclose our
    resolver's answers.
    """
    host = host_of_url_for_error_message(url)
    try:
        yield
    except SSRFGuardError as error:
        raise FetchAddressNotAllowed(f"{host} leads to an address that is not public; give a public one") from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise SourceTimeout(f"{host} did not answer in time; check that the page opens, then try again") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
        raise FetchFailed(f"{host} redirects to an invalid address; give the target page", retryable=False) from error
    except httpx.TransportError as error:
        raise build_unreachable_error(host, error) from error


def host_of_url_for_error_message(url: str) -> str:
    try:
        return urlsplit(url).hostname or "the address"
    except ValueError:
        return "the address"


def build_unreachable_error(host: str, error: httpx.TransportError) -> SourceUnreachable:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return SourceUnreachable(f"the certificate of {host} is not valid; have it renewed", retryable=False)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return SourceUnreachable(f"{host} could not be reached; check the name and that the site is up")
    return SourceUnreachable(f"{host} closed the connection early; try again later")


def raise_for_source_status(response: httpx.Response) -> None:
    """Raise the `SourceError` for a site's response with another status than 2xx; do nothing for a 2xx."""
    if not response.is_success:
        raise source_error_of_status(response.status_code, read_retry_after_s(response.headers))


def source_error_of_status(status: int, wait_s: float | None) -> SourceError:
    if status in {404, 410}:
        return SourceNotFound(f"the site returned {status}: there is no such page; check the address")
    if status in {401, 402, 403, 407, 451}:
        return SourceForbidden(f"the site returned {status}: the page must open without an account")
    if status == 429:
        wait_s = None if wait_s is None else max(wait_s, MIN_SITE_COOLDOWN_S)
        return SourceRateLimited(
            "the site returned 429: it accepts no more requests for now; try again later", retry_after=wait_s
        )
    retryable = status >= 500 or status in {408, 425}
    return FetchFailed(f"the site returned {status}; {WEB_PAGE_RETRY_ADVICE}", retryable=retryable, retry_after=wait_s)


def read_retry_after_s(headers: httpx.Headers) -> float | None:
    """Return a response's Retry-After in seconds, a day at most; None if it is missing or unreadable.

    A date is compared with the response's own Date: our clock may differ.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), MAX_RETRY_AFTER_S)
    date = _parse_http_date(value)
    if date is None:
        return None
    return min(max((date - read_date_header_or_now(headers)).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def read_date_header_or_now(headers: httpx.Headers) -> datetime:
    """Return the time in a response's Date header; our own time if it is missing or unreadable."""
    return _parse_http_date(headers.get("Date", "")) or datetime.now(UTC)


def _parse_http_date(value: str) -> datetime | None:
    """Parse an HTTP date in any of its forms; one without a zone is UTC. Return None for any other text."""
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
