"""Lists over all projects read few rows among many newer ones of archived projects."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.accounts import accounts
from domain.content import listing
from domain.publishing import posts
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from schemas import ids
from tests import plans, seeds
from tests.domain.project import Project

pytestmark = pytest.mark.fresh

#: Rows of active projects, newer ones of archived projects, and a page.
FEW, MANY, PAGE = 60, 8_000, 25
#: Whole rows of two pages, and a page of each active project.
MOST = 2 * PAGE + 2 * PAGE + 20

FUTURE = ListPeriod(since=datetime.now(UTC) + timedelta(days=1))

Lists = dict[str, tuple[str, Callable[[Conn, UUID, UUID | None], Awaitable[Sequence[Any]]]]]


def of_content(**filters: Any) -> Callable[[Conn, UUID, UUID | None], Awaitable[Sequence[Any]]]:
    asked: dict[str, Any] = {"statuses": None, "approval_statuses": None, "period": UNBOUNDED_PERIOD} | filters
    return lambda conn, org, before: listing.list_filtered_content(
        conn, organization_id=org, project_id=None, before=before, limit=PAGE, public_url="", **asked
    )


def of_posts(**filters: Any) -> Callable[[Conn, UUID, UUID | None], Awaitable[Sequence[Any]]]:
    asked: dict[str, Any] = {"statuses": None, "period": UNBOUNDED_PERIOD} | filters
    return lambda conn, org, before: posts.list_organization_post_page(
        conn, organization_id=org, before=before, limit=PAGE, **asked
    )


def of_accounts(**filters: Any) -> Callable[[Conn, UUID, UUID | None], Awaitable[Sequence[Any]]]:
    asked: dict[str, Any] = dict.fromkeys(("platforms", "statuses", "leased")) | filters
    return lambda conn, org, before: accounts.list_account_page(
        conn, organization_id=org, project_id=None, before=before, limit=PAGE, **asked
    )


LISTS: Lists = {
    "content": ("content_item", of_content()),
    "content to approve": ("content_item", of_content(approval_statuses=["pending"])),
    "content that failed": ("content_item", of_content(statuses=["failed"])),
    "posts": ("scheduled_post", of_posts()),
    "posts that failed": ("scheduled_post", of_posts(statuses=["failed"])),
    "posts that wait": ("scheduled_post", of_posts(statuses=["queued"])),
    "posts of a time": ("scheduled_post", of_posts(period=FUTURE)),
    "accounts": ("social_account", of_accounts()),
    "accounts to open again": ("social_account", of_accounts(statuses=["reauth_required"])),
}


async def fill(conn: Conn, project: Project, count: int, at: datetime) -> None:
    """Insert accounts, contents and posts, one a second from then on, in thirds with equal columns."""
    many = [ids.first_uuid7_at(at + timedelta(seconds=place)) for place in range(count)]
    statuses = ["queued", "failed", "failed"]
    await conn.execute(
        """insert into social_account
                  (organization_id, project_id, id, platform, service_url, external_id, handle, status)
           select $1, $2, id, 'mastodon', '', id::text, 'shop', 'reauth_required'
             from unnest($3::uuid[]) id""",
        project.org,
        project.id,
        many,
    )
    await conn.execute(
        """insert into content_item (organization_id, project_id, id, format, status, creative_type, caption,
                                     approval_status)
           select $1, $2, id, 'text', 'failed', 'uploaded', 'Bread', 'pending' from unnest($3::uuid[]) id""",
        project.org,
        project.id,
        many,
    )
    await conn.execute(
        """insert into scheduled_post (organization_id, project_id, id, content_id, social_account_id,
                                       platform, mode, status, job_id, scheduled_for, fingerprint)
           select $1, $2, id, id, id, 'mastodon', 'direct', status,
                  case status when 'queued' then gen_random_uuid() end, now() + interval '7 days', sha256('')
             from unnest($3::uuid[], $4::text[]) t (id, status)""",
        project.org,
        project.id,
        many,
        [statuses[place % 3] for place in range(count)],
    )


async def pages(conn: Conn, org: UUID, ask: Any, table: str) -> tuple[list[str], plans.TableReads]:
    """Return the ids of all pages, and the most rows that a page has read."""
    found, most, before = list[str](), plans.TableReads(0, 0), None
    while True:
        async with plans.reading(conn, table) as come:
            page = await ask(conn, org, before)
        most = plans.TableReads(max(most.scans, come.scans), max(most.rows, come.rows))
        found += [getattr(item, "id", None) or item.social_account_id for item in page]
        if len(page) < PAGE:
            return found, most
        before = UUID(found[-1].partition("_")[2])


async def rows_of(conn: Conn, project: Project, name: str) -> list[UUID]:
    """Return the expected ids, read by the measured connection: another one's reads are counted later."""
    status = {"posts that failed": "failed", "posts that wait": "queued"}.get(name)
    rows = await conn.fetch(
        f"""select id from {LISTS[name][0]}
             where project_id = $1 and coalesce(status = $2::text, true) order by id desc""",
        project.id,
        status,
    )
    return [row["id"] for row in rows]


