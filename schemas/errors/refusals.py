"""Refusals by domain functions: each class has its code in `api/http/errors.py`."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from schemas.errors.base import TenantryError


class DomainError(TenantryError):
    """A refusal: `message` is the caller's next step, `details` is JSON."""

    code: ClassVar[str] = "INTERNAL"
    #: Whole seconds after which a retry may succeed; None if it won't.
    retry_after: int | None = None

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class MalformedBody(DomainError):
    """A body that can't be parsed as its content type."""

    code = "BAD_REQUEST"


class ApiKeyUnauthenticated(DomainError):
    """An absent, malformed, unknown, expired or rotated key: the caller can't distinguish these."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("send a valid API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`")


class SdkAppKeyUnauthenticated(DomainError):
    """An absent, malformed, unknown or rotated app key, or the key of a deleted app."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("send the SDK app's key as `Authorization: Bearer lpa_...`, or as `?key=`")


class PlatformWebhookSignatureInvalid(DomainError):
    """A platform's webhook call with a missing, wrong or outdated signature."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__("calls to this address must be signed with our app's secret, within five minutes")


class ApiKeyScopeMissing(DomainError):
    """The key lacks a scope."""

    code = "FORBIDDEN_SCOPE"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs a key with the scope {scope}", requiredScope=scope)


class SdkWebOriginRefused(DomainError):
    """A browser sends from a page outside of the app's domain; only browsers send an origin."""

    code = "ORIGIN_NOT_ALLOWED"

    def __init__(self, domain: str) -> None:
        super().__init__(f"this app's pages are at {domain}: send from there, or change its webDomain")


class HostHeaderRefused(DomainError):
    """The request's `Host` is no name of this process: a page may have pointed its own name here."""

    code = "HOST_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("this server doesn't have this name: use its public address, or add the name to ALLOWED_HOSTS")


class ReturnUrlRefused(DomainError):
    """The origin of a `returnUrl` is not on the key's list, and not the API's own for accounts."""

    code = "RETURN_URL_NOT_ALLOWED"

    def __init__(self, origin: str) -> None:
        super().__init__(f"{origin} is not among this key's returnOrigins: create a key with it")


class InvalidValue(DomainError):
    """An invalid value; `path` is its JSON path, such as `brandContext.tagline`.

    `more` are further invalid fields, each as path and message.
    """

    code = "VALIDATION"

    def __init__(self, path: str, message: str, *more: tuple[str, str]) -> None:
        issues = [(path, message), *more]
        text = "; ".join(f"{field_path}: {fault}" for field_path, fault in issues)
        super().__init__(text, issues=[{"path": field_path, "message": fault} for field_path, fault in issues])


class PrivacyLevelRequired(InvalidValue):
    """Targets without a `privacyLevel`, although their accounts offer a choice.

    `choices` are the levels by the path of each target. `more` are further issues of the same request.
    """

    def __init__(self, choices: Mapping[str, Sequence[str]], *more: tuple[str, str]) -> None:
        first, *others = [(path, f"is required: choose one of {', '.join(levels)}") for path, levels in choices.items()]
        super().__init__(*first, *others, *more)
        self.details["reason"] = "PRIVACY_REQUIRED"
        self.details["choices"] = [{"path": path, "privacyLevels": list(levels)} for path, levels in choices.items()]


class TemplateInvalid(InvalidValue):
    """A template with findings of the lint: line, column, code and remedy of each."""

    def __init__(self, findings: Sequence[tuple[int, int, str, str]]) -> None:
        line, _, _, remedy = findings[0]
        super().__init__("html", f"line {line}: {remedy}")
        self.details["issues"] = [
            {"path": "html", "message": f"line {line}: {message}", "line": line, "column": column, "code": code}
            for line, column, code, message in findings
        ]


class BrandTooSparse(InvalidValue):
    """A brand with too few texts; `fields` of its context would help."""

    def __init__(self, fields: Sequence[str]) -> None:
        why = "has no text to begin content with: set it in plain words, or run an ingest"
        first, *more = [(f"brandContext.{name}", why) for name in fields]
        super().__init__(*first, *more)
        self.details["missingFields"] = list(fields)


class ObjectNotFound(DomainError):
    """Absent or of another organization: one answer, which reveals nothing about other organizations."""

    code = "NOT_FOUND"


class StateConflict(DomainError):
    """The current state forbids the request. docs/reference/errors.md lists all values of `reason`."""

    code = "CONFLICT"

    def __init__(self, reason: str, message: str, **details: Any) -> None:
        super().__init__(message, reason=reason, **details)


class ContentRejected(DomainError):
    """A reviewer rejected the content for good."""

    code = "CONTENT_REJECTED"

    def __init__(self) -> None:
        super().__init__("this content was rejected for good: upload or generate new content")


class ApprovalRequired(DomainError):
    """Content, or a post's own caption, awaits approval: it can be scheduled, but not published."""

    code = "APPROVAL_REQUIRED"

    def __init__(self, message: str = "the content awaits approval: approve it first", **details: Any) -> None:
        super().__init__(message, approvalStatus="pending", **details)


class IdempotencyKeyReused(DomainError):
    """The Idempotency-Key is taken; `reason` is IN_FLIGHT while its first request still runs."""

    code = "IDEMPOTENCY_CONFLICT"


class IdempotentRequestInFlight(IdempotencyKeyReused):
    """The first request with this Idempotency-Key has not ended."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__("the first request with this Idempotency-Key still runs: repeat", reason="IN_FLIGHT")


class VersionOutdated(DomainError):
    """`If-Match` has an outdated version."""

    code = "PRECONDITION_FAILED"


class BodyOversized(DomainError):
    """A body, or a part of it, over the route's limit of bytes."""

    code = "PAYLOAD_TOO_LARGE"


class RangeUnsatisfiable(DomainError):
    """A range after the end of the file, which has `size` bytes."""

    code = "RANGE_NOT_SATISFIABLE"

    def __init__(self, size: int) -> None:
        super().__init__(f"there are {size} bytes: request a range within them, or all", size=size)
        self.size = size


class MediaTypeUnsupported(DomainError):
    """The route doesn't accept the body's Content-Type."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class LimitReached(DomainError):
    """A limit is used up. `limit` is its name, `retry_after` is in whole seconds.

    `resource` is the used-up resource of an organization over its budget.
    """

    code = "RATE_LIMITED"
    retry_after: int

    def __init__(self, limit: str, message: str, *, retry_after: int, resource: str | None = None) -> None:
        super().__init__(message, limit=limit, **({"resource": resource} if resource else {}))
        self.retry_after = retry_after


class KillSwitchActive(DomainError):
    """The key or organization is switched off. Only a caller with the right secret gets this error.

    `scope` is the switched-off object.
    """

    code = "KILL_SWITCH"

    def __init__(self, scope: Literal["key", "organization"]) -> None:
        what = {
            "key": "this API key was switched off: use another one",
            "organization": "your organization is suspended, and its jobs wait: ask the platform's operators",
        }
        super().__init__(what[scope], scope=scope)


class ServiceUnavailable(DomainError):
    """The service can't process the request now, such as without its database.

    Nothing was changed; a retry is safe after `retry_after` seconds.
    """

    code = "UNAVAILABLE"
    retry_after: int

    def __init__(
        self, message: str = "the service can't reach its database: repeat the request", *, retry_after: int = 1
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
