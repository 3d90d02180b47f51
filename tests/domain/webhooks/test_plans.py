"""Deliveries by a rare status, and the new events of streams: few rows are read among many others.

By plans for an empty table, and by plans with statistics.
"""

from typing import NamedTuple
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.webhooks import deliveries, streams
from domain.webhooks.streams import WebhookStreamPosition
from schemas.webhooks import WebhookDeliveryStatus
from tests import plans, seeds
from tests.domain.webhooks import watching
from tests.plans import Uses

pytestmark = pytest.mark.fresh

PAGE, DELIVERED, OTHERS = 5, 4000, 8


class Table(NamedTuple):
    org: UUID
    endpoint_id: UUID


async def listed(conn: Conn, found: Table, *statuses: WebhookDeliveryStatus) -> list[str]:
    page = await deliveries.list_webhook_deliveries_of_endpoint(
        conn,
        organization_id=found.org,
        endpoint_id=found.endpoint_id,
        types=None,
        statuses=statuses or None,
        before=None,
        limit=PAGE,
    )
    return [one.status for one in page]


USES: Uses[Table] = {
    "all": (listed, 4 * PAGE),
    "delivered": (lambda conn, found: listed(conn, found, "delivered"), 4 * PAGE),
    "pending": (lambda conn, found: listed(conn, found, "pending"), 4 * PAGE),
    "failed": (lambda conn, found: listed(conn, found, "failed"), 4 * PAGE),
    "not delivered": (
        lambda conn, found: listed(conn, found, "pending", "delivering", "failed", "abandoned"),
        16 * PAGE,
    ),
}


async def load(conn: Conn, found: Table, status: WebhookDeliveryStatus, count: int) -> None:
    await conn.execute(
        """insert into webhook_delivery (organization_id, endpoint_id, event_id, id, type, status, ended_at)
           select $1, $2, gen_random_uuid(), new_uuid(), 'job.failed', $3,
                  case when $3 not in ('pending', 'delivering') then now() end
             from generate_series(1, $4)""",
        *found,
        status,
        count,
    )


async def test_a_list_by_status_reads_few_rows(pool: Pool, conn: Conn) -> None:
    org = await seeds.organization(conn)
    found = Table(org, await watching.listen(conn, org))
    await conn.execute("alter table webhook_delivery set (autovacuum_enabled = false)")
    async with pool.acquire() as session:
        await plans.plan(session, USES, found)
        for status in ("pending", "delivering", "failed", "abandoned"):
            await load(session, found, status, OTHERS)
        await load(session, found, "delivered", DELIVERED)
        assert await plans.excess(session, USES, found, "webhook_delivery") == {}
        await session.execute("vacuum analyze webhook_delivery")
        assert await plans.excess(session, USES, found, "webhook_delivery") == {}
        assert await listed(session, found, "failed", "pending") == ["failed"] * PAGE


EVENTS, BATCH = 4000, 5


class Listened(NamedTuple):
    """Organizations with streams, and the first one's position: all but `BATCH` events are before it."""

    orgs: list[UUID]
    position: WebhookStreamPosition


async def look(conn: Conn, found: Listened) -> None:
    """Poll for all streams."""
    assert len(await streams.find_webhook_stream_heads(conn, organization_ids=found.orgs)) == len(found.orgs)


async def read(conn: Conn, found: Listened) -> None:
    """Read a reader's next batch."""
    await streams.read_webhook_stream_events(conn, organization_id=found.orgs[0], position=found.position, limit=BATCH)


STREAM_USES: Uses[Listened] = {"look": (look, 3), "read": (read, BATCH)}


async def test_stream_reads_only_new_events(pool: Pool, conn: Conn) -> None:
    """By plans from the start, and with statistics."""
    orgs = [await seeds.organization(conn) for _ in range(3)]
    await conn.execute("alter table webhook_event set (autovacuum_enabled = false)")
    async with pool.acquire() as session:
        await plans.plan(session, STREAM_USES, Listened(orgs, WebhookStreamPosition(streams.WEBHOOK_STREAM_START)))
        await session.execute(
            """insert into webhook_event (organization_id, id, type, object_id, xid)
               select org, new_uuid(), 'job.failed', org, (2 + number)::text::xid8
                 from unnest($1::uuid[]) org cross join generate_series(1, $2::int) number""",
            orgs,
            EVENTS,
        )
        last = await session.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint") - 1
        behind = WebhookStreamPosition((min(last, EVENTS + 2) - BATCH, streams.LOWEST_WEBHOOK_EVENT_ID))
        assert await plans.excess(session, STREAM_USES, Listened(orgs, behind), "webhook_event") == {}
        await session.execute("vacuum analyze webhook_event")
        assert await plans.excess(session, STREAM_USES, Listened(orgs, behind), "webhook_event") == {}
