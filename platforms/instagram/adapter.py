"""Calls of Instagram, for the workers."""

from platforms.instagram import connect
from platforms.instagram.collect import InstagramCollector
from platforms.instagram.description import InstagramSettings
from platforms.instagram.publish import InstagramAdapter
from workers.platforms.connecting import OutgoingNetwork
from workers.platforms.parts import PlatformCallFunctions, SandboxIdFormatAndTokenLife, TokenLifeAndRefresh


def _get_instagram_api_base_url(net: OutgoingNetwork) -> str:
    return net.settings.get_platform_settings(InstagramSettings).instagram_api_url


PLATFORM_CALLS = PlatformCallFunctions(
    open_adapter=lambda net: InstagramAdapter(net.client, _get_instagram_api_base_url(net)),
    open_collector=lambda net: InstagramCollector(net.client, _get_instagram_api_base_url(net)),
    connect=connect.connect_instagram_account,
    refresh=lambda net, attempt: connect.refresh_instagram_token(net, attempt.tokens),
    sandbox=SandboxIdFormatAndTokenLife(
        token_life=TokenLifeAndRefresh(
            connect.INSTAGRAM_TOKEN_LIFE, connect.INSTAGRAM_TOKEN_LIFE * connect.TOKEN_LIFE_SHARE_UNTIL_EXTENSION
        )
    ),
)
