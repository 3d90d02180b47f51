"""Posts to a leased account: sent with its owner's credential, and never after the lease has ended."""

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from domain.accounts import accounts
from domain.accounts.credentials import TokenGrant
from domain.leasing import offers
from domain.publishing.outgoing import PostingAccountWithAccessToken
from jobs.kinds import REFRESH_TOKEN_KIND
from tests import seeds
from tests.domain.project import Project as Tenant
from tests.leasing import LeaseOwner
from tests.waiting import eventually
from tests.workers.tasks.publish_post.project import PublishingProject, lender, release, tenant
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform

#: The account's quota, for any tenant.
QUOTA = 30


@pytest_asyncio.fixture
async def owner(project: PublishingProject) -> LeaseOwner:
    return await lender(project)


@pytest_asyncio.fixture
async def leased(project: PublishingProject, owner: LeaseOwner) -> PublishingProject:
    """Return the project as a tenant of the owner's account."""
    return await tenant(project, owner, Tenant(project.org, project.id))


async def test_a_leased_post_uses_the_owners_credential(
    project: PublishingProject, owner: LeaseOwner, leased: PublishingProject
) -> None:
    tokens: list[str] = []

    class Seeing(ScriptedPlatform):
        async def send(self, account: PostingAccountWithAccessToken, *given: Any, **more: Any) -> Any:
            tokens.append(account.access_token)
            return await super().send(account, *given, **more)

    leased.platform = Seeing()
    async with project.pool.acquire() as conn, conn.transaction():
        grant = TokenGrant(access_token="the-owners")
        await seeds.account(conn, owner.org, owner.project_id, handle="bakes", grant=grant)
    post_id = await leased.post()
    assert await leased.attempts() == ["completed"]
    assert ((await leased.row(post_id))["status"], tokens) == ("published", ["the-owners"])
    assert await project.pool.fetchval("select owner_account_id from account_send") == owner.account_id


async def test_a_lost_post_is_reconciled_after_the_lease(leased: PublishingProject) -> None:
    leased.platform = ScriptedPlatform(may_repeat_send_safely=False)
    leased.platform.plan(send=["drop"], reconcile=["undecided", "undecided"])
    post_id = await leased.post()
    assert await leased.attempts() == ["failed"]
    await release(leased)
    assert await leased.query() == "snoozed"
    assert await leased.query() == "completed"
    assert ((await leased.row(post_id))["status"], len(leased.platform.calls)) == ("published", 1)


async def test_one_refresh_job_of_the_owner_serves_all_tenants(
    project: PublishingProject, owner: LeaseOwner, leased: PublishingProject
) -> None:
    project.platform.plan(send=["take"], poll=["expire"])
    await leased.post()
    assert await leased.attempt() == "snoozed"
    await release(leased)
    after = await tenant(project, owner)
    project.platform.plan(send=["expire"])
    await after.post()
    assert await after.attempt() == "snoozed"
    [job] = await project.jobs(REFRESH_TOKEN_KIND)
    assert (job["organization_id"], job["project_id"]) == (owner.org, owner.project_id)
    assert job["args"] == {"account_id": str(owner.account_id)}


@pytest.mark.parametrize(("send", "word"), [("throttle", "snoozed"), ("ok", "completed")])
async def test_cooldown_and_quota_outlast_the_lease(
    project: PublishingProject, owner: LeaseOwner, leased: PublishingProject, *, send: str, word: str
) -> None:
    if send == "ok":
        await limit(project, owner, posts=1)
    project.platform.plan(send=[send])
    await leased.post()
    assert await leased.attempt() == word
    await release(leased)
    after = await tenant(project, owner)
    post_id = await after.post()
    assert await after.attempt() == "snoozed"
    assert len(project.platform.calls) == 1
    await project.pool.execute("update account_send set at = at - interval '25 hours'")
    await project.skip_waits()
    assert await after.attempts() == ["completed"]
    assert after.records(post_id) == 1


async def limit(project: PublishingProject, owner: LeaseOwner, *, posts: int) -> None:
    """Set a quota of `posts` a day."""
    named = {"organization_id": owner.org, "account_id": owner.account_id}
    async with project.pool.acquire() as conn:
        await accounts.set_account_own_quota(conn, **named, posts=posts, seconds=86400)


