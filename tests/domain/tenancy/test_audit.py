"""The audit log: a filter reads what it finds, and what is old goes."""

from datetime import timedelta
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.tenancy import audit
from schemas import ids
from tests import plans
from tests.domain.project import Project

ROWS, RARE, PAGE = 20_000, 5, 25
DAY_MS = 86_400_000


async def fill(conn: Conn, org: UUID, action: str, count: int) -> None:
    await conn.execute(
        """insert into audit_log (organization_id, id, action, subject)
           select $1, gen_random_uuid(), $2, 'prj' from generate_series(1, $3::int)""",
        org,
        action,
        count,
    )


@pytest.mark.parametrize("analyzed", [True, False])
async def test_a_page_is_all_that_is_read(pool: Pool, conn: Conn, project: Project, analyzed: bool) -> None:
    async def listed(action: str | None) -> int:
        entries = await audit.list_page(
            session, organization_id=project.org, action=action, before=None, limit=PAGE
        )
        return len(entries)

    async with pool.acquire() as session:
        for action in [None, "key.killed", "none"] * plans.TIMES:
            await listed(action)
        await fill(conn, project.org, "project.updated", ROWS)
        await fill(conn, project.org, "key.killed", RARE)
        if analyzed:
            await conn.execute("vacuum analyze audit_log")
        for action, expected in ((None, PAGE), ("key.killed", RARE), ("project.updated", PAGE), ("none", 0)):
            async with plans.reading(session, "audit_log") as come:
                assert await listed(action) == expected
            assert come.rows <= 3 * PAGE, action


def made(days_ago: float) -> UUID:
    """An id as it was made then."""
    now = ids.new()
    return UUID(int=now.int - (int(days_ago * DAY_MS) << 80))


async def test_entries_past_their_time_go_and_others_stay(conn: Conn, project: Project) -> None:
    old, young = made(31), made(29)
    for entry in (old, young):
        await conn.execute(
            """insert into audit_log (organization_id, id, action, subject, created_at)
               values ($1, $2, 'a.b', 'prj', now())""",
            project.org,
            entry,
        )
    assert await audit.prune(conn, keep=timedelta(days=30)) == 1
    left = await conn.fetch("select id from audit_log where organization_id = $1", project.org)
    assert old not in {row["id"] for row in left}
    assert young in {row["id"] for row in left}


async def test_one_run_deletes_a_batch(conn: Conn, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BATCH", 2)
    for _ in range(3):
        await conn.execute(
            "insert into audit_log (organization_id, id, action, subject) values ($1, $2, 'a.b', 'prj')",
            project.org,
            made(100),
        )
    assert [await audit.prune(conn, keep=timedelta(days=30)) for _ in range(3)] == [2, 1, 0]
