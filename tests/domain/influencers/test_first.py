"""First influencer of a project: created once, by an ingest that completes, without risk for the ingest."""

import asyncio
from functools import partial
from typing import Any

from db.pool import Conn, Pool, run_in_transaction
from domain.influencers import creating, drawing_job, influencers
from domain.influencers.influencers import InfluencerChangeAuthor
from domain.tenancy import project_locks
from jobs import ledger
from jobs.kinds import INFLUENCER_CREATE_KIND, INGEST_WEBSITE_KIND
from jobs.ledger import JobClaim
from schemas import ids
from schemas.influencers import InfluencerCreate
from tests import seeds
from tests.domain.project import Project


async def complete(pool: Pool, project: Project) -> None:
    """Complete an ingest, as far as influencers are concerned."""
    claim = JobClaim(project.org, project.id, ids.new_uuid7(), INGEST_WEBSITE_KIND.name, 1, 1, 4, {}, seeds.NOW)

    async def last(conn: Conn) -> None:
        await project_locks.lock_active_project(conn, organization_id=project.org, project_id=project.id)
        await drawing_job.ensure_first_influencer(conn, claim=claim)

    await run_in_transaction(pool, last)


async def create(pool: Pool, project: Project) -> Any:
    verb = partial(
        creating.create_brand_influencer,
        author=InfluencerChangeAuthor(project.org),
        project_id=project.id,
        body=InfluencerCreate(),
    )
    return (await run_in_transaction(pool, verb)).influencer_id


async def counts(conn: Conn) -> tuple[int, int]:
    """Count influencers and their jobs."""
    row = await conn.fetchrow(
        """select (select count(*) from influencer),
                  (select count(*) from job where kind = 'influencer_create')"""
    )
    assert row is not None
    return row[0], row[1]


async def test_concurrent_ingests_create_one_influencer(wide: Pool, conn: Conn, project: Project) -> None:
    await asyncio.gather(*(complete(wide, project) for _ in range(10)))
    assert await counts(conn) == (1, 1)
    await complete(wide, project)
    assert await counts(conn) == (1, 1)
    row = await conn.fetchrow("select status, is_first, language, brand_voice from influencer")
    assert row is not None
    assert tuple(row) == ("pending", True, "en", "plain")


async def test_partners_create_excludes_a_later_first_one(wide: Pool, conn: Conn, project: Project) -> None:
    for _ in range(5):
        await asyncio.gather(complete(wide, project), create(wide, project), complete(wide, project))
        rows = await conn.fetch("select is_first from influencer order by id")
        assert [row["is_first"] for row in rows] in ([False], [True, False])
        await conn.execute("delete from influencer")


async def test_project_that_had_an_influencer_gets_none(pool: Pool, conn: Conn, project: Project) -> None:
    made = await create(pool, project)
    await complete(pool, project)
    delete = partial(
        influencers.remove_influencer, author=InfluencerChangeAuthor(project.org), influencer_id=made, versions=None
    )
    await run_in_transaction(pool, delete)
    await complete(pool, project)
    assert await counts(conn) == (1, 1)


async def test_ingest_over_a_cap_leaves_it_to_the_next(pool: Pool, conn: Conn, project: Project) -> None:
    await conn.execute("update pool_cap set max_queued = 1 where pool = 'generate'")
    waiting = await ledger.submit_job(
        conn,
        kind=INFLUENCER_CREATE_KIND,
        organization_id=project.org,
        project_id=project.id,
        args={"influencer_id": str(ids.new_uuid7()), "colors": []},
    )
    await complete(pool, project)
    assert await counts(conn) == (0, 1)
    await conn.execute("delete from job where id = $1", waiting.job_id)
    await complete(pool, project)
    assert await counts(conn) == (1, 1)
