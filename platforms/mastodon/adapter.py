"""Calls of servers of Mastodon's API, for the workers."""

from platforms.mastodon import connect
from platforms.mastodon.collect import MastodonCollector
from platforms.mastodon.publish import MastodonAdapter
from workers.platforms.parts import PlatformParts

PARTS = PlatformParts(
    open_adapter=lambda net: MastodonAdapter(net.client),
    open_collector=lambda net: MastodonCollector(net.client),
    connect=connect.connect,
    refresh=connect.refresh,
    revoke=connect.revoke,
    register=connect.register,
)
