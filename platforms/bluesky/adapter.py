"""Calls of Bluesky, for the workers."""

import base64

from platforms.bluesky import connect
from platforms.bluesky.collect import BlueskyCollector
from platforms.bluesky.publish import BlueskyAdapter
from workers.platforms.parts import PlatformParts, SandboxAccounts

PARTS = PlatformParts(
    open_adapter=lambda net: BlueskyAdapter(net.client),
    open_collector=lambda net: BlueskyCollector(net.client),
    connect=connect.connect,
    refresh=lambda net, attempt: connect.refresh(net.client, attempt.server.service_url, attempt.tokens),
    revoke=lambda net, attempt: connect.revoke(net.client, attempt.server.service_url, attempt.revocable),
    sandbox=SandboxAccounts(lambda digest: f"did:plc:{base64.b32encode(digest).decode().lower()[:24]}"),
)
