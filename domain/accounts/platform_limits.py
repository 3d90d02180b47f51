"""Limits of each platform, as far as they are known before anything is sent.

A figure that an account's own server says (`traits`) goes before the platform's.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from schemas.accounts import PlatformName, PrivacyLevel

#: The most posts, in the longest window of seconds, that a quota of a platform's own may have; sends are kept
#: for longer.
QUOTA_POSTS, QUOTA_S = 1_000_000, 86_400

_GRAPHEME = regex.compile(r"\X")
#: Characters that join none of their own kind: letters of Latin, Greek and Cyrillic without marks, kana, Han,
#: Hangul, emoji. Each that stands between two of them is a grapheme of its own.
_PLAIN = (
    r"[ -\u02ff\u0370-\u0482\u048a-\u052f\u3041-\u3096\u30a0-\u9fff\uac00-\ud7a3\uff01-\uff9d"
    r"\U0001f300-\U0001f3fa\U0001f400-\U0001faff]"
)
_BETWEEN = re.compile(f"(?<={_PLAIN}){_PLAIN}+(?={_PLAIN})")
#: What Mastodon surely shows as a link: one with its scheme, as far as it surely goes. Possessive, so
#: that no text makes it slow.
_LINK = regex.compile(
    r"(?<![\w@#$/])https?://(?:[a-z0-9-]++\.)++[a-z]{2,}+(?![\w-])(?::\d++)?"
    r"(?:[/?#][^\s<>()\[\]{}\"'|\\^`]*[\w/#-])?",
    regex.IGNORECASE,
)
_LINK_LENGTH = 23
#: What Instagram may take for one: rather one too many than one too few.
_HASHTAG, _TAGGED = regex.compile(r"(?<!&)[#＃]\w++"), regex.compile(r"(?<![\w.])[@＠][\w.]++")
_MENTION = regex.compile(r"(?<![\w@/=.])(@\w++)@[\w-]++(?:[.-]++\w++)*+", regex.ASCII)

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
VIDEOS = frozenset({"video/mp4", "video/quicktime"})


class File(NamedTuple):
    """The facts of a post's file that limits are about."""

    kind: str
    mime_type: str
    size_bytes: int
    duration_ms: int | None


class Fault(NamedTuple):
    """A reason why a platform won't have a post: its caption, or its files."""

    code: str
    message: str


class PlatformLimits(NamedTuple):
    """Captions are counted as the platform counts them; `quota` is posts in any so many seconds.

    A post has images or one video, never both, and none of them above its bytes or of another type.
    `video_s` is how long a video may be; `privacy_levels` are what a post may ask for, none: nobody can.
    `ai_labels` are the kinds of files whose direct posts can carry the platform's AI label.
    So many hashtags and mentions may be in a caption.
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
    """User-perceived characters (Unicode UAX 29), as Bluesky counts.

    Most are counted without being looked at, a hundred times as fast, and each text once for two platforms: a
    page of content counts hundreds of captions.
    """
    rest = _BETWEEN.sub("", text)
    return len(text) - len(rest) + sum(1 for _ in _GRAPHEME.finditer(rest))


def utf16(text: str) -> int:
    """UTF-16 code units: as TikTok counts, and the most of what Instagram may mean by a character."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def mastodon_length(text: str) -> int:
    """Mastodon's count (its StatusLengthValidator): graphemes, a link is 23, a mention has no server.

    Where it is in doubt what a link is, this counts more than the server, hardly ever less.
    """
    return graphemes(_MENTION.sub(r"\1", _LINK.sub("x" * _LINK_LENGTH, text)))


#: Bluesky: 300 graphemes and 3,000 bytes (app.bsky.feed.post), 4 images of 2 MB (app.bsky.embed.images),
#: 5,000 points an hour at 3 a post; 100 MB a video, though a server may take less.
#: Mastodon: 500 characters, 4 images of 16 MB or a video of 99 MB, unless the instance says otherwise;
#: 300 requests in 5 minutes.
#: TikTok: 2,200 UTF-16 code units, a video or 35 photos of JPEG or WebP, about 15 posts a creator and day;
#: how long a video may be, and who may see it, each creator's own settings say.
#: Instagram: 2,200 characters, 30 hashtags, 20 mentions, 10 images of JPEG in a carousel or a reel of at
#: most 15 minutes; at least 25 posts in 24 h, more where the account says so.
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


#: Code of a fault that another caption would mend.
CAPTION = "CAPTION_REFUSED"
FITS = "ok"


def fits(caption: str, files: Sequence[File]) -> dict[PlatformName, str]:
    """By platform, what an account there would refuse without traits of its own; `ok`: nothing."""
    found = {one.name: faults(one, {}, caption, files) for one in PLATFORMS.values()}
    return {name: "; ".join(fault.message for fault in those) or FITS for name, those in found.items()}