async def test_the_owners_reconnection_resumes_the_tenants_posts(
    project: PublishingProject, owner: LeaseOwner, leased: PublishingProject
) -> None:
    project.platform.plan(send=["shut"])
    post_id = await leased.post()
    assert await leased.attempt() == "snoozed"
    rows = await project.pool.fetch("select id from social_account where status = 'reauth_required'")
    assert {row["id"] for row in rows} == {owner.account_id, leased.account_id}
    await project.skip_waits()
    assert await leased.attempt() == "snoozed"
    assert await leased.attempt() is None
    async with project.pool.acquire() as conn, conn.transaction():
        await seeds.account(conn, owner.org, owner.project_id, handle="bakes")
    assert await leased.attempts() == ["completed"]
    assert leased.records(post_id) == 1


@pytest.mark.parametrize("whose", ["tenant", "owner"])
async def test_an_earlier_tenants_post_is_not_taken_for_the_next_ones(
    project: PublishingProject, owner: LeaseOwner, whose: str
) -> None:
    """A reconciliation may find a post of another tenant from before the lease."""
    before = await insert_earlier_post(project, owner, whose)
    after = await tenant(project, owner)
    project.platform.names = str(before)
    post_id = await after.post()
    await after.attempts()
    row = await after.row(post_id)
    assert (row["status"], row["external_id"], row["external_url"]) == ("outcome_unknown", None, None)
    assert await after.query() == "snoozed"
    assert (await after.row(post_id))["external_id"] is None


async def insert_earlier_post(project: PublishingProject, owner: LeaseOwner, whose: str) -> UUID:
    """Insert a post that went out to the account before it was leased."""
    if whose == "tenant":
        first = await tenant(project, owner)
        post_id = await first.post()
        assert await first.attempts() == ["completed"]
        await release(first)
        return post_id
    own = replace(project, org=owner.org, id=owner.project_id, account_id=owner.account_id)
    async with project.pool.acquire() as conn:
        await offers.withdraw_account_offer(conn, actor=owner.actor, account_id=owner.account_id)
    post_id = await own.post()
    assert await own.attempts() == ["completed"]
    async with project.pool.acquire() as conn:
        await offers.offer_account_for_lease(conn, actor=owner.actor, account_id=owner.account_id, niche="baking")
    return post_id


@pytest.mark.long
async def test_successive_tenants_with_workers_running(project: PublishingProject, owner: LeaseOwner) -> None:
    """Each post goes out once or not at all, and none begins after its lease; all within one quota."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["ok", "take", "drop", "unreached", "ok", "lose", "ok"] * 5)
    await limit(project, owner, posts=QUOTA)
    posts: list[UUID] = []
    async with project.working(slots=10), project.working(slots=10):
        for number in range(8):
            held, calls = await tenant(project, owner), len(project.platform.calls)
            posts += [await held.post(f"post {number}.{one}") for one in range(6)]
            await eventually(partial(made_enough_calls, project, calls + number % 3 + 1))
            await release(held)
    project.platform.script.clear()
    await project.skip_waits()
    await project.attempts(most=len(posts))
    assert await project.open_jobs() == 0
    rows = await project.pool.fetch("select id, status from scheduled_post")
    ends = Counter(row["status"] for row in rows)
    assert set(ends) <= {"published", "canceled", "failed", "outcome_unknown"}
    assert ends.total() == len(posts)
    assert ends["published"]
    assert ends["canceled"]
    for row in rows:
        if row["status"] != "outcome_unknown":
            assert project.records(row["id"]) == (row["status"] == "published")
    assert await project.sends() <= QUOTA
    late = """select count(*) from scheduled_post p join account_lease l on l.account_id = p.social_account_id
               where p.sent_at >= upper(l.period)"""
    assert await project.pool.fetchval(late) == 0


async def made_enough_calls(project: PublishingProject, calls: int) -> bool:
    """Return whether enough calls were made, or no more will be: the quota is used up."""
    return len(project.platform.calls) >= calls or await project.sends() >= QUOTA
