"""What TikTok's refusals and fail reasons mean (research 5.1): one table for each.

Success is `error.code == "ok"`: some refusals come with status 200. What a refusal proves differs: one that
names a rule of TikTok's was decided before anything was accepted. One that says no more than that a request
was wrong, and one that nobody knows, is no proof where the call could have made the post.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from schemas.errors import (
    NotSent,
    OutcomeUnknown,
    Outdated,
    PlatformError,
    ReauthRequired,
    Rejected,
    Throttled,
    TokenExpired,
)
from schemas.errors.platforms import Category
from workers.platforms import http
from workers.platforms.http import Answer

#: TikTok opens a day's quota at a time that it doesn't tell: asked again so much later, in seconds.
QUOTA_REST_S = 3600.0
OK = "ok"


class Meaning(NamedTuple):
    """A refusal in our words; `proves`: nothing was made, whatever call it refuses."""

    error: type[PlatformError]
    code: str
    category: Category
    message: str
    proves: bool = True

    def make(self, words: str) -> PlatformError:
        return self.error(self.code, f"{self.message} ({words})", category=self.category)


EXPIRED = Meaning(TokenExpired, "TOKEN_EXPIRED", "auth", "the access token is of no more use")
SCOPE = Meaning(
    ReauthRequired,
    "SCOPE_MISSING",
    "auth",
    "the account didn't let us post: connect it again, all boxes ticked",
)
SLOW = Meaning(Throttled, "PLATFORM_RATE_LIMITED", "rate_limit", "TikTok asks for a rest")
DAY_CAP = Meaning(Throttled, "ACCOUNT_QUOTA", "quota", "TikTok takes no more posts of the account today")
APP_CAP = Meaning(Throttled, "APP_QUOTA", "quota", "our TikTok app posts for no more accounts today")
DRAFT_CAP = Meaning(
    NotSent,
    "DRAFTS_PENDING",
    "quota",
    "too many drafts wait in the account's inbox: its owner has to post or delete some",
)
BANNED = Meaning(Rejected, "ACCOUNT_BANNED", "account_issue", "TikTok lets the account post nothing")
RISKY = Meaning(Rejected, "SPAM_RISK", "platform_rejected", "TikTok takes the post for spam")
RISKY_TEXT = Meaning(
    Rejected, "SPAM_RISK", "platform_rejected", "TikTok takes the caption for spam: change the text"
)
PRIVACY = Meaning(
    Rejected, "PRIVACY_NOT_OFFERED", "user_content", "the account can't post for those who are to see it"
)
UNAUDITED = Meaning(
    Rejected,
    "APP_UNAUDITED",
    "config",
    "until TikTok has audited our app it posts to private accounts only, with privacyLevel private",
)
UNVERIFIED = Meaning(
    Rejected,
    "PULL_DOMAIN_UNVERIFIED",
    "config",
    "TikTok fetches photos from verified addresses only: the operator has to verify PUBLIC_URL with "
    "TikTok's app (docs/howto/connect-tiktok.md)",
)
WRONG = Meaning(Rejected, "PLATFORM_REJECTED", "platform_rejected", "TikTok refuses it", proves=False)
BROKEN = Meaning(NotSent, "PLATFORM_FAILED", "network", "TikTok failed; it is tried again", proves=False)
UNKNOWN_POST = Meaning(NotSent, "POST_UNKNOWN", "unknown", "TikTok doesn't know the post")

REFUSALS: Mapping[str, Meaning] = {
    "access_token_invalid": EXPIRED,
    "scope_not_authorized": SCOPE,
    "scope_permission_missed": SCOPE,
    "rate_limit_exceeded": SLOW,
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
    "invalid_param": WRONG,
    "invalid_params": WRONG,
    "not_found": WRONG,
    "publish_not_cancellable": WRONG,
    "internal": BROKEN,
    "internal_error": BROKEN,
}

FORMAT = Meaning(Rejected, "MEDIA_REFUSED", "user_content", "TikTok can't use the format of a file")
FRAMES = Meaning(
    Rejected, "MEDIA_REFUSED", "user_content", "TikTok can't use the video: it takes 23 to 60 frames a second"
)
SIZE = Meaning(
    Rejected,
    "MEDIA_REFUSED",
    "user_content",
    "TikTok can't use a picture of this size: it takes 360 to 4,096 pixels, and photos up to 1,080 by 1,920",
)
LENGTH = Meaning(Rejected, "MEDIA_TOO_LONG", "user_content", "the video is too short or too long for TikTok")
CANCELED = Meaning(
    Rejected, "PUBLISH_CANCELED", "platform_rejected", "the post was canceled or deleted before it was live"
)
UNPULLED = Meaning(
    Outdated,
    "MEDIA_NOT_FETCHED",
    "network",
    "TikTok could not fetch the post's files from us; it is tried again",
)
#: The token is gone too: the next attempt finds out, and the post waits for its account's owner.
REMOVED = Meaning(Outdated, "ACCESS_REMOVED", "auth", "the account's owner took our access away meanwhile")
FULL = Meaning(Outdated, DAY_CAP.code, "quota", DAY_CAP.message)
STUMBLED = Meaning(Outdated, BROKEN.code, "network", BROKEN.message)

#: Of a post whose status is FAILED: `Outdated` is prepared and sent anew.
FAIL_REASONS: Mapping[str, Meaning] = {
    "auth_removed": REMOVED,
    "duration_check_failed": LENGTH,
    "file_format_check_failed": FORMAT,
    "frame_rate_check_failed": FRAMES,
    "internal": STUMBLED,
    "photo_pull_failed": UNPULLED,
    "picture_size_check_failed": SIZE,
    "publish_cancelled": CANCELED,
    "spam_risk": RISKY,
    "spam_risk_text": RISKY_TEXT,
    "spam_risk_too_many_posts": FULL,
    "spam_risk_user_banned_from_posting": BANNED,
    "video_pull_failed": UNPULLED,
}


class Told(msgspec.Struct):
    """The envelope's `error`."""

    code: str = ""
    message: str = ""
    log_id: str = ""