async def test_archived_rows_are_not_read(pool: Pool, conn: Conn, project: Project) -> None:
    """By plans from the start, and with statistics."""
    for table in ("scheduled_post", "content_item", "project", "social_account"):
        # An autovacuum in between would cause new plans.
        await conn.execute(f"alter table {table} set (autovacuum_enabled = false)")
    gone = Project(project.org, await seeds.project(conn, project.org))
    archive = "update project set status = 'archived', archived_at = now() where id = $1"
    await conn.execute(archive, gone.id)
    now = datetime.now(UTC)
    async with pool.acquire() as session:
        for _ in range(plans.TIMES):
            for _, ask in LISTS.values():
                assert await ask(session, project.org, None) == []
        await fill(conn, project, FEW, now - timedelta(days=20))
        await fill(conn, gone, MANY, now - timedelta(days=10))
        excessive = {}
        for step in ("select", "vacuum analyze scheduled_post, content_item, project, social_account"):
            await conn.execute(step)
            for name, (table, ask) in LISTS.items():
                found, most = await pages(session, project.org, ask, table)
                expected = await rows_of(session, project, name)
                assert [UUID(shown.partition("_")[2]) for shown in found] == expected
                if most.scans or most.rows > MOST + 2 * FEW * (name == "posts of a time"):
                    excessive[step, name] = most
    assert excessive == {}


async def test_of_many_active_projects_few_are_read(pool: Pool, conn: Conn, project: Project) -> None:
    """An archive of the newest rows costs a row of each other project, and pages of as many as a page has."""
    others, each = 150, 20
    now = datetime.now(UTC)
    for place in range(others):
        one = Project(project.org, await seeds.project(conn, project.org))
        await fill(conn, one, each, now - timedelta(days=20, milliseconds=place))
    await fill(conn, project, 4 * PAGE, now - timedelta(days=10))
    archive = "update project set status = 'archived', archived_at = now() where id = $1"
    await conn.execute(archive, project.id)
    await conn.execute("vacuum analyze scheduled_post, content_item, project, social_account")
    excessive = {}
    async with pool.acquire() as session:
        for name in LISTS.keys() - {"posts of a time"}:
            table, ask = LISTS[name]
            status = {"posts that failed": "failed", "posts that wait": "queued"}.get(name)
            expected = await session.fetch(
                f"""select id from {table}
                     where organization_id = $1 and project_id <> $2 and coalesce(status = $3::text, true)
                     order by id desc limit $4""",
                project.org, project.id, status, PAGE,
            )  # fmt: skip
            async with plans.reading(session, table) as come:
                page = await ask(session, project.org, None)
            shown = [getattr(item, "id", None) or item.social_account_id for item in page]
            assert [UUID(one.partition("_")[2]) for one in shown] == [row["id"] for row in expected], name
            if come.scans or come.rows > 2 * PAGE + others + PAGE * each + PAGE:
                excessive[name] = come
    assert excessive == {}
