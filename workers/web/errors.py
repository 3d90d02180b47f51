"""From what a client or a server says to api.md 7's codes, with a message that says what to fix."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from ssrfguard import SSRFGuardError

from schemas.errors import (
    FetchBlocked,
    FetchFailed,
    FetchTimeout,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceRateLimited,
    Unreachable,
)

#: An upstream's wish beyond this is no plan that a job could keep.
LONGEST_WAIT_S = 86400.0
#: A site that wants no wait, and refuses again, would be asked without end: waiting for it costs no attempt.
SHORTEST_REST_S = 30.0


@contextmanager
def as_source_errors(url: str) -> Iterator[None]:
    """Turns what httpx, ssrfguard and the clock raise into a `SourceError`.

    A message names the host that was asked for and never an address that it resolved to: that would
    tell a stranger what our resolver knows.
    """
    host = host_of(url)
    try:
        yield
    except SSRFGuardError as error:
        raise FetchBlocked(f"{host} leads to an address that is not public") from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise FetchTimeout(f"{host} did not answer in time") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise FetchFailed(f"{host} redirects to what is no web address", retryable=False) from error
    except httpx.TransportError as error:
        raise unreachable(host, error) from error


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or "the address"
    except ValueError:
        return "the address"


def unreachable(host: str, error: httpx.TransportError) -> Unreachable:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(f"the certificate of {host} is not valid", retryable=False)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return Unreachable(f"{host} could not be reached; check the name and that the site is up")
    return Unreachable(f"{host} broke off its answer")


def raise_for_status(response: httpx.Response) -> None:
    """Nothing for a 2xx."""
    if not response.is_success:
        raise refusal(response.status_code, retry_after(response.headers))


def refusal(status: int, wait: float | None) -> SourceError:
    if status in {404, 410}:
        return SourceNotFound(f"the site answers {status}: there is no such page; check the address")
    if status in {401, 402, 403, 407, 451}:
        return SourceForbidden(f"the site answers {status}: the page must open without an account")
    if status == 429:
        rest = None if wait is None else max(wait, SHORTEST_REST_S)
        return SourceRateLimited("the site answers 429: it takes no more requests for now", retry_after=rest)
    worth_another_try = status >= 500 or status in {408, 425}
    return FetchFailed(f"the site answers {status}", retryable=worth_another_try, retry_after=wait)


def retry_after(headers: httpx.Headers) -> float | None:
    """Retry-After in seconds; a date is held against the answer's own Date, so no two clocks are compared."""
    wish = headers.get("Retry-After", "").strip()
    if wish.isascii() and wish.isdecimal():
        return min(float(wish), LONGEST_WAIT_S)
    try:
        wait = parsedate_to_datetime(wish) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return min(max(wait.total_seconds(), 0.0), LONGEST_WAIT_S)
