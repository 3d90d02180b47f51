"""Limits of each platform, checked before a request is sent.

A figure from the account's own server (`traits`) overrides the platform's.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from schemas.accounts import PlatformName, PrivacyLevel

#: Upper bounds of a platform's quota: posts, and seconds of its window. Sends are stored for longer than the
#: window.
QUOTA_POSTS, QUOTA_S = 1_000_000, 86_400

_GRAPHEME = regex.compile(r"\X")
#: Characters that never join a neighbor of this class: Latin, Greek and Cyrillic letters without marks, kana,
#: Han, Hangul, emoji. Each one between two others is a grapheme of its own.
_PLAIN = (
    r"[ -\u02ff\u0370-\u0482\u048a-\u052f\u3041-\u3096\u30a0-\u9fff\uac00-\ud7a3\uff01-\uff9d"
    r"\U0001f300-\U0001f3fa\U0001f400-\U0001faff]"
)
_BETWEEN = re.compile(f"(?<={_PLAIN}){_PLAIN}+(?={_PLAIN})")
#: Text that Mastodon surely renders as a link: it has a scheme, and ends where the link surely ends.
#: Possessive quantifiers keep the match linear for any text.
_LINK = regex.compile(
    r"(?<![\w@#$/])https?://(?:[a-z0-9-]++\.)++[a-z]{2,}+(?![\w-])(?::\d++)?"
    r"(?:[/?#][^\s<>()\[\]{}\"'|\\^`]*[\w/#-])?",
    regex.IGNORECASE,
)
_LINK_LENGTH = 23
#: Text that Instagram may count as a hashtag or a mention: overcounts rather than undercounts.
_HASHTAG, _TAGGED = regex.compile(r"(?<!&)[#＃]\w++"), regex.compile(r"(?<![\w.])[@＠][\w.]++")
_MENTION = regex.compile(r"(?<![\w@/=.])(@\w++)@[\w-]++(?:[.-]++\w++)*+", regex.ASCII)

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
VIDEOS = frozenset({"video/mp4", "video/quicktime"})


class LimitedFile(NamedTuple):
    """File of a post, as far as limits concern it."""

    kind: str
    mime_type: str
    size_bytes: int
    duration_ms: int | None


class LimitFault(NamedTuple):
    """Reason for a platform to refuse a post, by its caption or its files."""

    code: str
    message: str


class PlatformLimits(NamedTuple):
    """Limits of one platform. `measure` counts a caption's length as the platform does.

    `quota` is posts in any window of so many seconds. A post has images or one video, never both; each file
    has an allowed type and size. `video_s` is the longest video. A post may request one of `privacy_levels`;
    none if it is empty. `ai_labels` are the kinds of files with an AI label in direct posts. `hashtags_max`
    and `mentions_max` apply to the caption.
    """

    name: PlatformName
    caption_max: int
    measure: Callable[[str], int]
    images_max: int
    text_only: bool
    quota: tuple[int, int]
    image_bytes: int
    video_bytes: int
    mime_types: frozenset[str]
    caption_bytes: int | None = None
    modes: frozenset[str] = frozenset({"direct"})
    video_s: float | None = None
    privacy_levels: tuple[PrivacyLevel, ...] = ()
    ai_labels: frozenset[str] = frozenset()
    hashtags_max: int | None = None
    mentions_max: int | None = None


@lru_cache(maxsize=8)
def graphemes(text: str) -> int:
    """Count user-perceived characters (Unicode UAX 29), as Bluesky does.

    Plain characters are counted without segmentation, a hundred times as fast. The cache serves two platforms
    for each text: a page of content counts hundreds of captions.
    """
    unlike = _BETWEEN.sub("", text)
    return len(text) - len(unlike) + sum(1 for _ in _GRAPHEME.finditer(unlike))


def utf16(text: str) -> int:
    """Count UTF-16 code units, as TikTok does; the upper bound of Instagram's unspecified "characters"."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def mastodon_length(text: str) -> int:
    """Count as Mastodon's StatusLengthValidator: graphemes; a link is 23, a mention excludes its server.

    For an ambiguous link this counts more than the server, hardly ever less.
    """
    return graphemes(_MENTION.sub(r"\1", _LINK.sub("x" * _LINK_LENGTH, text)))


