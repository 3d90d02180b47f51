"""Description of Murmur."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from platforms.description import (
    ConsolePreviewRules,
    PasswordLoginSpec,
    PlatformDescription,
    PlatformLimits,
    PrivacyLevel,
)
from schemas.setting_values import ServerOrigin

LEVELS: tuple[PrivacyLevel, ...] = ("public", "private")


class MurmurSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of Murmur."""

    murmur_url: Annotated[ServerOrigin, Meta(description="Murmur's web pages.")] = "https://murmur.example"


PLATFORM_DESCRIPTION = PlatformDescription(
    title="Murmur",
    limits=PlatformLimits(
        "murmur",
        caption_max=40,
        measure=len,
        images_max=1,
        text_only=True,
        quota=(10, 60),
        image_bytes=1000,
        video_bytes=1000,
        mime_types=frozenset({"image/png"}),
        privacy_levels=LEVELS,
    ),
    login=PasswordLoginSpec(
        server="https://login.murmur.example",
        identifier=re.compile(r"[a-z]+"),
        example="ada",
        formats="a name in lower case",
        instructions="Ask Murmur for it.",
    ),
    settings=MurmurSettings,
    console=ConsolePreviewRules(color="#123456"),
)
