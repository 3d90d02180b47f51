"""Description of Instagram.

Limits of a caption: 2,200 characters, 30 hashtags, 20 mentions. A post has up to 10 images of JPEG, or a
reel of at most 15 minutes. An account sends at least 25 posts in 24 h, more if it reports so. Its
"characters" are unspecified: UTF-16 code units are their upper bound.

The preview follows developers.facebook.com/docs/instagram-platform/content-publishing of 2026-11-27: a
carousel's images are cropped like its first. The media reference accepts images between 4:5 and 1.91:1. Meta
publishes no cut of the text.
"""

from typing import Annotated

import msgspec
import regex
from msgspec import Meta

from platforms.caption_length import count_utf16_units
from platforms.description import (
    VIDEO_MEDIA_TYPES,
    AdditionalCaptionLimit,
    ConsolePreviewRules,
    PlatformConsentPageSpec,
    PlatformDescription,
    PlatformLimits,
    SingleServerOAuthLogin,
)
from schemas.setting_values import HeaderSafeSecret, ServerOrigin

INSTAGRAM_SCOPES = ("instagram_business_basic", "instagram_business_content_publish")

#: Text that Instagram may count as a hashtag or a mention: overcounts rather than undercounts.
_HASHTAG_PATTERN, _MENTION_PATTERN = regex.compile(r"(?<!&)[#＃]\w++"), regex.compile(r"(?<![\w.])[@＠][\w.]++")


class InstagramSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of Instagram."""

    instagram_client_id: Annotated[
        HeaderSafeSecret,
        Meta(description="The id of our Instagram app; without one Instagram accounts can't be connected."),
    ] = ""
    instagram_client_secret: Annotated[HeaderSafeSecret, Meta(description="The app's secret.")] = ""
    instagram_url: Annotated[ServerOrigin, Meta(description="Instagram's web pages.")] = "https://www.instagram.com"
    instagram_api_url: Annotated[ServerOrigin, Meta(description="Instagram's Graph API.")] = (
        "https://graph.instagram.com"
    )
    instagram_oauth_url: Annotated[ServerOrigin, Meta(description="Instagram's token endpoint.")] = (
        "https://api.instagram.com"
    )


PLATFORM_DESCRIPTION = PlatformDescription(
    title="Instagram",
    limits=PlatformLimits(
        "instagram",
        caption_max=2200,
        measure=count_utf16_units,
        caption_parts=(
            AdditionalCaptionLimit("hashtags", 30, lambda text: len(_HASHTAG_PATTERN.findall(text))),
            AdditionalCaptionLimit("mentions", 20, lambda text: len(_MENTION_PATTERN.findall(text))),
        ),
        images_max=10,
        text_only=False,
        quota=(25, 86_400),
        image_bytes=8 << 20,
        video_bytes=300 << 20,
        mime_types=frozenset({"image/jpeg"}) | VIDEO_MEDIA_TYPES,
        video_s=900.0,
        ai_labels=frozenset({"image", "video"}),
    ),
    login=SingleServerOAuthLogin(
        PlatformConsentPageSpec(
            "/oauth/authorize", ",".join(INSTAGRAM_SCOPES), figures="instagram_business_manage_insights"
        ),
        url="instagram_url",
        client_id="instagram_client_id",
        client_secret="instagram_client_secret",  # noqa: S106  the setting's name
    ),
    # No revocation endpoint: the owner removes our app on instagram.com.
    revocation=None,
    ad_platform="meta_ads",
    settings=InstagramSettings,
    console=ConsolePreviewRules(
        color="linear-gradient(45deg, #f9a03f, #d62976 55%, #4f5bd5)", several=(4 / 5, 1.91), order="files_first"
    ),
)
