"""Calls of Bluesky, for the workers."""

import base64

from platforms.bluesky import connect
from platforms.bluesky.collect import BlueskyCollector
from platforms.bluesky.publish import BlueskyAdapter
from workers.platforms.parts import PlatformParts, SandboxAccountFormat

PARTS = PlatformParts(
    open_adapter=lambda net: BlueskyAdapter(net.client),
    open_collector=lambda net: BlueskyCollector(net.client),
    connect=connect.connect_bluesky_account,
    refresh=lambda net, attempt: connect.refresh_bluesky_tokens(net.client, attempt.server.service_url, attempt.tokens),
    revoke=lambda net, attempt: connect.revoke_bluesky_session(
        net.client, attempt.server.service_url, attempt.revocable
    ),
    sandbox=SandboxAccountFormat(lambda digest: f"did:plc:{base64.b32encode(digest).decode().lower()[:24]}"),
)
