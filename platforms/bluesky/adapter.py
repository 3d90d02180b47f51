"""Calls of Bluesky, for the workers."""

import base64

from platforms.bluesky import api, connect
from platforms.bluesky.collect import BlueskyCollector
from platforms.bluesky.publish import BlueskyAdapter
from workers.platforms.parts import PlatformCallFunctions, SandboxIdFormatAndTokenLife

PLATFORM_CALLS = PlatformCallFunctions(
    open_adapter=lambda net: BlueskyAdapter(net.client),
    open_collector=lambda net: BlueskyCollector(net.client),
    connect=connect.connect_bluesky_account,
    refresh=lambda net, attempt: connect.fetch_new_bluesky_tokens(
        net.client, attempt.server.service_url, attempt.tokens
    ),
    revoke=lambda net, attempt: api.delete_pds_session(
        net.client, attempt.server.service_url, refresh_token=attempt.revocable.refresh_token or ""
    ),
    sandbox=SandboxIdFormatAndTokenLife(lambda digest: f"did:plc:{base64.b32encode(digest).decode().lower()[:24]}"),
)
