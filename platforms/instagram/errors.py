"""Errors of Instagram: the meanings of its codes and subcodes, and the proof in each.

A subcode is more specific than its code, so it has precedence. An error of the publish proves the post's
absence only if it is known to precede the write
(developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes, 2026-11).
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import httpx
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

#: Seconds of the cooldown after a limit of calls an hour without a stated end.
INSTAGRAM_CALL_LIMIT_COOLDOWN_S = 300.0
#: Seconds of the cooldown after a limit of posts a day without a stated end.
INSTAGRAM_DAY_LIMIT_COOLDOWN_S = 900.0
META_USAGE_HEADER = "X-Business-Use-Case-Usage"
CONNECT_AGAIN_ADVICE = "connect the account again"


class GraphErrorDetails(msgspec.Struct):
    """The Graph API's error. `error_user_msg` is meant for a person."""

    message: str = ""
    code: int = 0
    error_subcode: int | None = None
    error_user_msg: str = ""
    is_transient: bool = False


class GraphErrorBody(msgspec.Struct):
    error: GraphErrorDetails


def _build_prepare_again_meaning(message: str, code: str = "MEDIA_FAILED") -> PlatformErrorMeaning:
    """Return the meaning of an error after which a post is prepared again; it doesn't prove that no post exists."""
    return PlatformErrorMeaning(PostPreparationExpired, code, message, proves=False)


def _build_reauth_meaning(message: str, code: str = "TOKEN_REFUSED") -> PlatformErrorMeaning:
    return PlatformErrorMeaning(AccountReauthRequired, code, f"{message}: {CONNECT_AGAIN_ADVICE}")


_build_account_issue_meaning = partial(PlatformErrorMeaning, PlatformRefusal, category="account_issue")
_build_content_rejected_meaning = partial(PlatformErrorMeaning, PlatformRefusal)

INSTAGRAM_VIDEO_UNREADABLE_ERROR_MEANING = _build_content_rejected_meaning(
    "MEDIA_REFUSED", "Instagram can't use the video: it has to be MP4 or MOV, H.264 or HEVC"
)
INSTAGRAM_FILES_NOT_FETCHED_ERROR_MEANING = _build_prepare_again_meaning(
    "Instagram could not fetch the post's files, or not as an image or a video: the post is prepared again",
    "MEDIA_NOT_FETCHED",
)
INSTAGRAM_PROCESSING_FAILED_ERROR_MEANING = _build_prepare_again_meaning(
    "Instagram failed to process the post's files: the post is prepared again"
)
INSTAGRAM_CONTAINER_GONE_ERROR_MEANING = _build_prepare_again_meaning(
    "Instagram no longer has the prepared post: it is prepared again", "CONTAINER_GONE"
)
#: Meta reports this for existing containers, too (Postiz #1562, 2026-05): `containers.run_media_container_step`
#: polls again first.
INSTAGRAM_CONTAINER_ABSENT_ERROR_MEANING = _build_prepare_again_meaning(
    "Instagram does not find the prepared post: it is prepared again", "CONTAINER_UNKNOWN"
)
INSTAGRAM_RATE_LIMITED_ERROR_MEANING = PlatformErrorMeaning(
    PlatformThrottled,
    "PLATFORM_RATE_LIMITED",
    "Instagram limits the rate of calls",
    after_s=INSTAGRAM_CALL_LIMIT_COOLDOWN_S,
)
INSTAGRAM_DAILY_POST_LIMIT_ERROR_MEANING = PlatformErrorMeaning(
    PlatformThrottled,
    "QUOTA_USED_UP",
    "the account has used up Instagram's daily limit of posts",
    after_s=INSTAGRAM_DAY_LIMIT_COOLDOWN_S,
)
INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "PLATFORM_REJECTED", "Instagram refuses the request", "platform_rejected", proves=False
)
INSTAGRAM_SCOPE_MISSING_ERROR_MEANING = _build_reauth_meaning("the account gave no permission to post", "SCOPE_MISSING")
INSTAGRAM_CHECKPOINT_ERROR_MEANING = _build_account_issue_meaning(
    "ACCOUNT_CHECKPOINT", "its owner has to log in to instagram.com and follow the instructions there"
)
INSTAGRAM_RETRYABLE_FAILURE_MEANING = PlatformErrorMeaning(
    PostNotSent, "PLATFORM_FAILED", "Instagram failed: the call is repeated", proves=False
)
INSTAGRAM_STILL_PROCESSING_ERROR_MEANING = PlatformErrorMeaning(
    PostNotSent, "MEDIA_PROCESSING", "Instagram still processes the post's files"
)

