"""Events of each change in the contract: one, in its transaction, to its subscribers."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import product
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.jobs import jobs
from domain.operations import maintenance
from domain.publishing.states import ALLOWED_POST_TRANSITIONS, PostStatusValue
from jobs import ledger
from jobs.kinds import JOB_KINDS
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Canceled, Done, Failed, Retry, TaskOutcome
from tests import leasing, seeds
from tests.domain import project as people
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene
from tests.domain.webhooks import watching
from tests.waiting import PATIENCE_S


@pytest_asyncio.fixture
async def told(conn: Conn, pool: Pool, project: Project) -> Callable[[], Awaitable[Counter[str]]]:
    """Return a function that counts the organization's new events by type since its last call."""
    await watching.listen(conn, project.org)
    seen: set[UUID] = set()

    async def since() -> Counter[str]:
        rows = await pool.fetch(
            """select v.id, v.type from webhook_event v
                 join webhook_delivery d on d.organization_id = v.organization_id and d.event_id = v.id
                where v.organization_id = $1""",
            project.org,
        )
        new = [row for row in rows if row["id"] not in seen]
        seen.update(row["id"] for row in new)
        return Counter(row["type"] for row in new)

    return since


Told = Callable[[], Awaitable[Counter[str]]]

#: Columns that the checks of a post's row tie to its status.
POST = """update scheduled_post
             set status = $2, phase = case when $2 = 'publishing' then 'sending' end,
                 handle = '{}', request = '', job_id = case when $2 = 'blocked' then null else $3::uuid end,
                 published_at = case when $2 = 'published' then now() end,
                 canceled_at = case when $2 = 'canceled' then now() end
           where id = $1"""

#: Event of a post that enters a state.
OF_POST = {
    PostStatusValue.QUEUED: "post.scheduled",
    PostStatusValue.PUBLISHED: "post.published",
    PostStatusValue.DRAFT_IN_INBOX: "post.draft_in_inbox",
    PostStatusValue.FAILED: "post.failed",
    PostStatusValue.CANCELED: "post.canceled",
    PostStatusValue.OUTCOME_UNKNOWN: "post.outcome_unknown",
}


async def test_each_transition_of_a_post_emits_its_state(conn: Conn, project: Project, told: Told) -> None:
    """Except after a proved failure to send: the post stayed scheduled."""
    mine = await scene.fill(conn, project, accounts=1)
    [post_id] = await scene.schedule(conn, mine)
    job_id = await conn.fetchval("select job_id from scheduled_post")
    assert await told() == {"social_account.connected": 1, "post.scheduled": 1}
    for source, target in product(PostStatusValue, PostStatusValue):
        await conn.execute("alter table scheduled_post disable trigger tell_changed")
        await conn.execute(POST, post_id, source, job_id)
        await conn.execute("alter table scheduled_post enable trigger tell_changed")
        await conn.execute(POST, post_id, target, job_id)
        came = await told()
        if (source, target) == (PostStatusValue.PUBLISHING, PostStatusValue.QUEUED) or source == target:
            assert came == {}, (source, target)
        elif (source, target) in ALLOWED_POST_TRANSITIONS:
            assert came == ({OF_POST[target]: 1} if target in OF_POST else {}), (source, target)
    times = "update scheduled_post set status = status, scheduled_for = scheduled_for + interval '1 hour'"
    for status in ("blocked", "queued"):
        await conn.execute(POST, post_id, status, job_id)
        await told()
        await conn.execute(times)
        assert await told() == ({"post.scheduled": 1} if status == "queued" else {})


async def test_end_of_a_job_is_emitted(conn: Conn, pool: Pool, project: Project, told: Told) -> None:
    ends: dict[str | None, TaskOutcome] = {
        "job.completed": Done({}),
        "job.failed": Failed("TIMEOUT", "x"),
        "job.canceled": Canceled(),
        None: Retry("BUSY", "x", after_s=3600),
    }
    for said, outcome in ends.items():
        claim = await people.started(conn, project)
        assert await told() == {}
        await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, outcome)])
        assert await told() == ({said: 1} if said else {})


async def test_end_of_a_queued_job_is_emitted(conn: Conn, pool: Pool, project: Project, told: Told) -> None:
    await people.cancel(pool, project, await people.start(conn, project))
    assert await told() == {"job.canceled": 1}
    await people.start(conn, project)
    await conn.execute("update job set deadline_at = now() where state = 'queued'")
    await maintenance.end_overdue_jobs_and_subjects(conn)
    assert await told() == {"job.failed": 1}
    await people.started(conn, project)
    await conn.execute("update worker set lease_expires_at = now() - interval '1 hour'")
    await conn.execute("update job set attempt = max_attempts, crashes = 100 where state = 'running'")
    await maintenance.requeue_or_end_lost_jobs(conn, before=await conn.fetchval("select now() + interval '1 hour'"))
    assert await told() == {"job.failed": 1}


async def test_internal_jobs_emit_nothing(conn: Conn, pool: Pool, project: Project, told: Told) -> None:
    internal = [kind for kind in JOB_KINDS.values() if kind.internal]
    assert internal
    for kind in internal:
        await ledger.submit_job(conn, kind=kind, organization_id=project.org, project_id=project.id, args={})
        await conn.execute(
            "update job set state = 'canceled', stage = 'canceled', finished_at = now() where kind = $1", kind.name
        )
    assert await told() == {}


