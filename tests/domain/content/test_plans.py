"""A list of content reads few rows of a large project, whatever is asked for and whenever it was planned."""

from typing import Any

import pytest

from db.pool import Conn, Pool
from domain.content import content
from tests import plans
from tests.domain.project import Project

ROWS, RARE, PAGE = 20_000, 5, 25

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
        for asked in ASKED * plans.TIMES:
            assert await listed(session, project, **asked) == 0
        await fill(conn, project, ROWS, "completed", "not_required")
        await fill(conn, project, RARE, "failed", "not_required")
        await fill(conn, project, RARE, "completed", "rejected")
        if analyzed:
            await conn.execute("vacuum analyze content_item")
        excessive = []
        for asked in ASKED:
            async with plans.reading(session, "content_item") as come:
                count = await listed(session, project, **asked)
            if come.rows > 3 * count + 5:
                excessive.append((asked, count, come))
    assert excessive == []