#: Subcodes of publishing, also part of a failed container's status.
INSTAGRAM_ERROR_MEANINGS_BY_SUBCODE: Mapping[int, PlatformErrorMeaning] = {
    2207001: INSTAGRAM_RETRYABLE_FAILURE_MEANING,
    2207003: INSTAGRAM_FILES_NOT_FETCHED_ERROR_MEANING,
    2207004: _build_content_rejected_meaning("MEDIA_TOO_LARGE", "an image is larger than Instagram's limit of 8 MiB"),
    2207005: _build_content_rejected_meaning("MEDIA_REFUSED", "Instagram accepts only JPEG images"),
    2207006: INSTAGRAM_CONTAINER_GONE_ERROR_MEANING,
    2207008: INSTAGRAM_CONTAINER_GONE_ERROR_MEANING,
    2207009: _build_content_rejected_meaning(
        "MEDIA_ASPECT", "Instagram accepts no image narrower than 4:5 or wider than 1.91:1"
    ),
    2207010: _build_content_rejected_meaning(
        "CAPTION_REFUSED", "Instagram accepts 2,200 characters and 30 hashtags: shorten the caption"
    ),
    2207020: INSTAGRAM_FILES_NOT_FETCHED_ERROR_MEANING,
    2207023: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    2207026: INSTAGRAM_VIDEO_UNREADABLE_ERROR_MEANING,
    2207027: INSTAGRAM_STILL_PROCESSING_ERROR_MEANING,
    2207028: _build_content_rejected_meaning("MEDIA_TOO_MANY", "Instagram accepts 2 to 10 images in a carousel"),
    2207032: INSTAGRAM_PROCESSING_FAILED_ERROR_MEANING,
    2207035: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    2207036: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    2207037: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    2207040: _build_content_rejected_meaning(
        "CAPTION_REFUSED", "Instagram accepts 20 mentions: leave some out of the caption"
    ),
    2207042: INSTAGRAM_DAILY_POST_LIMIT_ERROR_MEANING,
    2207050: _build_account_issue_meaning(
        "ACCOUNT_RESTRICTED", "Instagram has restricted the account: follow the instructions there"
    ),
    2207051: PlatformErrorMeaning(
        PostNotSent, "ACTION_BLOCKED", "Instagram blocks the post as spam for now: it is repeated", proves=False
    ),
    2207052: INSTAGRAM_FILES_NOT_FETCHED_ERROR_MEANING,
    2207053: INSTAGRAM_PROCESSING_FAILED_ERROR_MEANING,
    2207057: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    2207067: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    2207076: INSTAGRAM_PROCESSING_FAILED_ERROR_MEANING,
    2207077: INSTAGRAM_VIDEO_UNREADABLE_ERROR_MEANING,
    2207082: INSTAGRAM_VIDEO_UNREADABLE_ERROR_MEANING,
    2207085: INSTAGRAM_VIDEO_UNREADABLE_ERROR_MEANING,
}

#: Subcodes of the code 190.
INSTAGRAM_TOKEN_ERROR_MEANINGS: Mapping[int, PlatformErrorMeaning] = {
    33: _build_reauth_meaning("Instagram has ended the session"),
    458: _build_reauth_meaning("its owner has revoked the access", "ACCESS_REMOVED"),
    459: INSTAGRAM_CHECKPOINT_ERROR_MEANING,
    460: _build_reauth_meaning("its owner has changed the password"),
    463: _build_reauth_meaning("the access has expired", "TOKEN_ENDED"),
    464: INSTAGRAM_CHECKPOINT_ERROR_MEANING,
    467: _build_reauth_meaning("Instagram refuses the token"),
    490: INSTAGRAM_CHECKPOINT_ERROR_MEANING,
    492: _build_reauth_meaning("Instagram has ended the session"),
}
#: A token refused without a reason may work after a refresh; if not, the refresh's error has the reason.
INSTAGRAM_TRY_REFRESH_MEANING = PlatformErrorMeaning(AccessTokenExpired, "TOKEN_REFUSED", "Instagram refuses the token")
GRAPH_BAD_TOKEN_CODE = 190

INSTAGRAM_ERROR_MEANINGS_BY_CODE: Mapping[int, PlatformErrorMeaning] = {
    1: INSTAGRAM_RETRYABLE_FAILURE_MEANING,
    2: INSTAGRAM_RETRYABLE_FAILURE_MEANING,
    4: INSTAGRAM_RATE_LIMITED_ERROR_MEANING,
    9: INSTAGRAM_DAILY_POST_LIMIT_ERROR_MEANING,
    10: INSTAGRAM_SCOPE_MISSING_ERROR_MEANING,
    17: INSTAGRAM_RATE_LIMITED_ERROR_MEANING,
    24: INSTAGRAM_CONTAINER_GONE_ERROR_MEANING,
    25: INSTAGRAM_ERROR_MEANINGS_BY_SUBCODE[2207050],
    32: INSTAGRAM_RATE_LIMITED_ERROR_MEANING,
    100: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    102: _build_reauth_meaning("Instagram has ended the session"),
    104: _build_reauth_meaning("Instagram requires a token"),
    352: INSTAGRAM_VIDEO_UNREADABLE_ERROR_MEANING,
    368: _build_account_issue_meaning(
        "ACCOUNT_BLOCKED", "Instagram has blocked the account's posts: follow the instructions there"
    ),
    613: INSTAGRAM_RATE_LIMITED_ERROR_MEANING,
    2500: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    2635: INSTAGRAM_REQUEST_REFUSED_ERROR_MEANING,
    9004: INSTAGRAM_FILES_NOT_FETCHED_ERROR_MEANING,
    9007: INSTAGRAM_STILL_PROCESSING_ERROR_MEANING,
    36000: INSTAGRAM_ERROR_MEANINGS_BY_SUBCODE[2207004],
    36001: INSTAGRAM_ERROR_MEANINGS_BY_SUBCODE[2207005],
    36003: INSTAGRAM_ERROR_MEANINGS_BY_SUBCODE[2207009],
    36004: INSTAGRAM_ERROR_MEANINGS_BY_SUBCODE[2207010],
    80002: INSTAGRAM_RATE_LIMITED_ERROR_MEANING,
} | dict.fromkeys(range(200, 300), INSTAGRAM_SCOPE_MISSING_ERROR_MEANING)
GRAPH_UNKNOWN_OBJECT_CODE_AND_SUBCODE = (100, 33)


