"""A list of content reads few rows of a large project, with any filter and plans of any age."""

from datetime import UTC, datetime
from typing import Any

import pytest

from db.pool import Conn, Pool
from domain.content import listing
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from schemas import ids
from tests import plans
from tests.domain.project import Project

pytestmark = pytest.mark.fresh

ROWS, RARE, PAGE = 20_000, 5, 25

ASKED: list[dict[str, Any]] = [
    {},
    {"statuses": ["completed"]},
    {"statuses": ["failed"]},
    {"statuses": ["failed", "completed"]},
    {"approval_statuses": ["not_required"]},
    {"approval_statuses": ["rejected"]},
    {"formats": ["image"]},
    {"formats": ["image", "text"]},
    {"creative_types": ["generated"]},
    {"creative_types": ["uploaded"], "formats": ["image"]},
    {"statuses": ["completed"], "approval_statuses": ["rejected"]},
    {"statuses": ["failed"], "approval_statuses": ["pending"]},
    {"period": ListPeriod(until=datetime(2026, 1, 1, tzinfo=UTC))},
]
#: Filters with a plan that depends on the statistics.
ONCE_ANALYZED: list[dict[str, Any]] = [
    {"period": ListPeriod(since=datetime(2100, 1, 1, tzinfo=UTC))},
    {"period": ListPeriod(since=datetime(2100, 1, 1, tzinfo=UTC)), "statuses": ["completed"]},
]
NONE: dict[str, Any] = dict.fromkeys(("statuses", "approval_statuses", "formats", "creative_types", "before")) | {
    "period": UNBOUNDED_PERIOD
}


async def fill(conn: Conn, project: Project, count: int, status: str, approval_status: str) -> None:
    await conn.execute(
        """insert into content_item (organization_id, project_id, id, format, status, creative_type, caption,
                                     approval_status)
           select $1, $2, t.id, 'text', $4, 'uploaded', 'Bread', $5
             from unnest($3::uuid[]) t (id)""",
        project.org,
        project.id,
        [ids.new_uuid7() for _ in range(count)],
        status,
        approval_status,
    )


#: Filters of lists over all projects.
OF_ALL = ("statuses", "approval_statuses", "period", "before")
OF_ALL_ASKED = [asked for asked in ASKED if {*asked} <= {*OF_ALL}]


async def listed_of_all(conn: Conn, project: Project, **asked: Any) -> int:
    given = {name: value for name, value in (NONE | asked).items() if name in OF_ALL}
    where: dict[str, Any] = {"organization_id": project.org, "project_id": None} | given
    return len(await listing.list_filtered_content(conn, **where, limit=PAGE, public_url=""))


async def listed(conn: Conn, project: Project, **asked: Any) -> int:
    where: dict[str, Any] = {"organization_id": project.org, "project_id": project.id}
    return len(await listing.list_filtered_content(conn, **where, **NONE | asked, limit=PAGE, public_url=""))


async def test_list_reads_one_page(pool: Pool, conn: Conn, project: Project) -> None:
    """By plans from the start, and with statistics."""
    async with pool.acquire() as session:
        for asked in (ASKED + ONCE_ANALYZED) * plans.TIMES:
            assert await listed(session, project, **asked) == 0
        for asked in OF_ALL_ASKED * plans.TIMES:
            assert await listed_of_all(session, project, **asked) == 0
        await fill(conn, project, ROWS, "completed", "not_required")
        await fill(conn, project, RARE, "failed", "not_required")
        await fill(conn, project, RARE, "completed", "rejected")
        excessive = []
        for analyzed in (False, True):
            if analyzed:
                await conn.execute("vacuum analyze content_item")
            searches = [(listed, asked) for asked in ASKED + ONCE_ANALYZED * analyzed]
            for search, asked in [*searches, *((listed_of_all, asked) for asked in OF_ALL_ASKED)]:
                async with plans.reading(session, "content_item") as come:
                    count = await search(session, project, **asked)
                if come.rows > 3 * len(asked.get("statuses", [1])) * count + 5:
                    excessive.append((analyzed, asked, count, come))
    assert excessive == []
