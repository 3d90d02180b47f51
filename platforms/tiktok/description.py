"""Description of TikTok.

Limits: 2,200 UTF-16 code units, a video or 35 photos of JPEG or WebP, about 15 posts a creator and day. Each
creator's settings limit the video's length and its audience.
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from platforms.caption_length import count_utf16_units
from platforms.description import (
    VIDEO_MEDIA_TYPES,
    ConsolePreviewRules,
    PlatformConsentPageSpec,
    PlatformDescription,
    PlatformLimits,
    SingleServerOAuthLogin,
)
from schemas.setting_values import HeaderSafeSecret, ServerOrigin

TIKTOK_SCOPES = "user.info.basic,user.info.profile,video.publish,video.upload"


class TikTokSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of TikTok."""

    tiktok_client_key: Annotated[
        HeaderSafeSecret, Meta(description="The key of our TikTok app; without one TikTok accounts can't be connected.")
    ] = ""
    tiktok_client_secret: Annotated[HeaderSafeSecret, Meta(description="The app's secret.")] = ""
    tiktok_url: Annotated[ServerOrigin, Meta(description="TikTok's web pages.")] = "https://www.tiktok.com"
    tiktok_api_url: Annotated[ServerOrigin, Meta(description="TikTok's API.")] = "https://open.tiktokapis.com"


def compute_hex_s256_challenge(verifier: str) -> str:
    """Return TikTok's S256 challenge of a PKCE verifier: its SHA-256 in hexadecimal (Login Kit)."""
    return hashlib.sha256(verifier.encode()).hexdigest()


PLATFORM_DESCRIPTION = PlatformDescription(
    title="TikTok",
    limits=PlatformLimits(
        "tiktok",
        caption_max=2200,
        measure=count_utf16_units,
        images_max=35,
        text_only=False,
        quota=(15, 86_400),
        image_bytes=20 << 20,
        video_bytes=4 << 30,
        mime_types=frozenset({"image/jpeg", "image/webp"}) | VIDEO_MEDIA_TYPES,
        modes=frozenset({"direct", "draft"}),
        video_s=600.0,
        privacy_levels=("public", "friends", "followers", "private"),
        ai_labels=frozenset({"video"}),
    ),
    login=SingleServerOAuthLogin(
        PlatformConsentPageSpec(
            "/v2/auth/authorize/",
            TIKTOK_SCOPES,
            client="client_key",
            challenge=compute_hex_s256_challenge,
            figures="user.info.stats,video.list",
        ),
        url="tiktok_url",
        client_id="tiktok_client_key",
        client_secret="tiktok_client_secret",  # noqa: S106  the setting's name
    ),
    is_portrait=True,
    ad_platform="tiktok_ads",
    settings=TikTokSettings,
    has_webhook=True,
    # A phone's screen; the whole image fits into it. TikTok publishes no cut of the text.
    console=ConsolePreviewRules(color="light-dark(#111, #fff)", single=(9 / 16, 9 / 16), order="over", is_whole=True),
)
