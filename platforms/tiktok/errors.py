"""Errors of TikTok: the meanings of its error codes and of its fail reasons.

Success is `error.code == "ok"`: some errors come with status 200. A code that names a rule of TikTok's proves
that no post was created. A code that only means a wrong request, and an unknown one, prove nothing if the
call could have created the post. Pages of developers.tiktok.com/doc, 2026-11:
content-posting-api-reference-direct-post and content-posting-api-reference-get-video-status.
"""

from collections.abc import Mapping

import msgspec

from schemas.errors import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostNotSent,
    PostOutcomeUnknown,
    PostPreparationExpired,
)
from workers.platforms import http
from workers.platforms.http import PlatformResponse
from workers.platforms.meaning import PlatformErrorMeaning

#: Seconds until a retry after a day's quota is used up: TikTok doesn't publish the quota's reset time.
TIKTOK_QUOTA_COOLDOWN_S = 3600.0
TIKTOK_OK_ERROR_CODE = "ok"


TIKTOK_TOKEN_EXPIRED_ERROR_MEANING = PlatformErrorMeaning(
    AccessTokenExpired, "TOKEN_EXPIRED", "the access token is no longer valid"
)
TIKTOK_SCOPE_MISSING_ERROR_MEANING = PlatformErrorMeaning(
    AccountReauthRequired, "SCOPE_MISSING", "the account gave no permission to post: connect it again, all boxes ticked"
)
TIKTOK_RATE_LIMITED_MEANING = PlatformErrorMeaning(PlatformThrottled, "PLATFORM_RATE_LIMITED", "TikTok limits the rate")
TIKTOK_ACCOUNT_DAY_QUOTA_ERROR_MEANING = PlatformErrorMeaning(
    PlatformThrottled, "ACCOUNT_QUOTA", "TikTok accepts no more posts of the account today", "quota"
)
TIKTOK_ACCOUNT_BANNED_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "ACCOUNT_BANNED", "TikTok has banned the account from posting", "account_issue"
)
TIKTOK_SPAM_POST_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "SPAM_RISK", "TikTok classifies the post as spam", "platform_rejected"
)
TIKTOK_SPAM_CAPTION_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "SPAM_RISK", "TikTok classifies the caption as spam: change the text", "platform_rejected"
)
TIKTOK_REFUSED_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "PLATFORM_REJECTED", "TikTok refuses the request", "platform_rejected", proves=False
)
TIKTOK_RETRYABLE_ERROR_MEANING = PlatformErrorMeaning(
    PostNotSent, "PLATFORM_FAILED", "TikTok failed: the call is repeated", proves=False
)
TIKTOK_POST_NOT_FOUND_ERROR_MEANING = PlatformErrorMeaning(
    PostNotSent, "POST_UNKNOWN", "TikTok doesn't find the post", "unknown"
)

TIKTOK_ERROR_MEANINGS: Mapping[str, PlatformErrorMeaning] = {
    "access_token_invalid": TIKTOK_TOKEN_EXPIRED_ERROR_MEANING,
    "scope_not_authorized": TIKTOK_SCOPE_MISSING_ERROR_MEANING,
    "scope_permission_missed": TIKTOK_SCOPE_MISSING_ERROR_MEANING,
    "rate_limit_exceeded": TIKTOK_RATE_LIMITED_MEANING,
    "spam_risk_too_many_posts": TIKTOK_ACCOUNT_DAY_QUOTA_ERROR_MEANING,
    "spam_risk_too_many_pending_share": PlatformErrorMeaning(
        PostNotSent,
        "DRAFTS_PENDING",
        "too many drafts wait in the account's inbox: its owner has to post or delete some",
        "quota",
    ),
    "reached_active_user_cap": PlatformErrorMeaning(
        PlatformThrottled, "APP_QUOTA", "this server's TikTok app posts for no more accounts today", "quota"
    ),
    "spam_risk_user_banned_from_posting": TIKTOK_ACCOUNT_BANNED_ERROR_MEANING,
    "spam_risk": TIKTOK_SPAM_POST_ERROR_MEANING,
    "spam_risk_text": TIKTOK_SPAM_CAPTION_ERROR_MEANING,
    "privacy_level_option_mismatch": PlatformErrorMeaning(
        PlatformRefusal, "PRIVACY_NOT_OFFERED", "the account doesn't offer the post's privacy level"
    ),
    "unaudited_client_can_only_post_to_private_accounts": PlatformErrorMeaning(
        PlatformRefusal,
        "APP_UNAUDITED",
        "until TikTok has audited this server's app, it posts only for private accounts, with privacyLevel private",
        "config",
    ),
    "url_ownership_unverified": PlatformErrorMeaning(
        PlatformRefusal,
        "PULL_DOMAIN_UNVERIFIED",
        "TikTok fetches photos from verified addresses only: the operator has to verify this server's address "
        "with TikTok's app",
        "config",
    ),
    "invalid_publish_id": TIKTOK_POST_NOT_FOUND_ERROR_MEANING,
    "token_not_authorized_for_specified_publish_id": TIKTOK_POST_NOT_FOUND_ERROR_MEANING,
    "invalid_param": TIKTOK_REFUSED_MEANING,
    "invalid_params": TIKTOK_REFUSED_MEANING,
    "not_found": TIKTOK_REFUSED_MEANING,
    "publish_not_cancellable": TIKTOK_REFUSED_MEANING,
    "internal": TIKTOK_RETRYABLE_ERROR_MEANING,
    "internal_error": TIKTOK_RETRYABLE_ERROR_MEANING,
}

