"""Reasons why a source can't be read. Each leaf is a code of the job's error; messages say what to mend."""

from typing import ClassVar

from schemas.errors.base import TenantryError


class SourceError(TenantryError):
    """Ends an ingest: `message` tells the partner what to fix, `retry_after` is upstream's wish in seconds.

    `retryable` says that the same request may succeed later with nothing changed by the partner.
    """

    code: ClassVar[str] = "SCRAPE_FAILED"
    usually_retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, *, retryable: bool | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retryable = self.usually_retryable if retryable is None else retryable
        self.retry_after = retry_after


class FetchBlocked(SourceError):
    """The address, or one that it redirects to, is not public, or not one that we may ask."""

    code = "FETCH_BLOCKED"


class RobotsDisallowed(SourceError):
    """robots.txt keeps our bot out; retryable where it could only not be read for now."""

    code = "ROBOTS_DISALLOWED"


class FetchFailed(SourceError):
    """No answer that can be used: it is the server's own fault, or in no encoding that we read."""

    code = "FETCH_FAILED"
    usually_retryable = True


class Unreachable(FetchFailed):
    """No HTTP answer at all: name, connection, TLS, protocol."""


class NotHtml(SourceError):
    """The answer is of another type than the one asked for."""

    code = "NOT_HTML"


class TooLarge(SourceError):
    """The answer, or what it inflates or parses to, passes a limit."""

    code = "TOO_LARGE"


class FetchTimeout(SourceError):
    """The whole answer did not come in the time it is given."""

    code = "TIMEOUT"
    usually_retryable = True


class SourceNotFound(SourceError):
    """404 or 410."""

    code = "SOURCE_NOT_FOUND"


class SourceForbidden(SourceError):
    """401, 402, 403, 407 or 451: it is there, but not for a visitor without an account."""

    code = "SOURCE_FORBIDDEN"


class NotConfigured(SourceError):
    """This server has no GitHub App."""

    code = "GITHUB_NOT_CONFIGURED"

    def __init__(self) -> None:
        super().__init__("GitHub is not set up on this server: ask its operator")


class NotProved(SourceError):
    """Nothing shows that whoever went through GitHub's pages has a hand in the installation."""

    code = "INSTALLATION_NOT_PROVED"


class InstallationGone(SourceError):
    """The App was uninstalled on GitHub."""

    code = "INSTALLATION_GONE"

    def __init__(self) -> None:
        super().__init__("the GitHub App was uninstalled: connect it again with /v1/github/install-url")


class SourceRateLimited(SourceError):
    """429."""

    code = "SOURCE_RATE_LIMITED"
    usually_retryable = True


class ScrapeFailed(SourceError):
    """The document came but nothing could be read from it."""

    code = "SCRAPE_FAILED"


class StorageAway(SourceError):
    """The storage of media can't be reached, so that no file of the source can be kept."""

    code = "STORAGE_UNAVAILABLE"
    usually_retryable = True