async def test_connect_and_its_ends_are_emitted(conn: Conn, pool: Pool, project: Project, told: Told) -> None:
    account_id = await seeds.account(conn, project.org, project.id)
    assert await told() == {"social_account.connected": 1}
    await seeds.account(conn, project.org, project.id)
    assert await told() == {"social_account.connected": 1}
    await conn.execute("update social_account set status = 'reauth_required' where id = $1", account_id)
    assert await told() == {"social_account.needs_reauth": 1}
    await seeds.account(conn, project.org, project.id)
    assert await told() == {"social_account.connected": 1}
    await conn.execute("update social_account set turn_post_id = null, quota_posts = null where id = $1", account_id)
    assert await told() == {}
    await leasing.disconnect(pool, project.org, account_id)
    assert await told() == {"social_account.revoked": 1}


async def test_rolled_back_change_emits_nothing(conn: Conn, project: Project, told: Told) -> None:
    change = conn.transaction()
    await change.start()
    await conn.execute("update project set status = 'archived', archived_at = now()")
    assert await conn.fetchval("select count(*) from webhook_delivery") == 1
    await change.rollback()
    assert await told() == {}
    assert await conn.fetchval("select count(*) from webhook_event") == 0


async def test_endpoint_gets_its_types_of_its_project(conn: Conn, project: Project) -> None:
    other = await seeds.project(conn, project.org)
    stranger = await seeds.organization(conn)
    wanted = {
        "all": await watching.listen(conn, project.org),
        "its project": await watching.listen(conn, project.org, project_id=project.id),
        "another project": await watching.listen(conn, project.org, project_id=other),
        "this type": await watching.listen(conn, project.org, "job.failed", "project.archived"),
        "another type": await watching.listen(conn, project.org, "post.failed"),
        "a stranger": await watching.listen(conn, stranger),
        "paused": await watching.listen(conn, project.org),
        "disabled": await watching.listen(conn, project.org),
        "deleted": await watching.listen(conn, project.org),
    }
    await conn.execute("update webhook_endpoint set status = 'paused' where id = $1", wanted["paused"])
    await conn.execute("update webhook_endpoint set deleted_at = now() where id = $1", wanted["deleted"])
    await conn.execute(
        "update webhook_endpoint set status = 'disabled', disabled_reason = 'GONE' where id = $1", wanted["disabled"]
    )
    await conn.execute("delete from webhook_delivery")
    await conn.execute("delete from webhook_event")
    await people.archive(conn, project)
    assert await conn.fetchval("select count(*) from webhook_event") == 1
    told = {row["endpoint_id"] for row in await conn.fetch("select endpoint_id from webhook_delivery")}
    assert {name for name, one in wanted.items() if one in told} == {"all", "its project", "this type", "paused"}


async def test_disabled_endpoint_is_reported_to_the_others(conn: Conn, project: Project) -> None:
    gone = await watching.listen(conn, project.org)
    other = await watching.listen(conn, project.org, "post.failed")
    await watching.listen(conn, project.org, project_id=project.id)
    await watching.listen(conn, await seeds.organization(conn))
    disable = "update webhook_endpoint set status = 'disabled', disabled_reason = 'GONE' where id = $1"
    await conn.execute(disable, gone)
    await conn.execute(disable, gone)
    [row] = await conn.fetch("select endpoint_id, type from webhook_delivery")
    assert tuple(row) == (other, "webhook_endpoint.disabled")


async def test_stream_records_events_without_deliveries(conn: Conn, project: Project) -> None:
    listen = """insert into webhook_endpoint (organization_id, id, status, events, expires_at)
                values ($1, new_uuid(), 'listening', '{*}', now() + $2 * interval '1 minute')"""
    await conn.execute(listen, project.org, -1)
    await people.archive(conn, project)
    assert await conn.fetchval("select count(*) from webhook_event") == 0
    await conn.execute(listen, project.org, 1)
    await seeds.account(conn, project.org, await seeds.project(conn, project.org))
    assert await conn.fetchval("select count(*) from webhook_event") == 1
    assert await conn.fetchval("select count(*) from webhook_delivery") == 0


@pytest.mark.parametrize("accounts", [3, pytest.param(50, marks=pytest.mark.long)])
async def test_archive_emits_each_post_once(
    conn: Conn, pool: Pool, project: Project, told: Told, accounts: int
) -> None:
    mine = await scene.fill(conn, project, accounts=accounts)
    blocked = await scene.pending(conn, mine, "Later.")
    for _ in range(10):
        await scene.schedule(conn, mine)
        await scene.schedule(conn, mine, content_id=blocked)
    count = 10 * accounts
    assert await told() == {"social_account.connected": accounts, "post.scheduled": count}
    await scene.archive(pool, mine)
    assert await told() == {"project.archived": 1, "post.canceled": 2 * count, "job.canceled": count}
    posts = "select count(distinct object_id) from webhook_event where type = 'post.canceled'"
    assert await conn.fetchval(posts) == 2 * count


@pytest.mark.parametrize(
    "change",
    [
        "update webhook_endpoint set deleted_at = now()",
        "update webhook_endpoint set status = 'paused'",
        "update webhook_endpoint set status = 'disabled', disabled_reason = 'GONE'",
        "delete from webhook_endpoint",
    ],
)
async def test_emission_does_not_wait_for_a_locked_endpoint(
    conn: Conn, pool: Pool, project: Project, told: Told, change: str
) -> None:
    """And without a failure, in either order of commits."""
    async with pool.acquire() as changing:
        open_change = changing.transaction()
        await open_change.start()
        await changing.execute(change)
        claims = [await people.started(conn, project)]
        await asyncio.wait_for(
            jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claims[0], Done({}))]), PATIENCE_S
        )
        await open_change.commit()
    assert await told() == {"job.completed": 1}
    claim = await people.started(conn, project)
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Done({}))])
    assert await told() == ({"job.completed": 1} if "paused" in change else {})