TIKTOK_FILES_NOT_FETCHED_ERROR_MEANING = PlatformErrorMeaning(
    PostPreparationExpired, "MEDIA_NOT_FETCHED", "TikTok could not fetch the post's files: the post is sent again"
)

#: Reasons of a post with the status FAILED: after an `PostPreparationExpired` it is prepared and sent again.
TIKTOK_FAIL_REASON_MEANINGS: Mapping[str, PlatformErrorMeaning] = {
    # The token is revoked too: the next attempt fails with it, and the post waits for its account's owner.
    "auth_removed": PlatformErrorMeaning(
        PostPreparationExpired, "ACCESS_REMOVED", "the account's owner has revoked the access", "auth"
    ),
    "duration_check_failed": PlatformErrorMeaning(
        PlatformRefusal, "MEDIA_TOO_LONG", "the video is too short or too long for TikTok"
    ),
    "file_format_check_failed": PlatformErrorMeaning(
        PlatformRefusal, "MEDIA_REFUSED", "TikTok can't use the format of a file"
    ),
    "frame_rate_check_failed": PlatformErrorMeaning(
        PlatformRefusal, "MEDIA_REFUSED", "TikTok can't use the video: it accepts 23 to 60 frames a second"
    ),
    "internal": PlatformErrorMeaning(
        PostPreparationExpired, TIKTOK_RETRYABLE_ERROR_MEANING.code, TIKTOK_RETRYABLE_ERROR_MEANING.message
    ),
    "photo_pull_failed": TIKTOK_FILES_NOT_FETCHED_ERROR_MEANING,
    "picture_size_check_failed": PlatformErrorMeaning(
        PlatformRefusal,
        "MEDIA_REFUSED",
        "TikTok can't use a picture of this size: 360 to 4,096 pixels, and photos up to 1,080 by 1,920",
    ),
    "publish_cancelled": PlatformErrorMeaning(
        PlatformRefusal, "PUBLISH_CANCELED", "the post was canceled or deleted before it was live", "platform_rejected"
    ),
    "spam_risk": TIKTOK_SPAM_POST_ERROR_MEANING,
    "spam_risk_text": TIKTOK_SPAM_CAPTION_ERROR_MEANING,
    "spam_risk_too_many_posts": PlatformErrorMeaning(
        PostPreparationExpired,
        TIKTOK_ACCOUNT_DAY_QUOTA_ERROR_MEANING.code,
        TIKTOK_ACCOUNT_DAY_QUOTA_ERROR_MEANING.message,
        "quota",
    ),
    "spam_risk_user_banned_from_posting": TIKTOK_ACCOUNT_BANNED_ERROR_MEANING,
    "video_pull_failed": TIKTOK_FILES_NOT_FETCHED_ERROR_MEANING,
}


class TikTokErrorBody(msgspec.Struct):
    """The `error` of a response's envelope."""

    code: str = ""
    message: str = ""
    log_id: str = ""


def build_tiktok_error(answer: PlatformResponse, body: TikTokErrorBody) -> PlatformError:
    """Return the `PlatformError` for a failed TikTok response, by its error code, or else by its status.

    `PostOutcomeUnknown` for an irreversible call if the code doesn't prove that no post exists.
    """
    meaning = TIKTOK_ERROR_MEANINGS.get(body.code) or choose_tiktok_error_meaning_by_status(answer)
    quote = f"TikTok: {quote_tiktok_error(answer, body)}"
    if answer.irreversible and not meaning.proves:
        return PostOutcomeUnknown("ANSWER_UNCLEAR", f"the post may be live ({quote})")
    after_s = http.read_platform_cooldown_s(answer.headers, reset="X-RateLimit-Reset")
    return meaning.build_error(
        quote,
        after_s=after_s if meaning is TIKTOK_RATE_LIMITED_MEANING else max(after_s or 0.0, TIKTOK_QUOTA_COOLDOWN_S),
    )


def choose_tiktok_error_meaning_by_status(answer: PlatformResponse) -> PlatformErrorMeaning:
    """Return the meaning of a TikTok error with an unlisted code, by the response's HTTP status."""
    if answer.status == 429:
        return TIKTOK_RATE_LIMITED_MEANING
    if answer.status == 401:
        return TIKTOK_TOKEN_EXPIRED_ERROR_MEANING
    return TIKTOK_REFUSED_MEANING if answer.was_refused_before_write or answer.ok else TIKTOK_RETRYABLE_ERROR_MEANING


def build_tiktok_fail_reason_error(reason: str) -> PlatformRefusal | PostPreparationExpired:
    """Return the error for a TikTok post with the status FAILED, by its fail reason.

    An unknown reason gives a final `PlatformRefusal`.
    """
    meaning = TIKTOK_FAIL_REASON_MEANINGS.get(reason, TIKTOK_REFUSED_MEANING)
    error = meaning.build_error(f"TikTok: {keep_safe_characters_of_tiktok_code(reason) or 'no reason given'}")
    assert isinstance(error, PlatformRefusal | PostPreparationExpired)  # noqa: S101  the table has no others
    return error


def quote_tiktok_error(answer: PlatformResponse, body: TikTokErrorBody) -> str:
    message = answer.quote_message(f"{body.code} {body.message}".strip() or f"status {answer.status}")
    log_id = keep_safe_characters_of_tiktok_code(body.log_id)
    return f"{message}, log {log_id}" if log_id else message


def keep_safe_characters_of_tiktok_code(word: str) -> str:
    """Return the ASCII letters, digits and `_-.` of a TikTok code or id, at most 80: a safe quote."""
    return "".join(letter for letter in word if letter.isascii() and (letter.isalnum() or letter in "_-."))[:80]
