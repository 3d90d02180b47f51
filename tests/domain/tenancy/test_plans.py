"""A page of the audit log reads few rows of a large one, with any filter and plans of any age."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.tenancy import audit
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from schemas import ids
from tests import plans, seeds

pytestmark = pytest.mark.fresh

ROWS, RARE, PAGE = 20_000, 5, 25
NONE: dict[str, Any] = dict.fromkeys(("actions", "project_ids", "api_key_ids", "before")) | {"period": UNBOUNDED_PERIOD}


async def fill(conn: Conn, org: UUID, count: int, action: str, by: tuple[UUID, UUID]) -> None:
    await conn.execute(
        """insert into audit_log (organization_id, id, api_key_id, action, subject, project_id)
           select $1, t.id, $2, $3, 'x', $4 from unnest($5::uuid[]) t (id)""",
        org,
        by[1],
        action,
        by[0],
        [ids.new_uuid7() for _ in range(count)],
    )


async def test_list_reads_one_page(pool: Pool, conn: Conn) -> None:
    """By plans from the start, and with statistics."""
    org = await seeds.organization(conn)
    shop, bar = await seeds.project(conn, org), await seeds.project(conn, org)
    insert = """insert into api_key (organization_id, id, name, key_id, secret_hash, pepper_id, scopes)
                values ($1, $2, 'x', $3, '', '1', '{}')"""
    usual, rare = ids.new_uuid7(), ids.new_uuid7()
    for key_id, name in ((usual, "a" * 16), (rare, "b" * 16)):
        await conn.execute(insert, org, key_id, name)
    wanted: list[dict[str, Any]] = [
        {},
        {"actions": ["often"]},
        {"actions": ["seldom"]},
        {"actions": ["never", "seldom"]},
        {"project_ids": [shop]},
        {"project_ids": [bar]},
        {"api_key_ids": [usual]},
        {"api_key_ids": [rare]},
        {"project_ids": [bar], "actions": ["seldom"]},
        {"period": ListPeriod(until=datetime(2026, 1, 1, tzinfo=UTC))},
    ]
    #: Filters with a plan that depends on the statistics.
    late = {"period": ListPeriod(since=datetime(2100, 1, 1, tzinfo=UTC))}
    once_analyzed: list[dict[str, Any]] = [late, {**late, "project_ids": [shop]}]
    async with pool.acquire() as session:
        for asked in (wanted + once_analyzed) * plans.TIMES:
            await audit.list_audit_page(session, organization_id=org, **NONE | asked, limit=PAGE)
        await fill(conn, org, ROWS, "often", (shop, usual))
        await fill(conn, org, RARE, "seldom", (bar, rare))
        excessive = []
        for analyzed in (False, True):
            if analyzed:
                await conn.execute("vacuum analyze audit_log")
            for asked in wanted + once_analyzed * analyzed:
                async with plans.reading(session, "audit_log") as come:
                    found = await audit.list_audit_page(session, organization_id=org, **NONE | asked, limit=PAGE)
                if come.rows > 3 * len(found) + 10:
                    excessive.append((analyzed, asked, len(found), come))
    assert excessive == []