def parse_graph_error(answer: PlatformResponse) -> PlatformError:
    """Return the `PlatformError` for an Instagram response other than a 2xx, by its code and subcode.

    `PostOutcomeUnknown` for an irreversible call if the code doesn't prove that no post exists.
    """
    try:
        error = msgspec.json.decode(answer.body, type=GraphErrorBody).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _build_unlisted_code_error(
            answer, GraphErrorDetails(message=f"status {answer.status}")
        )  # of a proxy before Instagram
    meaning = find_graph_error_meaning(error)
    if meaning is None:
        return _build_unlisted_code_error(answer, error)
    if answer.irreversible and not meaning.proves:
        return _build_unclear_outcome_error(answer, error)
    return build_instagram_error(
        meaning, quote_graph_message(answer, error), after_s=parse_usage_header_cooldown_s(answer.headers)
    )


def find_graph_error_meaning(error: GraphErrorDetails) -> PlatformErrorMeaning | None:
    """Return the meaning of an Instagram error by its code and subcode; None if neither is in the tables."""
    code, subcode = error.code, error.error_subcode or 0
    if code == GRAPH_BAD_TOKEN_CODE:
        if "checkpoint" in error.message.lower():
            return INSTAGRAM_CHECKPOINT_ERROR_MEANING
        return INSTAGRAM_TOKEN_ERROR_MEANINGS.get(subcode, INSTAGRAM_TRY_REFRESH_MEANING)
    if (code, subcode) == GRAPH_UNKNOWN_OBJECT_CODE_AND_SUBCODE:
        return INSTAGRAM_CONTAINER_ABSENT_ERROR_MEANING
    return INSTAGRAM_ERROR_MEANINGS_BY_SUBCODE.get(subcode) or INSTAGRAM_ERROR_MEANINGS_BY_CODE.get(code)


def build_instagram_error(meaning: PlatformErrorMeaning, quote: str, *, after_s: float | None = None) -> PlatformError:
    """Return the `PlatformError` for the meaning of an Instagram error.

    Only a `PlatformRefusal` contains `quote`, Instagram's own message. `after_s` is the wait of a rate limit.
    """
    return meaning.build_error(quote if meaning.error is PlatformRefusal else "", after_s=after_s)


def parse_usage_header_cooldown_s(headers: httpx.Headers) -> float | None:
    """Return the longest wait in Meta's usage header, in seconds and at most a day.

    None if the header names no wait or is unreadable. The header lists minutes by account and kind.
    """
    with suppress(msgspec.MsgspecError):
        uses: dict[str, list[dict[str, Any]]] = msgspec.json.decode(
            headers.get(META_USAGE_HEADER, "{}"), type=dict[str, list[dict[str, Any]]]
        )
        waits = [use.get("estimated_time_to_regain_access") for use_list in uses.values() for use in use_list]
        longest = max((wait for wait in waits if isinstance(wait, int) and wait > 0), default=0)
        return min(longest * 60, http.MAX_PLATFORM_COOLDOWN_S) or None
    return None


def _build_unlisted_code_error(answer: PlatformResponse, error: GraphErrorDetails) -> PlatformError:
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        return INSTAGRAM_RATE_LIMITED_ERROR_MEANING.build_error(after_s=parse_usage_header_cooldown_s(answer.headers))
    if answer.irreversible:
        return _build_unclear_outcome_error(answer, error)
    if error.is_transient or not answer.was_refused_before_write:
        return INSTAGRAM_RETRYABLE_FAILURE_MEANING.build_error()
    numbers = f"code {error.code}, {error.error_subcode or 0}"
    message = f"Instagram refuses it: {quote_graph_message(answer, error)} ({numbers})"
    return PlatformRefusal("PLATFORM_REJECTED", message, category="platform_rejected")


def _build_unclear_outcome_error(answer: PlatformResponse, error: GraphErrorDetails) -> PostOutcomeUnknown:
    quote = quote_graph_message(answer, error)
    return PostOutcomeUnknown("ANSWER_UNCLEAR", f"the post may be live; Instagram's error: {quote}")


def quote_graph_message(answer: PlatformResponse, error: GraphErrorDetails) -> str:
    """Return Instagram's own message of an error as one short line, without the request's secrets."""
    return answer.quote_message(error.error_user_msg or error.message)
