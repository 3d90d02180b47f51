"""Fan-out of webhook events to the open streams of this process, fed by a single poll."""

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from api.server.admission import build_http_connection_limits
from api.streams.long_poll import AwaitedObjectRef, LongPollHub, PollFunction, open_long_poll_hub
from db.pool import Pool, acquire_pg_connection
from domain.webhooks import streams
from domain.webhooks.streams import StreamHead
from schemas.settings import Settings

#: Maximum streams of one organization in one process.
MAX_WEBHOOK_STREAMS_PER_ORGANIZATION = 10


def open_webhook_stream_hub(settings: Settings, pool: Pool) -> AbstractAsyncContextManager[LongPollHub[StreamHead]]:
    """Open the hub of webhook event streams: a quarter of the process's connections, and 10 per organization."""
    max_streams = build_http_connection_limits(settings).connections // 4
    return open_long_poll_hub(
        build_webhook_stream_head_poller(pool),
        per_organization=MAX_WEBHOOK_STREAMS_PER_ORGANIZATION,
        in_total=max_streams,
    )


def build_webhook_stream_head_poller(pool: Pool) -> PollFunction[StreamHead]:
    """Return a function that reads the latest webhook event of many organizations in one query.

    The function also renews the recording of the organizations' webhook events from time to time.
    """
    renewed = time.monotonic()

    async def poll(refs: Sequence[AwaitedObjectRef]) -> list[StreamHead]:
        nonlocal renewed
        orgs = [organization_id for organization_id, _ in refs]
        async with acquire_pg_connection(pool) as conn:
            if time.monotonic() - renewed >= streams.WEBHOOK_RECORDING_RENEW_INTERVAL.total_seconds():
                await streams.renew_webhook_event_recording(conn, organization_ids=orgs)
                renewed = time.monotonic()
            heads = await streams.find_webhook_stream_heads(conn, organization_ids=orgs)
        return [heads[organization_id] for organization_id in orgs]

    return poll