def faults(
    platform: PlatformLimits, traits: Mapping[str, Any], caption: str, files: Sequence[File]
) -> Iterator[Fault]:
    """The reasons that keep a caption and files from going out as a post."""
    for what in caption_faults(platform, caption_max(platform, traits), caption):
        yield Fault(CAPTION, what)
    if not files and not caption.strip():
        yield Fault(CAPTION, "there is neither a caption nor a file")
    yield from faults_of_files(platform, traits, files)


def caption_max(platform: PlatformLimits, traits: Mapping[str, Any]) -> int:
    """The instance's own figure, kept in `traits.captionMax` when the account was connected."""
    return _positive(traits.get("captionMax")) or platform.caption_max


def caption_faults(platform: PlatformLimits, most: int, caption: str) -> Iterator[str]:
    """The reasons that keep a caption from going out; `most` is `caption_max`."""
    limits: Sequence[tuple[int | None, Callable[[str], int], str]] = (
        (most, platform.measure, "characters"),
        (platform.caption_bytes, lambda text: len(text.encode()), "bytes"),
        (platform.hashtags_max, lambda text: len(_HASHTAG.findall(text)), "hashtags"),
        (platform.mentions_max, lambda text: len(_TAGGED.findall(text)), "mentions"),
    )
    for limit, count, unit in limits:
        if limit is not None and (found := count(caption)) > limit:
            yield f"the caption has {found} {unit} and {platform.name} takes {limit}: shorten it"


def bytes_max(platform: PlatformLimits, kind: str, traits: Mapping[str, Any]) -> int:
    """The most bytes of one file: the instance's own (`traits.imageBytesMax`) or the platform's."""
    if kind == "image":
        return _positive(traits.get("imageBytesMax")) or platform.image_bytes
    return _positive(traits.get("videoBytesMax")) or platform.video_bytes


def quota_of(traits: Mapping[str, Any]) -> tuple[int, int] | None:
    """The account's own quota: `traits.quotaPosts` in any `quotaSeconds`, as its platform says.

    Figures that no ledger of sends could be counted by are none.
    """
    posts, seconds = _positive(traits.get("quotaPosts")), _positive(traits.get("quotaSeconds"))
    if posts is None or seconds is None or posts > QUOTA_POSTS or seconds > QUOTA_S:
        return None
    return posts, seconds


def privacy_levels(platform: PlatformLimits, traits: Mapping[str, Any]) -> list[PrivacyLevel]:
    """The levels that an account offers, by `traits.privacyLevels`; all of the platform's where it is unread.

    Empty where the platform takes no level.
    """
    offered = traits.get("privacyLevels")
    if not isinstance(offered, list):
        return list(platform.privacy_levels)
    return [level for level in platform.privacy_levels if level in offered]


def privacy_fault(platform: PlatformLimits, offered: Sequence[str], level: str | None) -> str | None:
    """The reason against a post's privacy level; `offered` are its account's `privacy_levels`."""
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
    platform: PlatformLimits, traits: Mapping[str, Any], files: Sequence[File]
) -> Iterator[Fault]:
    """The reasons that keep all of a post's files, together, from going out, each once."""
    name, kinds = platform.name, [file.kind for file in files]
    if not files and not platform.text_only:
        yield Fault("MEDIA_MISSING", f"{name} takes no post without an image or a video")
    if len(set(kinds)) > 1:
        yield Fault("MEDIA_MIXED", f"{name} takes images or a video, not both")
    for kind, most in (("image", platform.images_max), ("video", 1)):
        if (count := kinds.count(kind)) > most:
            yield Fault("MEDIA_TOO_MANY", f"the content has {count} {kind}s and {name} takes {most}")
    yield from dict.fromkeys(fault for file in files for fault in _faults_of_file(platform, traits, file))


def _faults_of_file(platform: PlatformLimits, traits: Mapping[str, Any], file: File) -> Iterator[Fault]:
    if file.mime_type not in platform.mime_types:
        yield Fault("MEDIA_REFUSED", f"{platform.name} takes no {file.mime_type}")
    most = bytes_max(platform, file.kind, traits)
    if file.size_bytes > most:
        yield Fault("MEDIA_TOO_LARGE", f"a file has {file.size_bytes} bytes and {platform.name} takes {most}")
    longest_s = _positive(traits.get("videoSecondsMax")) or platform.video_s
    if longest_s and file.duration_ms and file.duration_ms > longest_s * 1000:
        seconds = file.duration_ms / 1000
        yield Fault(
            "MEDIA_TOO_LONG", f"the video has {seconds:.1f} s and {platform.name} takes {longest_s:.0f} here"
        )


def _positive(figure: object) -> int | None:
    return figure if isinstance(figure, int) and figure > 0 else None
