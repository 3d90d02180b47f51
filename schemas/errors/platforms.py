"""Errors of platforms while sending: each class states what is certain about the post."""

from typing import ClassVar, Literal

from schemas.errors.base import TenantryError

PlatformErrorCategory = Literal[
    "auth", "rate_limit", "quota", "user_content", "account_issue", "platform_rejected", "config", "network",
    "too_late", "unknown",
]  # fmt: skip


class PlatformError(TenantryError):
    """An error of a platform. `code` is Tenantry's own and stable.

    `message` is the remedy, for people, and holds no secret.
    """

    category: PlatformErrorCategory = "unknown"
    retryable: ClassVar[bool] = False

    def __init__(self, code: str, message: str, *, category: PlatformErrorCategory | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.category = code, message, category or self.category


class PostNotSent(PlatformError):
    """This call made nothing live: it didn't reach the platform, failed there before the write, or was a query."""

    category: PlatformErrorCategory = "network"
    retryable = True


class PostPreparationExpired(PostNotSent):
    """Preparations have expired, such as an upload: nothing is live, prepare again."""


class PlatformThrottled(PlatformError):
    """Refused by the platform's rate limit before the write; retry after `after_s` seconds, if known."""

    category: PlatformErrorCategory = "rate_limit"
    retryable = True

    def __init__(
        self, code: str, message: str, *, after_s: float | None = None, category: PlatformErrorCategory | None = None
    ) -> None:
        super().__init__(code, message, category=category)
        self.after_s = after_s


class AccessTokenExpired(PlatformError):
    """The access token has expired; a refresh may return a new one."""

    category: PlatformErrorCategory = "auth"
    retryable = True


class AccountReauthRequired(PlatformError):
    """Only the account's owner can reconnect it: `invalid_grant`, revoked, or a wrong password."""

    category: PlatformErrorCategory = "auth"


class PlatformRefusal(PlatformError):
    """The platform refuses the post or another call: nothing is live, and a retry would be refused, too."""

    category: PlatformErrorCategory = "user_content"


class PostOutcomeUnknown(PlatformError):
    """The irreversible call was made, but its answer is lost or unclear: the post may be live."""

    category: PlatformErrorCategory = "unknown"
    retryable = True
