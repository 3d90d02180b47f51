"""A poll for all streams, and a reader's next batch, read few rows among any number of events."""

from typing import NamedTuple
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.webhooks import streams
from domain.webhooks.streams import StreamPosition
from tests import plans, seeds
from tests.plans import Uses

pytestmark = pytest.mark.fresh

EVENTS, BATCH = 4000, 5


class Listened(NamedTuple):
    """Organizations with streams, and the first one's position: all but `BATCH` events are before it."""

    orgs: list[UUID]
    position: StreamPosition


async def look(conn: Conn, found: Listened) -> None:
    assert len(await streams.find_stream_heads(conn, organization_ids=found.orgs)) == len(found.orgs)


async def read(conn: Conn, found: Listened) -> None:
    await streams.read_stream_events(conn, organization_id=found.orgs[0], position=found.position, limit=BATCH)


USES: Uses[Listened] = {"look": (look, 3), "read": (read, BATCH)}


async def test_stream_reads_only_new_events(pool: Pool, conn: Conn) -> None:
    """By plans from the start, and with statistics."""
    orgs = [await seeds.organization(conn) for _ in range(3)]
    await conn.execute("alter table webhook_event set (autovacuum_enabled = false)")
    async with pool.acquire() as session:
        await plans.plan(session, USES, Listened(orgs, StreamPosition(streams.STREAM_START)))
        await session.execute(
            """insert into webhook_event (organization_id, id, type, object_id, xid)
               select org, new_uuid(), 'job.failed', org, (2 + number)::text::xid8
                 from unnest($1::uuid[]) org cross join generate_series(1, $2::int) number""",
            orgs,
            EVENTS,
        )
        last = await session.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint") - 1
        behind = StreamPosition((min(last, EVENTS + 2) - BATCH, streams.NO_EVENT_ID))
        assert await plans.excess(session, USES, Listened(orgs, behind), "webhook_event") == {}
        await session.execute("vacuum analyze webhook_event")
        assert await plans.excess(session, USES, Listened(orgs, behind), "webhook_event") == {}
