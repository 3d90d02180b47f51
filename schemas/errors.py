"""What can go wrong, as one tree. `api/errors.py` turns each leaf into an answer.

TenantryError
├── SettingsInvalid      the environment lacks a setting or holds a bad one
├── MigrationChanged     an applied migration's file was edited
├── LocalUnavailable     an embedded server can't run here; the message says what to do instead
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
