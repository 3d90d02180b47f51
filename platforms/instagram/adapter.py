"""Calls of Instagram, for the workers."""

from platforms.instagram import connect
from platforms.instagram.collect import InstagramCollector
from platforms.instagram.description import InstagramSettings
from platforms.instagram.publish import InstagramAdapter
from workers.platforms.connecting import OutgoingNetwork
from workers.platforms.parts import PlatformParts, SandboxAccounts, TokenLife


def _api_url(net: OutgoingNetwork) -> str:
    return net.settings.as_platform(InstagramSettings).instagram_api_url


PARTS = PlatformParts(
    open_adapter=lambda net: InstagramAdapter(net.client, _api_url(net)),
    open_collector=lambda net: InstagramCollector(net.client, _api_url(net)),
    connect=connect.connect,
    refresh=lambda net, attempt: connect.refresh(net, attempt.tokens),
    sandbox=SandboxAccounts(
        token_life=TokenLife(connect.TOKEN_LIFE, connect.TOKEN_LIFE * connect.TOKEN_EXTEND_SHARE)
    ),
)