#: Bluesky: 300 graphemes and 3,000 bytes (app.bsky.feed.post), 4 images of 2 MB (app.bsky.embed.images),
#: 5,000 points an hour at 3 a post; 100 MB a video, though a server may allow less. Mastodon: 500 characters,
#: 4 images of 16 MB or a video of 99 MB, unless the instance reports its own figures; 300 requests in 5
#: minutes. TikTok: 2,200 UTF-16 code units, a video or 35 photos of JPEG or WebP, about 15 posts a creator
#: and day; each creator's settings limit the video's length and its audience. Instagram: 2,200 characters, 30
#: hashtags, 20 mentions, 10 images of JPEG in a carousel or a reel of at most 15 minutes; at least 25 posts
#: in 24 h, more if the account reports it.
PLATFORMS: Mapping[str, PlatformLimits] = {
    platform.name: platform
    for platform in (
        PlatformLimits(
            "bluesky",
            caption_max=300,
            measure=graphemes,
            caption_bytes=3000,
            images_max=4,
            text_only=True,
            quota=(1600, 3600),
            image_bytes=2_000_000,
            video_bytes=100_000_000,
            mime_types=IMAGES | {"video/mp4"},
        ),
        PlatformLimits(
            "mastodon",
            caption_max=500,
            measure=mastodon_length,
            images_max=4,
            text_only=True,
            quota=(250, 300),
            image_bytes=16 << 20,
            video_bytes=99 << 20,
            mime_types=IMAGES | VIDEOS,
        ),
        PlatformLimits(
            "tiktok",
            caption_max=2200,
            measure=utf16,
            images_max=35,
            text_only=False,
            quota=(15, 86_400),
            image_bytes=20 << 20,
            video_bytes=4 << 30,
            mime_types=frozenset({"image/jpeg", "image/webp"}) | VIDEOS,
            modes=frozenset({"direct", "draft"}),
            video_s=600.0,
            privacy_levels=("public", "friends", "followers", "private"),
            ai_labels=frozenset({"video"}),
        ),
        PlatformLimits(
            "instagram",
            caption_max=2200,
            measure=utf16,
            images_max=10,
            text_only=False,
            quota=(25, 86_400),
            image_bytes=8 << 20,
            video_bytes=300 << 20,
            mime_types=frozenset({"image/jpeg"}) | VIDEOS,
            video_s=900.0,
            hashtags_max=30,
            mentions_max=20,
            ai_labels=frozenset({"image", "video"}),
        ),
    )
}


#: Fault code that a different caption resolves.
CAPTION = "CAPTION_REFUSED"
FITS = "ok"


def fits(caption: str, files: Sequence[LimitedFile]) -> dict[PlatformName, str]:
    """Return each platform's objections to a post from an account without traits; `ok` if there are none."""
    faults_by_platform = {
        platform.name: faults(platform, {}, caption, files) for platform in PLATFORMS.values()
    }
    return {
        name: "; ".join(fault.message for fault in those) or FITS
        for name, those in faults_by_platform.items()
    }


def faults(
    platform: PlatformLimits, traits: Mapping[str, Any], caption: str, files: Sequence[LimitedFile]
) -> Iterator[LimitFault]:
    """Yield the reasons that keep a caption and its files from being posted."""
    for message in caption_faults(platform, caption_max(platform, traits), caption):
        yield LimitFault(CAPTION, message)
    if not files and not caption.strip():
        yield LimitFault(CAPTION, "there is neither a caption nor a file")
    yield from faults_of_files(platform, traits, files)


def caption_max(platform: PlatformLimits, traits: Mapping[str, Any]) -> int:
    """Return the longest caption: the instance's `traits.captionMax`, or the platform's."""
    return _positive(traits.get("captionMax")) or platform.caption_max


def caption_faults(platform: PlatformLimits, max_length: int, caption: str) -> Iterator[str]:
    """Yield the reasons that keep a caption from being posted; `max_length` is `caption_max`."""
    limits: Sequence[tuple[int | None, Callable[[str], int], str]] = (
        (max_length, platform.measure, "characters"),
        (platform.caption_bytes, lambda text: len(text.encode()), "bytes"),
        (platform.hashtags_max, lambda text: len(_HASHTAG.findall(text)), "hashtags"),
        (platform.mentions_max, lambda text: len(_TAGGED.findall(text)), "mentions"),
    )
    for limit, count, unit in limits:
        if limit is not None and (amount := count(caption)) > limit:
            yield f"the caption has {amount} {unit} and {platform.name} takes {limit}: shorten it"


