"""What each platform takes, as far as it is known before anything is sent (research 5).

A figure that an account's own server says (`traits`) goes before the platform's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import regex

_GRAPHEME = regex.compile(r"\X")
#: What Mastodon surely shows as a link: one with its scheme, as far as it surely goes. Possessive, so
#: that no text makes it slow.
_LINK = regex.compile(
    r"(?<![\w@#$/])https?://(?:[a-z0-9-]++\.)++[a-z]{2,}+(?![\w-])(?::\d++)?"
    r"(?:[/?#][^\s<>()\[\]{}\"'|\\^`]*[\w/#-])?",
    regex.IGNORECASE,
)
_LINK_LENGTH = 23
_MENTION = regex.compile(r"(?<![\w@/=.])(@\w++)@[\w-]++(?:[.-]++\w++)*+", regex.ASCII)

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
VIDEOS = frozenset({"video/mp4", "video/quicktime"})


class File(Protocol):
    """What has to be known of a post's file."""

    @property
    def kind(self) -> str: ...
    @property
    def mime_type(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...


class Fault(NamedTuple):
    """Why a platform won't have a post's files."""

    code: str
    message: str


class Platform(NamedTuple):
    """Captions are counted as the platform counts them; `quota` is posts in any so many seconds.

    A post has images or one video, never both, and none of them above its bytes or of another type.
    """

    name: str
    caption_max: int
    measure: Callable[[str], int]
    unit: str
    caption_bytes: int | None
    images_max: int
    videos_max: int
    text_only: bool
    quota: tuple[int, int]
    image_bytes: int
    video_bytes: int
    mime_types: frozenset[str]
    modes: frozenset[str] = frozenset({"direct"})


def graphemes(text: str) -> int:
    """User-perceived characters (Unicode UAX 29), as Bluesky counts."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def tooted(text: str) -> int:
    """As Mastodon counts: graphemes, each link 23, a mention without its server (its StatusLengthValidator).

    Where it is in doubt what a link is, this counts more than the server, hardly ever less.
    """
    return graphemes(_MENTION.sub(r"\1", _LINK.sub("x" * _LINK_LENGTH, text)))


#: Bluesky: 300 graphemes and 3,000 bytes (app.bsky.feed.post), 4 images of 2 MB (app.bsky.embed.images),
#: 5,000 points an hour at 3 a post; 100 MB a video, though a server may take less.
#: Mastodon: 500 characters, 4 images of 16 MB or a video of 99 MB, unless the instance says otherwise;
#: 300 requests in 5 minutes.
PLATFORMS: Mapping[str, Platform] = {
    platform.name: platform
    for platform in (
        Platform(
            "bluesky",
            caption_max=300,
            measure=graphemes,
            unit="characters",
            caption_bytes=3000,
            images_max=4,
            videos_max=1,
            text_only=True,
            quota=(1600, 3600),
            image_bytes=2_000_000,
            video_bytes=100_000_000,
            mime_types=IMAGES | {"video/mp4"},
        ),
        Platform(
            "mastodon",
            caption_max=500,
            measure=tooted,
            unit="characters",
            caption_bytes=None,
            images_max=4,
            videos_max=1,
            text_only=True,
            quota=(250, 300),
            image_bytes=16 << 20,
            video_bytes=99 << 20,
            mime_types=IMAGES | VIDEOS,
        ),
    )
}


def caption_max(platform: Platform, traits: Mapping[str, Any]) -> int:
    """The instance's own figure, kept in `traits.captionMax` when the account was connected."""
    return _said(traits.get("captionMax")) or platform.caption_max


def bytes_max(platform: Platform, kind: str, traits: Mapping[str, Any]) -> int:
    """For one file: the instance's own figure (`traits.imageBytesMax`, `videoBytesMax`) or the platform's."""
    if kind == "image":
        return _said(traits.get("imageBytesMax")) or platform.image_bytes
    return _said(traits.get("videoBytesMax")) or platform.video_bytes


def fault_of_files(platform: Platform, traits: Mapping[str, Any], files: Sequence[File]) -> Fault | None:
    """The first that is found, or None: all of a post's files together."""
    kinds = [file.kind for file in files]
    if len(set(kinds)) > 1:
        return Fault("MEDIA_MIXED", f"{platform.name} takes images or a video in a post, not both")
    most = platform.videos_max if "video" in kinds else platform.images_max
    if len(kinds) > most:
        return Fault("MEDIA_TOO_MANY", f"{platform.name} takes at most {most} {kinds[0]}(s) in a post")
    if not (files or platform.text_only):
        return Fault("MEDIA_MISSING", f"{platform.name} takes no post without a file")
    faults = (_fault_of_file(platform, traits, file) for file in files)
    return next((fault for fault in faults if fault), None)


def _fault_of_file(platform: Platform, traits: Mapping[str, Any], file: File) -> Fault | None:
    if file.mime_type not in platform.mime_types:
        return Fault("MEDIA_REFUSED", f"{platform.name} doesn't take {file.mime_type}")
    most = bytes_max(platform, file.kind, traits)
    if file.size_bytes > most:
        return Fault("MEDIA_TOO_LARGE", f"{platform.name} takes no {file.kind} above {most} bytes")
    return None


def _said(figure: object) -> int | None:
    return figure if isinstance(figure, int) and figure > 0 else None
