"""Errors of GitHub's API, as `SourceError`s with a remedy (docs/reference/errors.md has the codes)."""

import re
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from schemas.errors import (
    FetchedSourceUnusable,
    FetchFailed,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceRateLimited,
)
from workers.web.errors import read_retry_after_s
from workers.web.fetch import FetchedResponse

GITHUB_4XX_STATUSES = frozenset({400, 401, 403, 404, 409, 410, 422, 429, 451})

#: Errors of a decoder for a body that is not the expected JSON.
GITHUB_JSON_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

#: Seconds to wait after a limit without an end, as GitHub's docs request ("Best practices for using the REST
#: API").
DEFAULT_GITHUB_COOLDOWN_S = 60.0
#: Seconds to wait at most: the length of the limit's window.
MAX_GITHUB_COOLDOWN_S = 3600.0
GITHUB_RATE_LIMIT_PATTERN = re.compile(r"rate limit|abuse detection", re.IGNORECASE)

ABSENT_REPOSITORY_MESSAGE = (
    "there is no such repository, or it is not public: check the name; a private one needs the GitHub App "
    "installed and proved (POST /v1/github/install-url)"
)
EMPTY_REPOSITORY_MESSAGE = "the repository is empty: push a README or the project's files, then ingest again"

GITHUB_ERRORS_BY_STATUS: dict[int, tuple[type[SourceError], str]] = {
    404: (SourceNotFound, ABSENT_REPOSITORY_MESSAGE),
    410: (SourceNotFound, ABSENT_REPOSITORY_MESSAGE),
    409: (FetchedSourceUnusable, EMPTY_REPOSITORY_MESSAGE),
    451: (SourceForbidden, "GitHub has blocked the repository for legal reasons: give another source"),
}


class GitHubErrorBody(msgspec.Struct, frozen=True):
    """Body of an error."""

    message: str = ""


def build_github_response_error(answer: FetchedResponse, *, installed: bool) -> SourceError:
    """Return, without raising it, the `SourceError` for an error response of GitHub.

    `installed` means that the request had an installation's token.
    """
    if (wait := read_github_cooldown_s(answer)) is not None:
        return SourceRateLimited("GitHub accepts no more requests from us for now", retry_after=wait)
    if answer.status == 403:
        return build_github_forbidden_error(answer, installed=installed)
    if answer.status == 401:
        return build_refused_github_token_error(installed=installed)
    if answer.status in GITHUB_ERRORS_BY_STATUS:
        error, message = GITHUB_ERRORS_BY_STATUS[answer.status]
        return error(message)
    return FetchFailed(f"GitHub's API returned {answer.status}", retryable=False)


def build_github_forbidden_error(answer: FetchedResponse, *, installed: bool) -> SourceError:
    if installed or "integration" in read_github_error(answer):
        return SourceForbidden(
            "the GitHub App's installation may not read this: grant it `Contents: read` and `Metadata: read` "
            "for the repository"
        )
    return SourceForbidden("GitHub returned 403: the repository is closed to visitors; check its settings")


def build_refused_github_token_error(*, installed: bool) -> SourceError:
    """Return, without raising it, the `SourceError` for a token that GitHub refuses.

    The partner can reconnect an installation (`installed`); this service's own token is a `FetchFailed`.
    """
    if installed:
        return SourceForbidden("GitHub no longer accepts the App's installation: connect GitHub again")
    return FetchFailed("GitHub refuses this service's own credential: try again later")


def read_github_cooldown_s(answer: FetchedResponse) -> float | None:
    """Return the seconds to wait, 1 to 3600, if GitHub's response refuses for a rate limit; None for any other."""
    if answer.status not in {403, 429}:
        return None
    wait = read_retry_after_s(answer.headers)
    if wait is None and answer.headers.get("X-RateLimit-Remaining") == "0":
        wait = read_seconds_until_github_limit_reset(answer.headers)
    if wait is None and (answer.status == 429 or GITHUB_RATE_LIMIT_PATTERN.search(read_github_error(answer))):
        wait = DEFAULT_GITHUB_COOLDOWN_S
    return None if wait is None else min(max(wait, 1.0), MAX_GITHUB_COOLDOWN_S)


def read_seconds_until_github_limit_reset(headers: httpx.Headers) -> float | None:
    """Return the seconds until GitHub's rate limit resets; None if the headers don't have both times.

    The reset is compared with the response's own Date, since our clock may differ.
    """
    reset = headers.get("X-RateLimit-Reset", "").strip()
    try:
        return int(reset) - parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def read_github_error(answer: FetchedResponse) -> str:
    """Return the message in an error response of GitHub; empty for a body in another form."""
    try:
        return msgspec.json.decode(answer.body, type=GitHubErrorBody).message
    except GITHUB_JSON_DECODE_ERRORS:
        return ""
