"""Calls of servers of Mastodon's API, for the workers."""

from platforms.mastodon import connect
from platforms.mastodon.collect import MastodonCollector
from platforms.mastodon.publish import MastodonAdapter
from workers.platforms.parts import PlatformCallFunctions

PLATFORM_CALLS = PlatformCallFunctions(
    open_adapter=lambda net: MastodonAdapter(net.client),
    open_collector=lambda net: MastodonCollector(net.client),
    connect=connect.connect_mastodon_account,
    refresh=connect.refresh_mastodon_token,
    revoke=connect.revoke_mastodon_access,
    register=connect.register_with_mastodon_server,
)
