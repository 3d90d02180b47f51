"""Errors of TikTok: the meanings of its error codes and of its fail reasons.

Success is `error.code == "ok"`: some errors come with status 200. A code that names a rule of TikTok's proves
that no post was created. A code that only means a wrong request, and an unknown one, prove nothing if the
call could have created the post. Pages of developers.tiktok.com/doc, 2026-11:
content-posting-api-reference-direct-post and content-posting-api-reference-get-video-status.
"""

from collections.abc import Mapping

import msgspec

from schemas.errors import (
    OutcomeUnknown,
    PlatformError,
    PostNotSent,
    PostRejected,
    PreparationExpired,
    ReauthRequired,
    Throttled,
    TokenExpired,
)
from workers.platforms import http
from workers.platforms.http import PlatformResponse
from workers.platforms.meaning import ErrorMeaning

#: Seconds until a retry after a day's quota is used up: TikTok doesn't publish the quota's reset time.
QUOTA_COOLDOWN_S = 3600.0
OK = "ok"


EXPIRED = ErrorMeaning(TokenExpired, "TOKEN_EXPIRED", "the access token is no longer valid")
SCOPE = ErrorMeaning(
    ReauthRequired,
    "SCOPE_MISSING",
    "the account gave no permission to post: connect it again, all boxes ticked",
)
CALL_RATE_LIMITED_ERROR = ErrorMeaning(Throttled, "PLATFORM_RATE_LIMITED", "TikTok limits the rate")
DAY_CAP = ErrorMeaning(
    Throttled, "ACCOUNT_QUOTA", "TikTok accepts no more posts of the account today", "quota"
)
APP_CAP = ErrorMeaning(
    Throttled, "APP_QUOTA", "this server's TikTok app posts for no more accounts today", "quota"
)
DRAFT_CAP = ErrorMeaning(
    PostNotSent,
    "DRAFTS_PENDING",
    "too many drafts wait in the account's inbox: its owner has to post or delete some",
    "quota",
)
BANNED = ErrorMeaning(
    PostRejected, "ACCOUNT_BANNED", "TikTok has banned the account from posting", "account_issue"
)
RISKY = ErrorMeaning(PostRejected, "SPAM_RISK", "TikTok classifies the post as spam", "platform_rejected")
RISKY_TEXT = ErrorMeaning(
    PostRejected, "SPAM_RISK", "TikTok classifies the caption as spam: change the text", "platform_rejected"
)
PRIVACY = ErrorMeaning(
    PostRejected, "PRIVACY_NOT_OFFERED", "the account doesn't offer the post's privacy level"
)
UNAUDITED = ErrorMeaning(
    PostRejected,
    "APP_UNAUDITED",
    "until TikTok has audited this server's app, it posts only for private accounts, "
    "with privacyLevel private",
    "config",
)
UNVERIFIED = ErrorMeaning(
    PostRejected,
    "PULL_DOMAIN_UNVERIFIED",
    "TikTok fetches photos from verified addresses only: the operator has to verify this server's address "
    "with TikTok's app",
    "config",
)
TIKTOK_REFUSED_ERROR = ErrorMeaning(
    PostRejected, "PLATFORM_REJECTED", "TikTok refuses the request", "platform_rejected", proves=False
)
BROKEN = ErrorMeaning(PostNotSent, "PLATFORM_FAILED", "TikTok failed: the call is repeated", proves=False)
UNKNOWN_POST = ErrorMeaning(PostNotSent, "POST_UNKNOWN", "TikTok doesn't find the post", "unknown")

ERRORS: Mapping[str, ErrorMeaning] = {
    "access_token_invalid": EXPIRED,
    "scope_not_authorized": SCOPE,
    "scope_permission_missed": SCOPE,
    "rate_limit_exceeded": CALL_RATE_LIMITED_ERROR,
    "spam_risk_too_many_posts": DAY_CAP,
    "spam_risk_too_many_pending_share": DRAFT_CAP,
    "reached_active_user_cap": APP_CAP,
    "spam_risk_user_banned_from_posting": BANNED,
    "spam_risk": RISKY,
    "spam_risk_text": RISKY_TEXT,
    "privacy_level_option_mismatch": PRIVACY,
    "unaudited_client_can_only_post_to_private_accounts": UNAUDITED,
    "url_ownership_unverified": UNVERIFIED,
    "invalid_publish_id": UNKNOWN_POST,
    "token_not_authorized_for_specified_publish_id": UNKNOWN_POST,
    "invalid_param": TIKTOK_REFUSED_ERROR,
    "invalid_params": TIKTOK_REFUSED_ERROR,
    "not_found": TIKTOK_REFUSED_ERROR,
    "publish_not_cancellable": TIKTOK_REFUSED_ERROR,
    "internal": BROKEN,
    "internal_error": BROKEN,
}