def refusal(answer: Answer, told: Told) -> PlatformError:
    """What an answer means that is not `ok`."""
    meaning, words = REFUSALS.get(told.code) or by_status(answer), f"TikTok: {quoted(answer, told)}"
    if answer.irreversible and not meaning.proves:
        return OutcomeUnknown("ANSWER_UNCLEAR", f"the post may be live all the same ({words})")
    error = meaning.make(words)
    if isinstance(error, Throttled):
        asked_s = http.rest_s(answer.headers, reset="X-RateLimit-Reset")
        error.after_s = asked_s if meaning is SLOW else max(asked_s or 0.0, QUOTA_REST_S)
    return error


def by_status(answer: Answer) -> Meaning:
    """Of a code that is not in the table."""
    if answer.status == 429:
        return SLOW
    if answer.status == 401:
        return EXPIRED
    return WRONG if answer.settled or answer.ok else BROKEN


def failure(reason: str) -> Rejected | Outdated:
    """Why a post has FAILED; a reason that nobody knows is TikTok's last word."""
    meaning = FAIL_REASONS.get(reason, WRONG)
    made = meaning.make(f"TikTok: {plain(reason) or 'no reason given'}")
    assert isinstance(made, Rejected | Outdated)  # noqa: S101  What the table holds.
    return made


def quoted(answer: Answer, told: Told) -> str:
    said = answer.quoted(f"{told.code} {told.message}".strip() or f"status {answer.status}")
    log_id = plain(told.log_id)
    return f"{said}, log {log_id}" if log_id else said


def plain(word: str) -> str:
    """A word of TikTok's as a part of ours."""
    return "".join(letter for letter in word if letter.isascii() and (letter.isalnum() or letter in "_-."))[
        :80
    ]