def bytes_max(platform: PlatformLimits, kind: str, traits: Mapping[str, Any]) -> int:
    """Return the most bytes of one file: the instance's (`traits.imageBytesMax`, `videoBytesMax`) or the
    platform's.
    """
    if kind == "image":
        return _positive(traits.get("imageBytesMax")) or platform.image_bytes
    return _positive(traits.get("videoBytesMax")) or platform.video_bytes


def quota_of(traits: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the account's own quota: `traits.quotaPosts` in any `quotaSeconds`, as its platform reports
    them.

    Figures above `QUOTA_POSTS` or `QUOTA_S` are ignored: the ledger of sends can't count them.
    """
    posts, seconds = _positive(traits.get("quotaPosts")), _positive(traits.get("quotaSeconds"))
    if posts is None or seconds is None or posts > QUOTA_POSTS or seconds > QUOTA_S:
        return None
    return posts, seconds


def privacy_levels(platform: PlatformLimits, traits: Mapping[str, Any]) -> list[PrivacyLevel]:
    """Return the levels that an account offers (`traits.privacyLevels`); all of the platform's if unknown.

    Empty if the platform has no levels.
    """
    offered = traits.get("privacyLevels")
    if not isinstance(offered, list):
        return list(platform.privacy_levels)
    return [level for level in platform.privacy_levels if level in offered]


def privacy_fault(platform: PlatformLimits, offered: Sequence[str], level: str | None) -> str | None:
    """Return the objection to a post's privacy level; `offered` are its account's `privacy_levels`."""
    if not platform.privacy_levels:
        return f"{platform.name} takes no privacyLevel" if level else None
    if not offered:
        return "the account offers no privacyLevel: connect it again once it may post"
    if level is None:
        return None if len(offered) == 1 else f"is required: choose one of {', '.join(offered)}"
    if level not in offered:
        return f"the account can't post for {level}: it offers {', '.join(offered)}"
    return None


def faults_of_files(
    platform: PlatformLimits, traits: Mapping[str, Any], files: Sequence[LimitedFile]
) -> Iterator[LimitFault]:
    """Yield each objection to a post's files, alone and together, once."""
    name, kinds = platform.name, [file.kind for file in files]
    if not files and not platform.text_only:
        yield LimitFault("MEDIA_MISSING", f"{name} takes no post without an image or a video")
    if len(set(kinds)) > 1:
        yield LimitFault("MEDIA_MIXED", f"{name} takes images or a video, not both")
    for kind, limit in (("image", platform.images_max), ("video", 1)):
        if (count := kinds.count(kind)) > limit:
            yield LimitFault("MEDIA_TOO_MANY", f"the content has {count} {kind}s and {name} takes {limit}")
    yield from dict.fromkeys(fault for file in files for fault in _faults_of_file(platform, traits, file))


def _faults_of_file(
    platform: PlatformLimits, traits: Mapping[str, Any], file: LimitedFile
) -> Iterator[LimitFault]:
    if file.mime_type not in platform.mime_types:
        yield LimitFault("MEDIA_REFUSED", f"{platform.name} takes no {file.mime_type}")
    limit = bytes_max(platform, file.kind, traits)
    if file.size_bytes > limit:
        yield LimitFault(
            "MEDIA_TOO_LARGE", f"a file has {file.size_bytes} bytes and {platform.name} takes {limit}"
        )
    longest_s = _positive(traits.get("videoSecondsMax")) or platform.video_s
    if longest_s and file.duration_ms and file.duration_ms > longest_s * 1000:
        seconds = file.duration_ms / 1000
        yield LimitFault(
            "MEDIA_TOO_LONG", f"the video has {seconds:.1f} s and {platform.name} takes {longest_s:.0f} here"
        )


def _positive(figure: object) -> int | None:
    return figure if isinstance(figure, int) and figure > 0 else None
