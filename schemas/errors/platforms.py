"""Errors of platforms while sending: each class states what is certain about the post."""

from typing import ClassVar, Literal

from schemas.errors.base import TenantryError

Category = Literal[
    "auth", "rate_limit", "quota", "user_content", "account_issue", "platform_rejected", "config", "network",
    "too_late", "unknown",
]  # fmt: skip


class PlatformError(TenantryError):
    """`code` is ours and stable; `message` is the remedy, for people, and holds no secret."""

    category: Category = "unknown"
    retryable: ClassVar[bool] = False

    def __init__(self, code: str, message: str, *, category: Category | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.category = code, message, category or self.category


class PostNotSent(PlatformError):
    """The irreversible call didn't reach the platform, or the platform failed before it: nothing is live."""

    category: Category = "network"
    retryable = True


class PreparationExpired(PostNotSent):
    """Preparations have expired, such as an upload: nothing is live, prepare again."""


class Throttled(PlatformError):
    """Refused by the platform's rate limit before the write; retry after `after_s` seconds, if known."""

    category: Category = "rate_limit"
    retryable = True

    def __init__(
        self, code: str, message: str, *, after_s: float | None = None, category: Category | None = None
    ) -> None:
        super().__init__(code, message, category=category)
        self.after_s = after_s


class TokenExpired(PlatformError):
    """The access token has expired; a refresh may return a new one."""

    category: Category = "auth"
    retryable = True


class ReauthRequired(PlatformError):
    """Only the account's owner can reconnect it: `invalid_grant`, revoked, or a wrong password."""

    category: Category = "auth"


class PostRejected(PlatformError):
    """The platform refuses the post: nothing is live, and a retry would be refused, too."""

    category: Category = "user_content"


class OutcomeUnknown(PlatformError):
    """The irreversible call was made, but its answer is lost or unclear: the post may be live."""

    category: Category = "unknown"
    retryable = True
