"""Calls of TikTok, for the workers."""

from datetime import timedelta

from platforms.tiktok import connect
from platforms.tiktok.collect import TikTokCollector
from platforms.tiktok.description import TikTokSettings
from platforms.tiktok.publish import TikTokAdapter
from workers.platforms.connecting import OutgoingNetwork
from workers.platforms.parts import PlatformParts, SandboxAccounts, TokenLife


def _api_url(net: OutgoingNetwork) -> str:
    return net.settings.as_platform(TikTokSettings).tiktok_api_url


PARTS = PlatformParts(
    open_adapter=lambda net: TikTokAdapter(net.client, _api_url(net)),
    open_collector=lambda net: TikTokCollector(net.client, _api_url(net)),
    connect=connect.connect,
    refresh=lambda net, attempt: connect.refresh(net, attempt.tokens),
    revoke=lambda net, attempt: connect.revoke(net, attempt.revocable),
    # TikTok's refresh token lives a year.
    sandbox=SandboxAccounts(
        token_life=TokenLife(timedelta(days=1), timedelta(days=365) * connect.TOKEN_REFRESH_SHARE)
    ),
)
