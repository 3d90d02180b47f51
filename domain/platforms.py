"""What each platform takes, as far as it is known before anything is sent (research 5).

A figure that an account's own server says (`traits`) goes before the platform's.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import regex

_GRAPHEME = regex.compile(r"\X")


class Platform(NamedTuple):
    """Captions are counted as the platform counts them; `quota` is posts in any so many seconds."""

    name: str
    caption_max: int
    measure: Callable[[str], int]
    unit: str
    caption_bytes: int | None
    images_max: int
    videos_max: int
    text_only: bool
    quota: tuple[int, int]
    modes: frozenset[str] = frozenset({"direct"})


def graphemes(text: str) -> int:
    """User-perceived characters (Unicode UAX 29), as Bluesky counts."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


#: Bluesky: 300 graphemes and 3,000 bytes (app.bsky.feed.post), 4 images, 5,000 points an hour at 3 a post.
#: Mastodon: 500 characters unless the instance says otherwise, 4 files, 300 requests in 5 minutes.
PLATFORMS: Mapping[str, Platform] = {
    platform.name: platform
    for platform in (
        Platform("bluesky", 300, graphemes, "characters", 3000, 4, 1, text_only=True, quota=(1600, 3600)),
        Platform("mastodon", 500, len, "characters", None, 4, 1, text_only=True, quota=(250, 300)),
    )
}


def caption_max(platform: Platform, traits: Mapping[str, Any]) -> int:
    """The instance's own figure, kept in `traits.captionMax` when the account was connected."""
    said = traits.get("captionMax")
    return said if isinstance(said, int) and said > 0 else platform.caption_max
