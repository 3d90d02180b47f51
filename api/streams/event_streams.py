"""Fan-out of webhook events to the open streams of this process, fed by a single poll."""

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from api.server.admission import limits_of
from api.streams.long_poll import LongPollHub, Poll, Ref, open_hub
from db.pool import Pool
from domain.webhooks import streams
from domain.webhooks.streams import Head
from schemas.settings import Settings

#: Maximum streams of one organization in one process.
MAX_STREAMS = 10


def open_stream_hub(settings: Settings, pool: Pool) -> AbstractAsyncContextManager[LongPollHub[Head]]:
    """Open the hub of streams, which may take a quarter of the process's connections."""
    max_streams = limits_of(settings).connections // 4
    return open_hub(poll_heads(pool), per_organization=MAX_STREAMS, in_total=max_streams)


def poll_heads(pool: Pool) -> Poll[Head]:
    """Return a poll of many organizations' latest events; it renews their listening."""
    renewed = time.monotonic()

    async def poll(refs: Sequence[Ref]) -> list[Head]:
        nonlocal renewed
        orgs = [organization_id for organization_id, _ in refs]
        async with pool.acquire() as conn:
            if time.monotonic() - renewed >= streams.RENEW_INTERVAL.total_seconds():
                await streams.listen(conn, organization_ids=orgs)
                renewed = time.monotonic()
            heads = await streams.find_stream_heads(conn, organization_ids=orgs)
        return [heads[organization_id] for organization_id in orgs]

    return poll
