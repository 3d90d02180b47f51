"""Limits of each platform, checked before a request is sent.

A figure from the account's own server (`traits`) overrides the platform's.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from platforms.description import AdditionalCaptionLimit, PlatformLimits, PrivacyLevel
from platforms.registry import PLATFORMS_BY_NAME
from schemas.accounts import PlatformName

#: Upper bounds of a platform's quota: posts, and seconds of its window. Sends are stored for longer than the
#: window.
MAX_ACCOUNT_QUOTA_POSTS, MAX_ACCOUNT_QUOTA_S = 1_000_000, 86_400


class PostFileToCheck(NamedTuple):
    """File of a post, as far as limits concern it."""

    kind: str
    mime_type: str
    size_bytes: int
    duration_ms: int | None


class PlatformLimitViolation(NamedTuple):
    """Reason for a platform to refuse a post, by its caption or its files."""

    code: str
    message: str


LIMITS_BY_PLATFORM: Mapping[str, PlatformLimits] = {
    description.api_name: description.limits for description in PLATFORMS_BY_NAME.values()
}

#: Fault code that a different caption resolves.
CAPTION_REFUSED_CODE = "CAPTION_REFUSED"
NO_PLATFORM_OBJECTION_TEXT = "ok"


def describe_objections_by_platform(caption: str, files: Sequence[PostFileToCheck]) -> dict[PlatformName, str]:
    """Return a text by platform: its objections to a caption with its files, by its own limits; `ok` if none."""
    faults_by_platform = {
        platform.name: find_post_objections(platform, {}, caption, files) for platform in LIMITS_BY_PLATFORM.values()
    }
    return {
        name: "; ".join(fault.message for fault in those) or NO_PLATFORM_OBJECTION_TEXT
        for name, those in faults_by_platform.items()
    }


def find_post_objections(
    platform: PlatformLimits, traits: Mapping[str, Any], caption: str, files: Sequence[PostFileToCheck]
) -> Iterator[PlatformLimitViolation]:
    """Yield the reasons for which a platform would refuse a post with this caption and these files."""
    for message in find_caption_objections(platform, account_caption_limit(platform, traits), caption):
        yield PlatformLimitViolation(CAPTION_REFUSED_CODE, message)
    if not files and not caption.strip():
        yield PlatformLimitViolation(CAPTION_REFUSED_CODE, "there is neither a caption nor a file")
    yield from find_media_objections(platform, traits, files)


def account_caption_limit(platform: PlatformLimits, traits: Mapping[str, Any]) -> int:
    """Return the longest caption of an account's posts: its own limit `traits.captionMax`, or the platform's."""
    return _positive_int_or_none(traits.get("captionMax")) or platform.caption_max


def find_caption_objections(platform: PlatformLimits, max_length: int, caption: str) -> Iterator[str]:
    """Yield the reasons for which a platform would refuse a caption; `max_length` is `account_caption_limit`."""
    length = AdditionalCaptionLimit("characters", max_length, platform.measure)
    for unit, limit, count in (length, *platform.caption_parts):
        if (amount := count(caption)) > limit:
            yield f"the caption has {amount} {unit} and {platform.name} takes {limit}: shorten it"


def max_media_bytes(platform: PlatformLimits, kind: str, traits: Mapping[str, Any]) -> int:
    """Return the most bytes of one file of the kind `kind`: the account's own limit (traits), or the platform's."""
    if kind == "image":
        return _positive_int_or_none(traits.get("imageBytesMax")) or platform.image_bytes
    return _positive_int_or_none(traits.get("videoBytesMax")) or platform.video_bytes


def account_quota_from_traits(traits: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return an account's own quota, as its platform reports it: posts, and the seconds of its window.

    They are `traits.quotaPosts` and `traits.quotaSeconds`. Returns None without both, or with one above
    `MAX_ACCOUNT_QUOTA_POSTS` or `MAX_ACCOUNT_QUOTA_S`: the ledger of sends can't count them.
    """
    posts, seconds = (
        _positive_int_or_none(traits.get("quotaPosts")),
        _positive_int_or_none(traits.get("quotaSeconds")),
    )
    if posts is None or seconds is None or posts > MAX_ACCOUNT_QUOTA_POSTS or seconds > MAX_ACCOUNT_QUOTA_S:
        return None
    return posts, seconds


def offered_privacy_levels(platform: PlatformLimits, traits: Mapping[str, Any]) -> list[PrivacyLevel]:
    """Return the privacy levels that an account offers for its posts, from `traits.privacyLevels`.

    Returns all levels of the platform if the traits have no such list; empty if the platform has no levels.
    """
    offered = traits.get("privacyLevels")
    if not isinstance(offered, list):
        return list(platform.privacy_levels)
    return [level for level in platform.privacy_levels if level in offered]


def find_privacy_level_objection(platform: PlatformLimits, offered: Sequence[str], level: str | None) -> str | None:
    """Return the objection to a privacy level, None if it is allowed; `offered` are the account's levels.

    `level` may be None if the platform has no levels, or the account offers only one.
    """
    if not platform.privacy_levels:
        return f"{platform.name} takes no privacyLevel" if level else None
    if not offered:
        return "the account offers no privacyLevel: connect it again once it may post"
    if level is None:
        return None if len(offered) == 1 else f"is required: choose one of {', '.join(offered)}"
    if level not in offered:
        return f"the account can't post for {level}: it offers {', '.join(offered)}"
    return None


def find_media_objections(
    platform: PlatformLimits, traits: Mapping[str, Any], files: Sequence[PostFileToCheck]
) -> Iterator[PlatformLimitViolation]:
    """Yield each fault for which the platform would refuse a post's files, alone or together, once."""
    name, kinds = platform.name, [file.kind for file in files]
    if not files and not platform.text_only:
        yield PlatformLimitViolation("MEDIA_MISSING", f"{name} takes no post without an image or a video")
    if len(set(kinds)) > 1:
        yield PlatformLimitViolation("MEDIA_MIXED", f"{name} takes images or a video, not both")
    for kind, limit in (("image", platform.images_max), ("video", 1)):
        if (count := kinds.count(kind)) > limit:
            yield PlatformLimitViolation("MEDIA_TOO_MANY", f"the content has {count} {kind}s and {name} takes {limit}")
    yield from dict.fromkeys(fault for file in files for fault in _find_post_file_faults(platform, traits, file))


def _find_post_file_faults(
    platform: PlatformLimits, traits: Mapping[str, Any], file: PostFileToCheck
) -> Iterator[PlatformLimitViolation]:
    if file.mime_type not in platform.mime_types:
        yield PlatformLimitViolation("MEDIA_REFUSED", f"{platform.name} takes no {file.mime_type}")
    limit = max_media_bytes(platform, file.kind, traits)
    if file.size_bytes > limit:
        yield PlatformLimitViolation(
            "MEDIA_TOO_LARGE", f"a file has {file.size_bytes} bytes and {platform.name} takes {limit}"
        )
    longest_s = _positive_int_or_none(traits.get("videoSecondsMax")) or platform.video_s
    if longest_s and file.duration_ms and file.duration_ms > longest_s * 1000:
        seconds = file.duration_ms / 1000
        yield PlatformLimitViolation(
            "MEDIA_TOO_LONG", f"the video has {seconds:.1f} s and {platform.name} takes {longest_s:.0f} here"
        )


def _positive_int_or_none(figure: object) -> int | None:
    return figure if isinstance(figure, int) and figure > 0 else None
