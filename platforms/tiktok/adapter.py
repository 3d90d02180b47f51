"""Calls of TikTok, for the workers."""

from datetime import timedelta

from platforms.tiktok import connect
from platforms.tiktok.collect import TikTokCollector
from platforms.tiktok.description import TikTokSettings
from platforms.tiktok.publish import TikTokAdapter
from workers.platforms.connecting import OutgoingNetwork
from workers.platforms.parts import PlatformCallFunctions, SandboxIdFormatAndTokenLife, TokenLifeAndRefresh


def _get_tiktok_api_base_url(net: OutgoingNetwork) -> str:
    return net.settings.get_platform_settings(TikTokSettings).tiktok_api_url


PLATFORM_CALLS = PlatformCallFunctions(
    open_adapter=lambda net: TikTokAdapter(net.client, _get_tiktok_api_base_url(net)),
    open_collector=lambda net: TikTokCollector(net.client, _get_tiktok_api_base_url(net)),
    connect=connect.connect_tiktok_account,
    refresh=lambda net, attempt: connect.refresh_tiktok_tokens(net, attempt.tokens),
    revoke=lambda net, attempt: connect.revoke_tiktok_access(net, attempt.revocable),
    # TikTok's refresh token lives a year.
    sandbox=SandboxIdFormatAndTokenLife(
        token_life=TokenLifeAndRefresh(timedelta(days=1), timedelta(days=365) * connect.REFRESH_TOKEN_MAX_IDLE_SHARE)
    ),
)
