"""Races of a claim's deletion with a job's end and with a post for sending, in both orders."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.content import approved_claims
from jobs.kinds import CONTENT_GENERATE_KIND
from jobs.ledger import JobClaim
from schemas import ids
from schemas.claims import ClaimCreate, ClaimDeleted
from schemas.errors import StateConflict
from tests import seeds
from tests.domain.content import making
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene
from tests.jobs.scene import waits_for_lock
from tests.waiting import eventually

TEXT = "Rated 4.8 of 5 by 20,000 sailors"


async def approve(conn: Conn, project: Project, **ahead: float) -> UUID:
    now = datetime.now(UTC)
    end = seeds.in_utc(now + timedelta(**(ahead or {"days": 30})))
    body = ClaimCreate(text=TEXT, source="The store", valid_until=end, approved_by="Dana Reyes")
    async with conn.transaction():
        claim = await approved_claims.create_claim(
            conn,
            organization_id=project.org,
            project_id=project.id,
            api_key_id=None,
            body=body,
            now=now,
            ahead=timedelta(),
        )
    return seeds.parse_id(ids.CLAIM_ID_PREFIX, claim.claim_id)


async def delete(conn: Conn, project: Project, claim_id: UUID) -> ClaimDeleted:
    return await approved_claims.delete_claim(
        conn, organization_id=project.org, project_id=project.id, claim_id=claim_id, api_key_id=None
    )


async def claims_of(conn: Conn, content_id: UUID) -> list[UUID]:
    found: list[UUID] = await conn.fetchval("select approved_claim_ids from content_item where id = $1", content_id)
    return found


async def post_ready_to_send(pool: Pool, conn: Conn, project: Project) -> tuple[JobClaim, UUID]:
    """Return the job of a prepared post, and the post; its content says a claim."""
    await making.tell_brand(conn, project)
    project = await scene.fill(conn, project, accounts=1)
    project = project._replace(content_id=await making.made(pool, conn, project))
    [post_id] = await scene.schedule(conn, project)
    [job] = await scene.pull(conn)
    await scene.prepare(conn)
    return job, post_id


async def test_a_job_that_ends_after_the_deletion_completes_nothing(pool: Pool, conn: Conn, project: Project) -> None:
    await making.tell_brand(conn, project)
    claim_id, job = await approve(conn, project), await making.begun(conn, project)
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await delete(other, project, claim_id)
        finishing = asyncio.create_task(making.finish(pool, job))
        await eventually(lambda: waits_for_lock(conn))
        await transaction.commit()
    with pytest.raises(StateConflict, match="was deleted"):
        await finishing
    assert await conn.fetchval("select count(*) from content_asset") == 0


async def test_a_deletion_after_the_jobs_end_keeps_the_content_from_being_posted(
    pool: Pool, conn: Conn, project: Project
) -> None:
    await making.tell_brand(conn, project)
    claim_id = await approve(conn, project)
    project = await scene.fill(conn, project, accounts=1)
    project = project._replace(content_id=await making.made(pool, conn, project))
    item = await making.shown(conn, project, project.content_id)
    shown_id = ids.format_prefixed_id(ids.CLAIM_ID_PREFIX, claim_id)
    assert [one.line for one in item.provenance or [] if one.claim_id == shown_id] == [TEXT]
    assert await claims_of(conn, project.content_id) == [claim_id]
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        [post_id] = await scene.schedule(other, project, at=datetime.now(UTC) + timedelta(hours=1))
        deleting = asyncio.create_task(run_in_transaction(pool, lambda inner: delete(inner, project, claim_id)))
        await eventually(lambda: waits_for_lock(conn))
        await transaction.commit()
    assert (await deleting).canceled_posts == 1
    assert await scene.statuses(conn, [post_id]) == ["canceled"]
    with pytest.raises(StateConflict, match="was deleted"):
        await scene.schedule(conn, project, at=datetime.now(UTC) + timedelta(hours=2))
    assert await scene.unfinished(conn) == []


async def test_a_post_marked_after_the_deletion_is_canceled(pool: Pool, conn: Conn, project: Project) -> None:
    claim_id = await approve(conn, project)
    job, post_id = await post_ready_to_send(pool, conn, project)
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        assert (await delete(other, project, claim_id)).canceled_posts == 1
        marking = asyncio.create_task(scene.mark(pool, job))
        await eventually(lambda: waits_for_lock(conn))
        await transaction.commit()
    assert await marking is False
    assert await scene.statuses(conn, [post_id]) == ["canceled"]
    assert await conn.fetchval("select count(*) from account_send") == 0


async def test_a_deletion_after_the_mark_lets_the_post_go_out(pool: Pool, conn: Conn, project: Project) -> None:
    claim_id = await approve(conn, project)
    job, post_id = await post_ready_to_send(pool, conn, project)
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        assert await scene.mark_at_once(other, job)
        deleting = asyncio.create_task(run_in_transaction(pool, lambda inner: delete(inner, project, claim_id)))
        await eventually(lambda: waits_for_lock(conn))
        await transaction.commit()
    assert (await deleting).canceled_posts == 0
    await scene.publish(pool, job)
    assert await scene.statuses(conn, [post_id]) == ["published"]


async def test_a_late_post_fails_at_the_end_of_its_claim(pool: Pool, conn: Conn, project: Project) -> None:
    claim_id = await approve(conn, project)
    job, post_id = await post_ready_to_send(pool, conn, project)
    await conn.execute("update approved_claim set valid_until = clock_timestamp() where id = $1", claim_id)
    assert await scene.mark(pool, job) is False
    post = await scene.shown(conn, project, post_id)
    assert (post.status, post.last_error and post.last_error.code) == ("failed", "CLAIM_EXPIRED")
    assert post.last_error is not None
    assert ids.format_prefixed_id(ids.CLAIM_ID_PREFIX, claim_id) in post.last_error.message


async def test_a_piece_made_with_the_files_of_another_has_its_claims(pool: Pool, conn: Conn, project: Project) -> None:
    await making.tell_brand(conn, project)
    claim_id = await approve(conn, project)
    source = await making.made(pool, conn, project)
    late = await approve(conn, project, minutes=59)
    shown_source = ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, source)
    asked = partial(making.ask, conn, project, source_content_id=shown_source)
    made_with_it = await asked()
    [job] = await seeds.claims(conn, CONTENT_GENERATE_KIND)
    await making.finish(pool, job)
    assert await claims_of(conn, made_with_it.content_id) == [claim_id]
    async with conn.transaction():
        await delete(conn, project, claim_id)
    with pytest.raises(StateConflict, match="was deleted"):
        await asked()
    fresh = await making.made(pool, conn, project)
    assert await claims_of(conn, fresh) == [], f"{late} ends within the hour"
