"""Reasons why a source can't be read. Each class is a code of the job's error; messages are remedies."""

from typing import ClassVar

from schemas.errors.base import TenantryError


class SourceError(TenantryError):
    """Ends an ingest: `message` is the partner's remedy, `retry_after` the server's value in seconds.

    `retryable`: the same request may succeed later without a change by the partner.
    """

    code: ClassVar[str] = "SCRAPE_FAILED"
    usually_retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retryable: bool | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retryable = self.usually_retryable if retryable is None else retryable
        self.retry_after = retry_after


class FetchAddressNotAllowed(SourceError):
    """The address, or a redirect of it, is not public or not allowed (SSRF guard)."""

    code = "FETCH_BLOCKED"


class RobotsDisallowed(SourceError):
    """robots.txt excludes our bot; retryable if it was only temporarily unreadable."""

    code = "ROBOTS_DISALLOWED"


class FetchFailed(SourceError):
    """No usable answer: an error status without a class of its own, a wrong type, encoding, content or redirect."""

    code = "FETCH_FAILED"
    usually_retryable = True


class SourceUnreachable(FetchFailed):
    """No HTTP answer: DNS, connection, TLS or protocol failed."""


class SourceNotHtml(SourceError):
    """The answer is no web page, although one was requested."""

    code = "NOT_HTML"


class SourceTooLarge(SourceError):
    """The answer, or its decompressed or parsed form, exceeds a limit."""

    code = "TOO_LARGE"


class SourceTimeout(SourceError):
    """The answer was not complete within its timeout."""

    code = "TIMEOUT"
    usually_retryable = True


class SourceNotFound(SourceError):
    """The source returned 404 or 410."""

    code = "SOURCE_NOT_FOUND"


class SourceForbidden(SourceError):
    """The source denies access by 401, 402, 403, 407 or 451, or GitHub refuses or has suspended the App."""

    code = "SOURCE_FORBIDDEN"


class GitHubNotConfigured(SourceError):
    """This server has no GitHub App."""

    code = "GITHUB_NOT_CONFIGURED"

    def __init__(self) -> None:
        super().__init__("GitHub is not set up on this server: ask its operator")


class GitHubInstallationUnverified(SourceError):
    """No proof that the person in GitHub's flow has access to the installation."""

    code = "INSTALLATION_NOT_PROVED"


class GitHubInstallationGone(SourceError):
    """The App was uninstalled on GitHub."""

    code = "INSTALLATION_GONE"

    def __init__(self) -> None:
        super().__init__("the GitHub App was uninstalled: connect it again with /v1/github/install-url")


class SourceRateLimited(SourceError):
    """The source returned 429: too many requests."""

    code = "SOURCE_RATE_LIMITED"
    usually_retryable = True


class FetchedSourceUnusable(SourceError):
    """The document was fetched, but it has no usable content."""

    code = "SCRAPE_FAILED"


class SourceFileStorageUnavailable(SourceError):
    """The media storage is unreachable, so no file of the source can be stored."""

    code = "STORAGE_UNAVAILABLE"
    usually_retryable = True
