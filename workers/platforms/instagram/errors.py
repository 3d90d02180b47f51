"""Instagram's refusals, and what each proves (its reference of error codes; research 5.2).

A subcode says more than its code, so it goes first. What a publish is refused with proves little: only a
refusal that is known to come before the write says that nothing is live.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import httpx
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

#: A limit whose end isn't said: that of an hour's calls, and of a day's posts.
CALLS_S, DAY_S = 300.0, 900.0
USAGE = "X-Business-Use-Case-Usage"
CONNECT = "connect the account again"


class Meaning(NamedTuple):
    """`category` is a `Rejected`'s, `after_s` a `Throttled`'s where the answer has no time of its own."""

    kind: type[PlatformError]
    code: str
    message: str
    category: Category = "user_content"
    after_s: float | None = None


class Error(msgspec.Struct):
    """What the Graph API says no with. `error_user_msg` is meant for a person."""

    message: str = ""
    code: int = 0
    error_subcode: int | None = None
    error_user_msg: str = ""
    is_transient: bool = False


class Refusal(msgspec.Struct):
    error: Error


def _limit(message: str, after_s: float = CALLS_S, code: str = "PLATFORM_RATE_LIMITED") -> Meaning:
    return Meaning(Throttled, code, message, after_s=after_s)


def _again(message: str, code: str = "MEDIA_FAILED") -> Meaning:
    """What was prepared is of no more use."""
    return Meaning(Outdated, code, message)


def _owner(message: str, code: str = "TOKEN_REFUSED") -> Meaning:
    return Meaning(ReauthRequired, code, f"{message}: {CONNECT}")


def _account(code: str, message: str) -> Meaning:
    return Meaning(Rejected, code, message, "account_issue")


def _content(code: str, message: str) -> Meaning:
    return Meaning(Rejected, code, message)


UNREADABLE = _content(
    "MEDIA_REFUSED", "Instagram can't use the video: it has to be MP4 or MOV, H.264 or HEVC"
)
UNFETCHED = _again(
    "Instagram could not fetch the post's files from us, or not as an image or a video: it is tried again",
    "MEDIA_NOT_FETCHED",
)
UNMADE = _again("Instagram failed to make the post of its files: it is tried again")
GONE = _again("Instagram no longer has what was prepared: it is prepared again", "CONTAINER_GONE")
CALLED_TOO_OFTEN = _limit("Instagram asks for a rest")
USED_UP = _limit("the account has published as much as Instagram takes in a day", DAY_S, "QUOTA_USED_UP")
SUPPORT = Meaning(Rejected, "PLATFORM_REJECTED", "Instagram refuses how we ask", "platform_rejected")
SCOPE = _owner("the account didn't let us post", "SCOPE_MISSING")
CHECKPOINT = _account(
    "ACCOUNT_CHECKPOINT", "Instagram wants its owner to log in to instagram.com and follow what it says there"
)
FAILED = Meaning(NotSent, "PLATFORM_FAILED", "Instagram failed: it is tried again")
TOO_EARLY = Meaning(NotSent, "MEDIA_PROCESSING", "Instagram still works on the post's files")

#: Of publishing, each with its own code; the same ones say in a container's status what it failed with.
SUBCODES: Mapping[int, Meaning] = {
    2207001: FAILED,
    2207003: UNFETCHED,
    2207004: _content("MEDIA_TOO_LARGE", "an image is larger than the 8 MiB that Instagram takes"),
    2207005: _content("MEDIA_REFUSED", "Instagram takes images of JPEG alone"),
    2207006: GONE,
    2207008: GONE,
    2207009: _content("MEDIA_ASPECT", "Instagram takes no image narrower than 4:5 or wider than 1.91:1"),
    2207010: _content(
        "CAPTION_REFUSED", "Instagram takes 2,200 characters and 30 hashtags: shorten the caption"
    ),
    2207020: UNFETCHED,
    2207023: SUPPORT,
    2207026: UNREADABLE,
    2207027: TOO_EARLY,
    2207028: _content("MEDIA_TOO_MANY", "Instagram takes 2 to 10 images in a carousel"),
    2207032: UNMADE,
    2207035: SUPPORT,
    2207036: SUPPORT,
    2207037: SUPPORT,
    2207040: _content("CAPTION_REFUSED", "Instagram takes 20 mentions: leave some out of the caption"),
    2207042: USED_UP,
    2207050: _account("ACCOUNT_RESTRICTED", "Instagram has restricted the account: look what it says there"),
    2207051: Meaning(NotSent, "ACTION_BLOCKED", "Instagram takes it for spam, for now: it is tried again"),
    2207052: UNFETCHED,
    2207053: UNMADE,
    2207057: SUPPORT,
    2207067: SUPPORT,
    2207076: UNMADE,
    2207077: UNREADABLE,
    2207082: UNREADABLE,
}

#: Of the code 190.
TOKENS: Mapping[int, Meaning] = {
    33: _owner("Instagram has ended the session"),
    458: _owner("its owner has taken our access back", "ACCESS_REMOVED"),
    459: CHECKPOINT,
    460: _owner("its owner has another password by now"),
    463: _owner("our access has ended", "TOKEN_ENDED"),
    464: CHECKPOINT,
    467: _owner("Instagram refuses the token"),
    490: CHECKPOINT,
    492: _owner("Instagram has ended the session"),
}
#: A token that is refused without a reason may do once it is refreshed; if it doesn't, the refresh says so.
TOKEN = Meaning(TokenExpired, "TOKEN_REFUSED", "Instagram refuses the token")
BAD_TOKEN = 190

CODES: Mapping[int, Meaning] = {
    1: FAILED,
    2: FAILED,
    4: CALLED_TOO_OFTEN,
    9: USED_UP,
    10: SCOPE,
    17: CALLED_TOO_OFTEN,
    24: GONE,
    25: SUBCODES[2207050],
    32: CALLED_TOO_OFTEN,
    100: SUPPORT,
    102: _owner("Instagram has ended the session"),
    104: _owner("Instagram wants a token"),
    352: UNREADABLE,
    368: _account("ACCOUNT_BLOCKED", "Instagram has blocked the account's posts: look what it says there"),
    613: CALLED_TOO_OFTEN,
    2500: SUPPORT,
    9004: UNFETCHED,
    9007: TOO_EARLY,
    36000: SUBCODES[2207004],
    36001: SUBCODES[2207005],
    36003: SUBCODES[2207009],
    36004: SUBCODES[2207010],
    80002: CALLED_TOO_OFTEN,
} | dict.fromkeys(range(200, 300), SCOPE)
UNKNOWN_OBJECT = (100, 33)


def refusal(answer: Answer) -> PlatformError:
    """What an answer that isn't a 2xx means."""
    try:
        error = msgspec.json.decode(answer.body, type=Refusal).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _unlisted(answer, Error(message=f"status {answer.status}"))  # of a proxy before Instagram
    meaning = meaning_of(error)
    if meaning is None:
        return _unlisted(answer, error)
    if answer.irreversible and not proves(meaning):
        return _unclear(answer, error)
    return said(meaning, words=words_of(answer, error), rest_s=rest_s(answer.headers))


