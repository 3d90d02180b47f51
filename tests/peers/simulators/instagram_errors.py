"""Instagram's refusals: codes, subcodes and texts.

Publishing errors follow its reference (Instagram Platform, Error Codes), token and rate limit errors the
Graph API's. Known only from third-party reports: 2207008 for a second publish of a container, the video error
codes besides 2207026, and the HTTP status of a rate limit. The error for 400 containers within a day is a
guess.
"""

import json
import secrets
from typing import Any, NamedTuple

import msgspec

from tests.peers.simulators.routing import SimReply, as_json


class Refusal(NamedTuple):
    """One error. `regain_min`: minutes until a rate limit accepts calls again, for the usage headers."""

    code: int
    subcode: int | None
    message: str
    title: str = ""
    text: str = ""
    status: int = 400
    transient: bool = False
    kind: str = "OAuthException"
    regain_min: int | None = None


class Denied(Exception):
    """Raised to end a call with a refusal: `Denied("caption_too_long", length=2201)`."""

    def __init__(self, refusal: "str | Refusal", **words: object) -> None:
        super().__init__(refusal)
        self.refusal = named(refusal, **words) if isinstance(refusal, str) else refusal


def named(name: str, **words: object) -> Refusal:
    """Return a refusal of `REFUSALS` with its blanks filled; unfilled blanks stay."""
    found, blanks = REFUSALS[name], _Blanks(words)
    return found._replace(message=found.message.format_map(blanks), text=found.text.format_map(blanks))


def envelope(refusal: Refusal, trace: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "message": refusal.message,
        "type": refusal.kind,
        "code": refusal.code,
        "is_transient": refusal.transient,
        "fbtrace_id": trace,
    }
    if refusal.subcode is not None:
        said["error_subcode"] = refusal.subcode
    if refusal.text:
        said |= {"error_user_title": refusal.title or refusal.message, "error_user_msg": refusal.text}
    return {"error": said}


