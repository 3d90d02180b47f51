"""Description of Mastodon and other servers of its API.

Limits: 500 characters, 4 images of 16 MB or a video of 99 MB, unless the instance reports its own figures;
300 requests in 5 minutes.

The preview follows github.com/mastodon/mastodon of 2026-11-27: status_content and media_gallery. A text over
706 px (32 lines) is cut to 330 px: 15 lines.
"""

import regex

from platforms.caption_length import count_graphemes
from platforms.description import (
    IMAGE_MEDIA_TYPES,
    VIDEO_MEDIA_TYPES,
    ConsolePreviewRules,
    OwnServerOAuthLogin,
    PlatformConsentPageSpec,
    PlatformDescription,
    PlatformLimits,
    PreviewLineLimits,
)

MASTODON_SCOPES = "read:accounts read:statuses write:media write:statuses"

#: Text that Mastodon surely renders as a link: it has a scheme, and ends where the link surely ends.
#: Possessive quantifiers keep the match linear for any text.
_MASTODON_LINK_REGEX = regex.compile(
    r"(?<![\w@#$/])https?://(?:[a-z0-9-]++\.)++[a-z]{2,}+(?![\w-])(?::\d++)?"
    r"(?:[/?#][^\s<>()\[\]{}\"'|\\^`]*[\w/#-])?",
    regex.IGNORECASE,
)
_CHARACTERS_PER_LINK = 23
_MENTION_PATTERN = regex.compile(r"(?<![\w@/=.])(@\w++)@[\w-]++(?:[.-]++\w++)*+", regex.ASCII)


def count_mastodon_characters(text: str) -> int:
    """Count as Mastodon's StatusLengthValidator: graphemes; a link is 23, a mention excludes its server.

    For an ambiguous link this counts more than the server, hardly ever less.
    """
    return count_graphemes(_MENTION_PATTERN.sub(r"\1", _MASTODON_LINK_REGEX.sub("x" * _CHARACTERS_PER_LINK, text)))


PLATFORM_DESCRIPTION = PlatformDescription(
    title="Mastodon",
    limits=PlatformLimits(
        "mastodon",
        caption_max=500,
        measure=count_mastodon_characters,
        images_max=4,
        text_only=True,
        quota=(250, 300),
        image_bytes=16 << 20,
        video_bytes=99 << 20,
        mime_types=IMAGE_MEDIA_TYPES | VIDEO_MEDIA_TYPES,
    ),
    login=OwnServerOAuthLogin(PlatformConsentPageSpec("/oauth/authorize", MASTODON_SCOPES), example="mastodon.social"),
    console=ConsolePreviewRules(
        color="#6364ff", lines=PreviewLineLimits(32, 15), grid=(3 / 2, 3 / 2, 3 / 2), has_square_face=True
    ),
)
