"""Refusals of verbs: each leaf has its code in `api/errors.py`."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from schemas.errors.base import TenantryError


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
    """A body that is not readable as what it says it is."""

    code = "BAD_REQUEST"


class Unauthenticated(DomainError):
    """Absent, malformed, unknown, expired, rotated away: the caller can't tell which."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("send a valid API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`")


class AppUnauthenticated(DomainError):
    """No key of an SDK app: absent, malformed, unknown, rotated away, or of an app that was deleted."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("send the SDK app's key as `Authorization: Bearer lpa_...`, or as `?key=`")


class Unsigned(DomainError):
    """A platform's own call without its signature: missing, wrong, or of another time."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("this address takes what is signed with our app's secret, within five minutes")


class Forbidden(DomainError):
    """The key is good, its scopes don't reach."""

    code = "FORBIDDEN_SCOPE"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs a key with the scope {scope}", requiredScope=scope)


class OriginRefused(DomainError):
    """A browser sends from a page that is not the app's: only browsers say where they are."""

    code = "ORIGIN_NOT_ALLOWED"

    def __init__(self, domain: str) -> None:
        super().__init__(f"this app's pages are at {domain}: send from there, or change its webDomain")


class HostRefused(DomainError):
    """The request's `Host` is no name of this process: a page may have pointed its own name here."""

    code = "HOST_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__(
            "this server has no such name: ask at its public address, or have the name added to ALLOWED_HOSTS"
        )


class NotReturnable(DomainError):
    """The origin of a `returnUrl` is not on the key's list, and not the API's own for accounts."""

    code = "RETURN_URL_NOT_ALLOWED"

    def __init__(self, origin: str) -> None:
        super().__init__(f"this key has no {origin} among its returnOrigins: create a key that has")


class Invalid(DomainError):
    """`path` is the JSON pointer-like path of the field, such as `brandContext.tagline`.

    `more` are further fields that are wrong, each as path and message.
    """

    code = "VALIDATION"

    def __init__(self, path: str, message: str, *more: tuple[str, str]) -> None:
        issues = [(path, message), *more]
        text = "; ".join(f"{where}: {what}" for where, what in issues)
        super().__init__(text, issues=[{"path": where, "message": what} for where, what in issues])


class PrivacyRequired(Invalid):
    """Targets without a `privacyLevel`, where their accounts offer a choice.

    `choices` are the levels by the path of each. `more` are further issues of the same request.
    """

    def __init__(self, choices: Mapping[str, Sequence[str]], *more: tuple[str, str]) -> None:
        first, *rest = [
            (path, f"is required: choose one of {', '.join(levels)}") for path, levels in choices.items()
        ]
        super().__init__(*first, *rest, *more)
        self.details["reason"] = "PRIVACY_REQUIRED"
        self.details["choices"] = [
            {"path": path, "privacyLevels": list(levels)} for path, levels in choices.items()
        ]


class LacksWords(Invalid):
    """A brand of which nothing can be said; `fields` of its context would help."""

    def __init__(self, fields: Sequence[str]) -> None:
        why = "says nothing that content can begin with: set it in plain words, or run an ingest"
        first, *more = [(f"brandContext.{name}", why) for name in fields]
        super().__init__(*first, *more)
        self.details["missingFields"] = list(fields)


class NotFound(DomainError):
    """Absent and foreign are one answer, so that nobody learns what another organization has."""

    code = "NOT_FOUND"


class Conflict(DomainError):
    """`reason` is a word of the contract: docs/reference/errors.md lists all of them."""

    code = "CONFLICT"

    def __init__(self, reason: str, message: str, **details: Any) -> None:
        super().__init__(message, reason=reason, **details)


class ContentRejected(DomainError):
    """A reviewer said no, which is final."""

    code = "CONTENT_REJECTED"

    def __init__(self) -> None:
        super().__init__("this content was rejected, which is final: upload or generate it anew")


class ApprovalRequired(DomainError):
    """Content, or a caption of a post's own, that awaits its approval: to be scheduled, not published."""

    code = "APPROVAL_REQUIRED"

    def __init__(
        self, message: str = "the content awaits approval: approve it first", **details: Any
    ) -> None:
        super().__init__(message, approvalStatus="pending", **details)


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


class Oversized(DomainError):
    """More bytes than the route takes, of a body or of a part of it."""

    code = "PAYLOAD_TOO_LARGE"


class Unsatisfiable(DomainError):
    """A range that lies behind the end of what is asked for, which has `size` bytes."""

    code = "RANGE_NOT_SATISFIABLE"

    def __init__(self, size: int) -> None:
        super().__init__(f"there are {size} bytes: ask for a range within them, or for all", size=size)
        self.size = size


class Unsupported(DomainError):
    """The body's Content-Type is not one that the route reads."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class Limited(DomainError):
    """`limit` names the cap, `retry_after` is in whole seconds.

    `resource` names what an organization that is over its budget has used up.
    """

    code = "RATE_LIMITED"
    retry_after: int

    def __init__(self, limit: str, message: str, *, retry_after: int, resource: str | None = None) -> None:
        super().__init__(message, limit=limit, **({"resource": resource} if resource else {}))
        self.retry_after = retry_after


class Killed(DomainError):
    """Said only to who holds the secret; nobody else learns that the key exists.

    `scope` is what was switched off.
    """

    code = "KILL_SWITCH"

    def __init__(self, scope: Literal["key", "organization"]) -> None:
        what = {
            "key": "this API key was switched off: use another one",
            "organization": "your organization is suspended, and its jobs wait: ask the platform's operators",
        }
        super().__init__(what[scope], scope=scope)


class Unavailable(DomainError):
    """Nothing was changed; a repeat is safe after `retry_after` seconds."""

    code = "UNAVAILABLE"
    retry_after: int

    def __init__(
        self,
        message: str = "the service can't reach its database: repeat the request",
        *,
        retry_after: int = 1,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