FORMAT = ErrorMeaning(PostRejected, "MEDIA_REFUSED", "TikTok can't use the format of a file")
FRAMES = ErrorMeaning(
    PostRejected, "MEDIA_REFUSED", "TikTok can't use the video: it accepts 23 to 60 frames a second"
)
SIZE = ErrorMeaning(
    PostRejected,
    "MEDIA_REFUSED",
    "TikTok can't use a picture of this size: 360 to 4,096 pixels, and photos up to 1,080 by 1,920",
)
LENGTH = ErrorMeaning(PostRejected, "MEDIA_TOO_LONG", "the video is too short or too long for TikTok")
CANCELED = ErrorMeaning(
    PostRejected,
    "PUBLISH_CANCELED",
    "the post was canceled or deleted before it was live",
    "platform_rejected",
)
PHOTOS_NOT_PULLED_ERROR = ErrorMeaning(
    PreparationExpired, "MEDIA_NOT_FETCHED", "TikTok could not fetch the post's files: the post is sent again"
)
#: The token is revoked too: the next attempt fails with it, and the post waits for its account's owner.
REMOVED = ErrorMeaning(
    PreparationExpired, "ACCESS_REMOVED", "the account's owner has revoked the access", "auth"
)
DAY_LIMIT_AT_PUBLISH_ERROR = ErrorMeaning(PreparationExpired, DAY_CAP.code, DAY_CAP.message, "quota")
TIKTOK_INTERNAL_ERROR = ErrorMeaning(PreparationExpired, BROKEN.code, BROKEN.message)

#: Reasons of a post with the status FAILED: after an `PreparationExpired` it is prepared and sent again.
FAIL_REASONS: Mapping[str, ErrorMeaning] = {
    "auth_removed": REMOVED,
    "duration_check_failed": LENGTH,
    "file_format_check_failed": FORMAT,
    "frame_rate_check_failed": FRAMES,
    "internal": TIKTOK_INTERNAL_ERROR,
    "photo_pull_failed": PHOTOS_NOT_PULLED_ERROR,
    "picture_size_check_failed": SIZE,
    "publish_cancelled": CANCELED,
    "spam_risk": RISKY,
    "spam_risk_text": RISKY_TEXT,
    "spam_risk_too_many_posts": DAY_LIMIT_AT_PUBLISH_ERROR,
    "spam_risk_user_banned_from_posting": BANNED,
    "video_pull_failed": PHOTOS_NOT_PULLED_ERROR,
}


class TikTokErrorBody(msgspec.Struct):
    """The `error` of a response's envelope."""

    code: str = ""
    message: str = ""
    log_id: str = ""


def error_of(answer: PlatformResponse, body: TikTokErrorBody) -> PlatformError:
    """Return the error of a response with a code other than `ok`."""
    meaning, quote = ERRORS.get(body.code) or meaning_by_status(answer), f"TikTok: {quoted(answer, body)}"
    if answer.irreversible and not meaning.proves:
        return OutcomeUnknown("ANSWER_UNCLEAR", f"the post may be live ({quote})")
    after_s = http.cooldown_s(answer.headers, reset="X-RateLimit-Reset")
    return meaning.make(
        quote,
        after_s=after_s if meaning is CALL_RATE_LIMITED_ERROR else max(after_s or 0.0, QUOTA_COOLDOWN_S),
    )


def meaning_by_status(answer: PlatformResponse) -> ErrorMeaning:
    """Return the meaning of a code that is not in the table."""
    if answer.status == 429:
        return CALL_RATE_LIMITED_ERROR
    if answer.status == 401:
        return EXPIRED
    return TIKTOK_REFUSED_ERROR if answer.refused or answer.ok else BROKEN


def fail_reason_error(reason: str) -> PostRejected | PreparationExpired:
    """Return the error of a post with the status FAILED; an unknown reason is final."""
    meaning = FAIL_REASONS.get(reason, TIKTOK_REFUSED_ERROR)
    error = meaning.make(f"TikTok: {quote_word(reason) or 'no reason given'}")
    assert isinstance(error, PostRejected | PreparationExpired)  # noqa: S101  the table has no others
    return error


def quoted(answer: PlatformResponse, body: TikTokErrorBody) -> str:
    message = answer.quoted(f"{body.code} {body.message}".strip() or f"status {answer.status}")
    log_id = quote_word(body.log_id)
    return f"{message}, log {log_id}" if log_id else message


def quote_word(word: str) -> str:
    """Return a word of TikTok's, safe to quote."""
    return "".join(letter for letter in word if letter.isascii() and (letter.isalnum() or letter in "_-."))[
        :80
    ]
