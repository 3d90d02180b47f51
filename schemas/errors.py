"""What can go wrong, as one tree. `api/errors.py` turns each leaf into an answer.

TenantryError
├── SettingsInvalid      the environment lacks a setting or holds a bad one
├── MigrationChanged     an applied migration's file was edited
├── LocalUnavailable     an embedded server can't run here; the message says what to do instead
├── BenchmarkFailed      a run lost or doubled something, or one of its processes died: no figure
├── SourceError          what an ingest wanted to read can't be read; carries api.md 7's code
│   ├── FetchBlocked · RobotsDisallowed · NotHtml · TooLarge · ScrapeFailed
│   ├── SourceNotFound · SourceForbidden
│   ├── FetchTimeout · SourceRateLimited     worth another try, and so most often is
│   └── FetchFailed
│       └── Unreachable
└── DomainError          a verb refuses; carries code, message and details
    ├── Invalid          422: a value that no rule allows
    ├── NotFound         404: absent, or another organization's
    ├── Conflict         409: the state of the thing forbids it now
    ├── Stale            412: If-Match names an older version
    └── Limited          429: a cap on queued work is reached
"""

from typing import Any, ClassVar


class TenantryError(Exception):
    """The root of every error that this product raises on purpose."""


class SettingsInvalid(TenantryError):
    """A setting is missing or malformed."""


class MigrationChanged(TenantryError):
    """An applied migration no longer has the text that was applied."""


class LocalUnavailable(TenantryError):
    """An embedded server can't run on this machine, or not in this folder, or ended at its start."""


class BenchmarkFailed(TenantryError):
    """What was measured is not what should have happened, so there is no figure to print."""


class DomainError(TenantryError):
    """A refusal by a verb: `message` tells the caller what to do next, `details` is JSON."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Invalid(DomainError):
    """`path` is the JSON pointer-like path of the field, such as `brandContext.tagline`."""

    code = "VALIDATION"

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}", issues=[{"path": path, "message": message}])


class NotFound(DomainError):
    """Absent and foreign are one answer (api.md 1)."""

    code = "NOT_FOUND"


class Conflict(DomainError):
    """`reason` is one of api.md 2's words for 409."""

    code = "CONFLICT"

    def __init__(self, reason: str, message: str, **details: Any) -> None:
        super().__init__(message, reason=reason, **details)


class Stale(DomainError):
    """The caller's If-Match names a version that is no longer the current one."""

    code = "PRECONDITION_FAILED"


class Limited(DomainError):
    """`limit` names the cap, `retry_after` is in whole seconds."""

    code = "RATE_LIMITED"

    def __init__(self, limit: str, message: str, *, retry_after: int) -> None:
        super().__init__(message, limit=limit)
        self.retry_after = retry_after


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


class SourceRateLimited(SourceError):
    """429."""

    code = "SOURCE_RATE_LIMITED"
    usually_retryable = True


class ScrapeFailed(SourceError):
    """The document came but nothing could be read from it."""

    code = "SCRAPE_FAILED"
