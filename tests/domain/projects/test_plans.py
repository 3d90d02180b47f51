"""A list of projects reads few rows of a large organization, with any filter and plans of any age."""

from typing import Any

import pytest

from db.pool import Conn, Pool
from domain.projects import projects
from schemas.projects import Project as Shown
from tests import plans
from tests.domain.project import Project

pytestmark = pytest.mark.fresh

ROWS, RARE, PAGE = 20_000, 5, 25
#: Index rows that a page may read: the first scan of a search for a common word has the most.
MOST = 5_000

#: A filter, and the number of its projects on a page.
ASKED: list[tuple[dict[str, Any], int]] = [
    ({"status": "active"}, PAGE),
    ({"status": "archived"}, RARE),
    ({"customer_external_id": "rare"}, RARE),
    ({"customer_external_id": "nobody"}, 0),
    ({"search": "bakery 7"}, RARE),
    ({"search": "BAKERY"}, RARE),
    ({"search": "nothing like it"}, 0),
    ({"search": "shop"}, PAGE),
    ({"search": "bakery", "status": "archived"}, 0),
]


async def fill(conn: Conn, project: Project) -> None:
    """Insert many shops, and before them few bakeries and few archived ones."""
    insert = """
      insert into project
             (organization_id, id, name, timezone, primary_language, metadata, status, archived_at)
      select $1, gen_random_uuid(), $2 || md5(n::text), 'UTC', 'en', $3, $4,
             case $4 when 'archived' then now() end
        from generate_series(1, $5::int) n"""
    await conn.execute(insert, project.org, "Bakery 7 ", {}, "active", RARE)
    await conn.execute(insert, project.org, "Shop ", {"partner": {"customerExternalId": "rare"}}, "active", RARE)
    await conn.execute(insert, project.org, "Shop ", {}, "archived", RARE)
    await conn.execute(insert, project.org, "Shop ", {}, "active", ROWS)


async def listed(conn: Conn, project: Project, **asked: Any) -> list[Shown]:
    none: dict[str, Any] = dict.fromkeys(("customer_external_id", "search", "before"))
    none["status"] = "active"
    return await projects.list_project_page(conn, organization_id=project.org, **none | asked, limit=PAGE)


async def test_list_reads_one_page(pool: Pool, conn: Conn, project: Project) -> None:
    """By plans from the start, and with statistics."""
    async with pool.acquire() as session:
        for asked, _ in ASKED * plans.TIMES:
            await listed(session, project, **asked)
        await fill(conn, project)
        excessive = []
        for step in ("select", "vacuum analyze project"):
            await conn.execute(step)
            for asked, expected in ASKED:
                async with plans.reading(session, "project") as come:
                    found = await listed(session, project, **asked)
                assert len(found) == expected, asked
                if come.rows > MOST:
                    excessive.append((step, asked, come))
    assert excessive == []