def proves(meaning: Meaning) -> bool:
    """That nothing is live, of a publish: one that says no more than that the request was wrong doesn't."""
    return meaning is TOO_EARLY or not (meaning is SUPPORT or issubclass(meaning.kind, NotSent))


def meaning_of(error: Error) -> Meaning | None:
    """None: no such code is known."""
    code, subcode = error.code, error.error_subcode or 0
    if code == BAD_TOKEN:
        return CHECKPOINT if "checkpoint" in error.message.lower() else TOKENS.get(subcode, TOKEN)
    if (code, subcode) == UNKNOWN_OBJECT:
        return GONE
    return SUBCODES.get(subcode) or CODES.get(code)


def said(meaning: Meaning, *, words: str = "", rest_s: float | None = None) -> PlatformError:
    """The error itself; what is refused for good quotes Instagram's own `words`."""
    if meaning.kind is Throttled:
        return Throttled(meaning.code, meaning.message, after_s=rest_s or meaning.after_s)
    if meaning.kind is not Rejected:
        return meaning.kind(meaning.code, meaning.message)
    message = f"{meaning.message} ({words})" if words else meaning.message
    return Rejected(meaning.code, message, category=meaning.category)


def rest_s(headers: httpx.Headers) -> float | None:
    """The longest of the waits that the account's usage names (minutes, by account and kind of use)."""
    with suppress(msgspec.MsgspecError):
        uses: dict[str, list[dict[str, Any]]] = msgspec.json.decode(
            headers.get(USAGE, "{}"), type=dict[str, list[dict[str, Any]]]
        )
        waits = [use.get("estimated_time_to_regain_access") for each in uses.values() for use in each]
        longest = max((wait for wait in waits if isinstance(wait, int) and wait > 0), default=0)
        return min(longest * 60, http.LONGEST_REST_S) or None
    return None


def _unlisted(answer: Answer, error: Error) -> PlatformError:
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        return said(CALLED_TOO_OFTEN, rest_s=rest_s(answer.headers))
    if answer.irreversible:
        return _unclear(answer, error)
    if error.is_transient or not answer.settled:
        return said(FAILED)
    message = (
        f"Instagram refuses it: {words_of(answer, error)} (code {error.code}, {error.error_subcode or 0})"
    )
    return Rejected("PLATFORM_REJECTED", message, category="platform_rejected")


def _unclear(answer: Answer, error: Error) -> OutcomeUnknown:
    words = words_of(answer, error)
    return OutcomeUnknown("ANSWER_UNCLEAR", f"Instagram says, and the post may be live all the same: {words}")


def words_of(answer: Answer, error: Error) -> str:
    """Instagram's own, without what is secret of what it was asked."""
    return answer.quoted(error.error_user_msg or error.message)
