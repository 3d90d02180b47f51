"""Deliveries by a rare status: few rows are read among many others.

By plans for an empty table, and by plans with statistics.
"""

from typing import NamedTuple
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.webhooks import deliveries
from schemas.webhooks import WebhookDeliveryStatus
from tests import plans, seeds
from tests.plans import Uses

pytestmark = pytest.mark.fresh

PAGE, DELIVERED, OTHERS = 5, 4000, 8


class Table(NamedTuple):
    org: UUID
    endpoint_id: UUID


async def listed(conn: Conn, found: Table, *statuses: WebhookDeliveryStatus) -> list[str]:
    page = await deliveries.list_endpoint_deliveries(
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
    endpoint_id = await conn.fetchval(
        """insert into webhook_endpoint (organization_id, id, url, events)
           values ($1, new_uuid(), 'https://hooks.example.com/', array['*']) returning id""",
        org,
    )
    found = Table(org, endpoint_id)
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
