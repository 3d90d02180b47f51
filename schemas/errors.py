"""What can go wrong, as one tree. `api/errors.py` turns each leaf into an answer.

TenantryError
├── SettingsInvalid      the environment lacks a setting or holds a bad one
├── MigrationChanged     an applied migration's file was edited
├── LocalUnavailable     an embedded server can't run here; the message says what to do instead
├── BenchmarkFailed      a run lost or doubled something, or one of its processes died: no figure
├── Fenced               an attempt wrote to a job that another one owns by now
├── CancelRequested      an attempt came to a step after a cancel of its job was accepted
├── SourceError          what an ingest wanted to read can't be read; carries api.md 7's code
│   ├── FetchBlocked · RobotsDisallowed · NotHtml · TooLarge · ScrapeFailed
│   ├── SourceNotFound · SourceForbidden
│   ├── NotConfigured                        the operator hasn't set what it takes
│   ├── NotProved · InstallationGone         GitHub's word on an App's installation
│   ├── FetchTimeout · SourceRateLimited     worth another try, and so most often is
│   └── FetchFailed
│       └── Unreachable
├── ModelError           the optional language model gave nothing usable: a warning of its ingest, no end
│   ├── ModelUnavailable
│   │   └── ModelFormatRefused   the endpoint knows no JSON schemas
│   └── ModelInvalid · ModelRefused
├── DemoFailed           `up --demo` could not ingest our own page
└── DomainError          a verb refuses; carries code, message and details
    ├── Malformed        400: not readable as what it says it is
    ├── Unauthenticated  401: one answer for every key that opens nothing
    ├── Forbidden        403: the key lacks a scope
    ├── NotReturnable    403: the key doesn't say that its people may be sent there
    ├── Invalid          422: a value that no rule allows
    ├── NotFound         404: absent, or another organization's
    ├── Conflict         409: the state of the thing forbids it now
    ├── KeyReused        409: the Idempotency-Key belongs to another request, or to one still running
    ├── Stale            412: If-Match names an older version
    ├── Unsupported      415: a body that is not JSON
    ├── Limited          429: a rate limit, or a cap on queued work, is reached
    ├── Killed           503: the key was switched off
    └── Unavailable      503: Postgres can't be reached, or something is locked for too long
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


class Fenced(TenantryError):
    """The job went to another attempt or ended; whatever this one still wanted to write must not happen."""


class CancelRequested(TenantryError):
    """A cancel of the job was accepted before this step; the attempt ends as canceled."""


class DemoFailed(TenantryError):
    """The ingest of our own page did not end well: something is wrong with this installation."""


class DomainError(TenantryError):
    """A refusal by a verb: `message` tells the caller what to do next, `details` is JSON."""

    code: ClassVar[str] = "INTERNAL"
    #: Whole seconds after which a repeat may fare better; None where it won't.
    retry_after: int | None = None

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Malformed(DomainError):
    """What came is not readable as what it says it is."""

    code = "BAD_REQUEST"


class Unauthenticated(DomainError):
    """Absent, malformed, unknown, expired, rotated away: the caller can't tell which."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("send a valid API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`")


class Forbidden(DomainError):
    """The key is good, its scopes don't reach."""

    code = "FORBIDDEN_SCOPE"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs a key with the scope {scope}", requiredScope=scope)


class NotReturnable(DomainError):
    """The origin of a `returnUrl` is not on the key's list."""

    code = "RETURN_URL_NOT_ALLOWED"

    def __init__(self, origin: str) -> None:
        super().__init__(f"this key has no {origin} among its returnOrigins: create a key that has")


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


class KeyReused(DomainError):
    """`reason` is IN_FLIGHT while the first request with the key still runs."""

    code = "IDEMPOTENCY_CONFLICT"


class InFlight(KeyReused):
    """The first request with this Idempotency-Key has not ended."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__("the first request with this Idempotency-Key still runs: repeat", reason="IN_FLIGHT")


class Stale(DomainError):
    """The caller's If-Match names a version that is no longer the current one."""

    code = "PRECONDITION_FAILED"


class Unsupported(DomainError):
    """The body's Content-Type is not one that the route reads."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class Limited(DomainError):
    """`limit` names the cap, `retry_after` is in whole seconds."""

    code = "RATE_LIMITED"

    def __init__(self, limit: str, message: str, *, retry_after: int) -> None:
        super().__init__(message, limit=limit)
        self.retry_after = retry_after


class Killed(DomainError):
    """Said only to who holds the secret; nobody else learns that the key exists."""

    code = "KILL_SWITCH"

    def __init__(self) -> None:
        super().__init__("this API key was switched off: use another one")


class Unavailable(DomainError):
    """Nothing was changed; a repeat is safe."""

    code = "UNAVAILABLE"
    retry_after = 1

    def __init__(self, message: str = "the service can't reach its database: repeat the request") -> None:
        super().__init__(message)


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
        super().__init__("this server's workers have no GitHub App: tell its operator")


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


class ModelError(TenantryError):
    """`code` begins the warning that an ingest's result carries instead."""

    code: ClassVar[str] = "llm_unavailable"


class ModelUnavailable(ModelError):
    """No completion came; `retry_after` is the endpoint's wish in seconds."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelFormatRefused(ModelUnavailable):
    """The endpoint takes the request for a bad one: it may do better without the schema."""


class ModelInvalid(ModelError):
    """A completion came that is not what was asked for; `wrong` tells the model, and no one else, how."""

    code = "llm_invalid_output"

    def __init__(self, message: str, *, wrong: str) -> None:
        super().__init__(message)
        self.wrong = wrong


class ModelRefused(ModelError):
    """The model won't answer, and would not if it were asked again."""

    code = "llm_invalid_output"
