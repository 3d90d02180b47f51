"""Description of Bluesky.

Limits: 300 graphemes and 3,000 bytes (app.bsky.feed.post), 4 images of 2 MB (app.bsky.embed.images), 5,000
points an hour at 3 a post; 100 MB a video, though a server may allow less.

The preview follows github.com/bluesky-social/social-app of 2026-11-27: MAX_POST_LINES of lib/constants,
AutoSizedImage, ImageLayoutGrid.
"""

import re

from platforms.caption_length import count_graphemes, count_utf8_bytes
from platforms.description import (
    IMAGE_MEDIA_TYPES,
    AdditionalCaptionLimit,
    ConsolePreviewRules,
    PasswordLoginSpec,
    PlatformDescription,
    PlatformLimits,
    PreviewLineLimits,
)

#: Handle, a domain name (atproto.com/specs/handle), or DID by one of its two methods (specs/did).
_DOMAIN_LABEL_PATTERN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
BLUESKY_IDENTIFIER_PATTERN = re.compile(
    rf"(?:{_DOMAIN_LABEL_PATTERN}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?|did:(?:plc|web):[A-Za-z0-9._:%-]*[A-Za-z0-9._-]",
    re.ASCII,
)

PLATFORM_DESCRIPTION = PlatformDescription(
    title="Bluesky",
    limits=PlatformLimits(
        "bluesky",
        caption_max=300,
        measure=count_graphemes,
        caption_parts=(AdditionalCaptionLimit("bytes", 3000, count_utf8_bytes),),
        images_max=4,
        text_only=True,
        quota=(1600, 3600),
        image_bytes=2_000_000,
        video_bytes=100_000_000,
        mime_types=IMAGE_MEDIA_TYPES | {"video/mp4"},
    ),
    login=PasswordLoginSpec(
        server="https://bsky.social",
        identifier=BLUESKY_IDENTIFIER_PATTERN,
        example="shop.bsky.social",
        formats="a handle such as shop.bsky.social, or a DID",
        instructions="Create it at Bluesky: Settings, Privacy and security, App passwords.",
    ),
    revocation="login",
    console=ConsolePreviewRules(
        color="#1185fe", lines=PreviewLineLimits(25, 25), single=(1 / 2, None), grid=(2, 2, 3 / 2)
    ),
)
