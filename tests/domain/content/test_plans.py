"""A list of content reads few rows of a large project, whatever is asked for and whenever it was planned."""

from typing import Any

import pytest

from db.pool import Conn, Pool
from domain.content import content
from tests.domain.project import Project
from tests.domain.publishing.test_plans import PAGE, read

ROWS, RARE = 20_000, 5

ASKED: list[dict[str, str]] = [
    {},
    {"status": "completed"},
    {"status": "failed"},
    {"approval_status": "not_required"},
    {"approval_status": "rejected"},
    {"status": "completed", "approval_status": "rejected"},
    {"status": "failed", "approval_status": "pending"},
]


async def fill(conn: Conn, project: Project, count: int, status: str, approval_status: str) -> None:
    await conn.execute(
        """insert into content_item (organization_id, project_id, id, format, status, creative_type, caption,
                                     approval_status)
           select $1, $2, gen_random_uuid(), 'text', $4, 'uploaded', 'Bread', $5
             from generate_series(1, $3)""",
        project.org,
        project.id,
        count,
        status,
        approval_status,
    )


async def listed(conn: Conn, project: Project, **asked: Any) -> int:
    none: dict[str, Any] = dict.fromkeys(("status", "approval_status", "before"))
    where: dict[str, Any] = {"organization_id": project.org, "project_id": project.id}
    return len(await content.list_page(conn, **where, **none | asked, limit=PAGE, public_url=""))


@pytest.mark.parametrize("analyzed", [True, False])
async def test_a_page_is_all_that_is_read(pool: Pool, conn: Conn, project: Project, analyzed: bool) -> None:
    async with pool.acquire() as session:
        for asked in ASKED * 6:  # from then on PostgreSQL may keep a plan for good
            assert await listed(session, project, **asked) == 0
        await fill(conn, project, ROWS, "completed", "not_required")
        await fill(conn, project, RARE, "failed", "not_required")
        await fill(conn, project, RARE, "completed", "rejected")
        if analyzed:
            await conn.execute("vacuum analyze content_item")
        excessive = []
        for asked in ASKED:
            _, rows = await read(session, "content_item")
            count = await listed(session, project, **asked)
            _, rows_after = await read(session, "content_item")
            if rows_after - rows > 3 * count + 5:
                excessive.append((asked, count, rows_after - rows))
    assert excessive == []
