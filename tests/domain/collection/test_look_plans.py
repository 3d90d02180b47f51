"""The check for due accounts reads few rows among many, also by plans for empty tables."""

import pytest

from db.pool import Conn, Pool
from domain.collection import collection_runs
from tests import plans, seeds
from tests.domain.project import Project

pytestmark = pytest.mark.fresh

#: Accounts, each with as many known posts; and due accounts.
MANY, POSTS, DUE = 3000, 4, 5

TABLES = ("social_account", "post_collection", "scheduled_post", "account_collection")


async def fill(conn: Conn, project: Project) -> None:
    """Insert accounts, of which few are due before tomorrow, with posts that are due then or old."""
    account_id = await seeds.account(conn, project.org, project.id)
    await conn.execute("update social_account set collect_at = null where id = $1", account_id)
    content_id = await seeds.content(conn, project.org, project.id)
    await conn.execute(
        """insert into social_account
                  (organization_id, project_id, id, platform, service_url, external_id, handle, collect_at)
           select organization_id, project_id, gen_random_uuid(), platform, service_url, n::text, handle,
                  now() + case when n <= $1 then '-1 minute'::interval else '1 day' end
             from social_account, generate_series(1, $2) n""",
        DUE, MANY,
    )  # fmt: skip
    await conn.execute(
        """insert into scheduled_post
                  (organization_id, project_id, id, content_id, social_account_id, platform, mode, status,
                   scheduled_for, fingerprint, published_at, external_id)
           select organization_id, project_id, gen_random_uuid(), $1, id, platform, 'direct', 'published',
                  now(), sha256(''), now() - n * interval '20 days', n::text
             from social_account, generate_series(1, $2) n""",
        content_id, POSTS,
    )  # fmt: skip
    await conn.execute(
        """insert into post_collection (organization_id, post_id, account_id, asked_at, due_at)
           select organization_id, id, social_account_id, now(), now() + interval '1 day'
             from scheduled_post"""
    )
    await conn.execute(
        """insert into account_collection (organization_id, account_id, asked_at)
           select organization_id, id, now() from social_account"""
    )


#: One after the other: between none and all.
SOME = [pytest.param((table,), marks=pytest.mark.long) for table in TABLES]


@pytest.mark.parametrize("analyzed", [(), *SOME, TABLES])
async def test_only_due_accounts_are_read(pool: Pool, conn: Conn, project: Project, analyzed: tuple[str, ...]) -> None:
    """Tables get their statistics one after the other."""
    async with pool.acquire() as session:
        for _ in range(plans.TIMES):
            assert await collection_runs.submit_due_metric_collections(session) == 0
        await fill(conn, project)
        if analyzed:
            await conn.execute(f"vacuum analyze {', '.join(analyzed)}")
        before = [await plans.read(session, table) for table in TABLES]
        assert await collection_runs.submit_due_metric_collections(session) == DUE
        after = [await plans.read(session, table) for table in TABLES]
    assert [late.scans - early.scans for late, early in zip(after, before, strict=True)] == [0] * 4
    assert max(late.rows - early.rows for late, early in zip(after, before, strict=True)) <= 10 * DUE
