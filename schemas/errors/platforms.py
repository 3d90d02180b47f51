"""Answers of a platform to a sender: each leaf says what is proved about the post."""

from typing import ClassVar, Literal

from schemas.errors.base import TenantryError

Category = Literal[
    "auth", "rate_limit", "quota", "user_content", "account_issue", "platform_rejected", "config", "network",
    "too_late", "unknown",
]  # fmt: skip


class PlatformError(TenantryError):
    """`code` is ours and stays the same; `message` tells a person what to do, and holds no secret."""

    category: Category = "unknown"
    retryable: ClassVar[bool] = False

    def __init__(self, code: str, message: str, *, category: Category | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.category = code, message, category or self.category


class NotSent(PlatformError):
    """No byte of the irreversible call got there, or the platform failed before it: nothing is live."""

    category: Category = "network"
    retryable = True


class Outdated(NotSent):
    """Preparations of no more use, such as an upload that ran out: nothing is live, prepare again."""


class Throttled(PlatformError):
    """Refused before the write, by the platform's own limit; again after `after_s` seconds, if it says."""

    category: Category = "rate_limit"
    retryable = True

    def __init__(
        self, code: str, message: str, *, after_s: float | None = None, category: Category | None = None
    ) -> None:
        super().__init__(code, message, category=category)
        self.after_s = after_s


class TokenExpired(PlatformError):
    """The access token is of no more use; a refresh may bring a new one."""

    category: Category = "auth"
    retryable = True


class ReauthRequired(PlatformError):
    """Only the account's owner can open it again: `invalid_grant`, revoked, a password that is wrong."""

    category: Category = "auth"


class Rejected(PlatformError):
    """The platform has read the post and won't have it: nothing is live, and no repeat would change that."""

    category: Category = "user_content"


class OutcomeUnknown(PlatformError):
    """The irreversible call was made and its answer is lost or says nothing: the post may be live."""

    category: Category = "unknown"
    retryable = True