class _Blanks(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return f"({name})"


def _token(subcode: int | None, why: str) -> Refusal:
    return Refusal(190, subcode, f"Error validating access token: {why}")


def _limit(code: int, message: str, *, status: int = 400, subcode: int | None = None) -> Refusal:
    return Refusal(code, subcode, message, status=status, transient=True, regain_min=19)


def _media(code: int, subcode: int, title: str, text: str, *, transient: bool = False) -> Refusal:
    return Refusal(code, subcode, title, title, text, transient=transient)


# fmt: off
_TOKENS = {
    "no_token": Refusal(104, None, "An access token is required to request this resource."),
    "unknown_token": Refusal(190, None, "Invalid OAuth access token - Cannot parse access token"),
    "expired": _token(463, "Session has expired. The current time is after it."),
    "password_changed": _token(460,
        "The session has been invalidated because the user changed their password or Facebook has changed"
        " the session for security reasons."),
    "app_removed": _token(458, "The user has not authorized application {app}."),
    "checkpoint": _token(459,
        "You cannot access the app till you log in to www.instagram.com and follow the instructions given."),
    "session_invalidated": _token(33, "The session has been invalidated."),
    "code_reused": _token(None, "The session was taken back, since its authorization code was used twice."),
    "too_young": _token(None, "The access token must be at least 24 hours old to be refreshed."),
    "not_long_lived": _token(None, "Only a long-lived access token can be refreshed."),
    "not_short_lived": _token(None, "Only a short-lived access token can be exchanged."),
    "wrong_secret": Refusal(1, None, "Error validating client secret."),
    "no_permission": Refusal(10, None, "(#10) Application does not have permission for this action",
        status=403),
}

_LIMITS = {
    "app_limit": _limit(4, "(#4) Application request limit reached", status=403),
    "user_limit": _limit(17, "(#17) User request limit reached", subcode=2446079),
    "page_limit": _limit(32, "(#32) Page request limit reached"),
    "custom_limit": _limit(613, "(#613) Calls to this api have exceeded the rate limit."),
    "business_limit": _limit(80002,
        "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again."),
    "daily_limit": _media(9, 2207042, "Application request limit reached",
        "You reached maximum number of posts that is allowed to be published by Content Publishing API."),
    "container_limit": Refusal(9, None, "(#9) Only {most} containers can be created within 24 hours."),
}

_CALLS = {
    "unknown_object": Refusal(100, 33,
        "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation", kind="GraphMethodException"),
    "no_version": Refusal(2500, None, "The call names no version of the Graph API."),
    "ended_version": Refusal(2635, None, "Version {version} has ended."),
    "unknown_path": Refusal(2500, None, "Unknown path components."),
    "few_viewers": Refusal(10, None, "(#10) Not enough viewers for the media to show insights"),
    "unknown_field": Refusal(100, None, "(#100) Tried accessing nonexisting field ({field})"),
    "parameter": Refusal(100, None, "(#100) {why}"),
    "unknown_error": Refusal(1, None, "An unknown error has occurred.", status=500, transient=True),
    "unavailable": Refusal(2, None, "Service temporarily unavailable", status=503, transient=True),
}

_CREATING = {
    "unknown_type": _media(100, 2207023, "Media type unknown", "The media type {type} is unknown."),
    "video_gone": _media(100, 2207067, "Media type not supported",
        "The VIDEO value for media_type is no longer supported; use REELS."),
    "carousel_size": _media(100, 2207028, "Carousel can't be published",
        "Your post won't work as a carousel. Carousels need at least 2 photos/videos and no more than 10 "
        "photos/videos."),
    "too_many_tags": _media(100, 2207040, "Too many tags", "Cannot use more than 20 tags per created media."),
    "caption_too_long": _media(36004, 2207010, "Caption too long",
        "The submitted image's caption was {length} characters long. The maximum number of characters "
        "permitted for a caption is 2200. Please submit media with a shorter caption."),
    "too_many_hashtags": _media(36004, 2207010, "Caption too long",
        "A caption may have at most 30 hashtags; it has {count}."),
}

_FILES = {
    "fetch_slow": _media(-2, 2207003, "Download timed out", "It takes too long to download the media.",
        transient=True),
    "fetch_gone": _media(-2, 2207020, "Media expired",
        "The media you are trying to access has expired. Please try to upload again."),
    "fetch_failed": _media(9004, 2207052, "Only photo or video can be accepted as media type.",
        "The media could not be fetched from this uri: {uri}"),
    "image_too_large": _media(36000, 2207004, "Image size too large",
        "The image is too large to download. It should be less than 8 MiB."),
    "image_format": _media(36001, 2207005, "Image format not supported",
        "The image format {format} is not supported. Supported formats are: JPEG."),
    "image_aspect": _media(36003, 2207009, "Aspect ratio not supported",
        "The submitted image with aspect ratio {ratio} cannot be published. Please submit an image with a"
        " valid aspect ratio."),
    "video_unprocessed": _media(352, 2207085, "Video can't be processed", "Could not process the video."),
    "video_format": _media(352, 2207026, "Video format not supported",
        "The video format is not supported. Please check spec for supported video format"),
    "video_unusable": _media(-1, 2207077, "Media upload has failed", "The video can't be used: {why}"),
    "create_failed": _media(-1, 2207032, "Create media fail",
        "Create media fail, please try to re-create media", transient=True),
}

_PUBLISHING = {
    "not_ready": _media(9007, 2207027, "Media ID is not available",
        "The media is not ready for publishing, please wait for a moment"),
    "media_not_found": _media(24, 2207006, "Media not found", "The media with {id} cannot be found"),
    "builder_gone": _media(24, 2207008, "The requested resource does not exist",
        "The media builder with creation id = {id} does not exist or has been expired."),
    "restricted": _media(25, 2207050, "Account restricted", "The Instagram account is restricted."),
    "action_blocked": _media(4, 2207051, "Action is blocked",
        "We restrict certain activity to protect our community. Tell us if you think we made a mistake."),
    "server_error": _media(-1, 2207001, "Instagram server error", "Instagram server error. Try again."),
}
# fmt: on

#: Refusals by their names in the control API.
REFUSALS = _TOKENS | _LIMITS | _CALLS | _CREATING | _FILES | _PUBLISHING


_LITTLE, _ALL = 3, 100
#: Limits of the whole application; an account's limit also has the minutes until its end.
_APP_WIDE = frozenset({4, 17, 32})


def error_response(refusal: Refusal, user_id: str | None) -> SimReply:
    answer = as_json(envelope(refusal, f"A{secrets.token_urlsafe(16)}"), refusal.status)
    if refusal.regain_min is None:
        return with_usage(answer, user_id)
    app_wide = refusal.code in _APP_WIDE
    return with_usage(answer, user_id, app=_ALL if app_wide else _LITTLE, regain_min=refusal.regain_min)


def with_usage(answer: SimReply, user_id: str | None, *, app: int = _LITTLE, regain_min: int | None = None) -> SimReply:
    """Add the usage headers, in percent of an hour's calls; `regain_min`: the account is over its limit."""
    headers = {**answer.headers, "X-App-Usage": json.dumps(_usage(app))}
    if user_id:
        full = regain_min is not None and app < _ALL
        own = {"type": "instagram", **_usage(_ALL if full else _LITTLE)}
        own["estimated_time_to_regain_access"] = regain_min if full and regain_min else 0
        headers["X-Business-Use-Case-Usage"] = json.dumps({user_id: [own]})
    return msgspec.structs.replace(answer, headers=headers)


def _usage(most: int) -> dict[str, int | str]:
    return {"call_count": most, "total_cputime": most // 4, "total_time": most // 4}
