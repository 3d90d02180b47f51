"""Posts to a leased account: sent by what its owner holds, and by nobody whose lease has ended."""

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from domain.accounts import accounts
from domain.accounts.credentials import Grant
from domain.leasing import offers
from domain.publishing.outgoing import Account
from jobs.kinds import RECONCILE_POST, REFRESH_TOKEN
from schemas.accounts import AccountDisconnected
from tests import lending, seeds
from tests.domain.place import Place
from tests.lending import Owner
from tests.waiting import eventually
from tests.workers.tasks.publish_post.scripted import Scripted
from tests.workers.tasks.publish_post.stage import Stage

#: What the account may send, whoever has it.
QUOTA = 30


@pytest_asyncio.fixture
async def owner(stage: Stage) -> Owner:
    async with stage.pool.acquire() as conn:
        return await lending.owner(conn)


@pytest_asyncio.fixture
async def leased(stage: Stage, owner: Owner) -> Stage:
    """The stage, of a tenant of the owner's account."""
    return await tenant(stage, owner, Place(stage.org, stage.project_id))


async def tenant(stage: Stage, owner: Owner, place: Place | None = None) -> Stage:
    """A tenant of the same platform's."""
    if place is None:
        async with stage.pool.acquire() as conn:
            place = await lending.tenant(conn)
    account_id = await lending.lend(stage.pool, owner, place)
    return replace(stage, org=place.org, project_id=place.project_id, account_id=account_id)


async def release(stage: Stage) -> AccountDisconnected:
    place = Place(stage.org, stage.project_id)
    return await lending.release(stage.pool, place, stage.account_id)


async def test_it_goes_out_by_the_owners_credential(stage: Stage, owner: Owner, leased: Stage) -> None:
    tokens: list[str] = []

    class Seeing(Scripted):
        async def send(self, account: Account, *given: Any, **more: Any) -> Any:
            tokens.append(account.access_token)
            return await super().send(account, *given, **more)

    leased.platform = Seeing()
    async with stage.pool.acquire() as conn, conn.transaction():
        grant = Grant(access_token="the-owners")
        await seeds.account(conn, owner.org, owner.project_id, handle="bakes", grant=grant)
    post_id = await leased.post()
    assert await leased.attempts() == ["completed"]
    assert ((await leased.row(post_id))["status"], tokens) == ("published", ["the-owners"])
    assert await stage.pool.fetchval("select owner_account_id from account_send") == owner.account_id


async def test_a_release_stops_what_is_not_marked(leased: Stage) -> None:
    post_id = await leased.post()
    answers: list[AccountDisconnected] = []

    async def let_go() -> None:
        answers.append(await release(leased))

    leased.platform.on["prepare"] = let_go
    assert await leased.attempts() == ["canceled"]
    row = await leased.row(post_id)
    assert (row["status"], row["cancel_reason"]) == ("canceled", "lease_released")
    assert (leased.platform.calls, answers[0].canceled_scheduled_posts) == ([], 1)


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ("ok", "published", None),
        ("take", "published", None),
        ("drop", "published", None),
        ("lose", "failed", "ACCOUNT_DISCONNECTED"),
        ("unreached", "failed", "ACCOUNT_DISCONNECTED"),
        ("refuse", "failed", "PLATFORM_REJECTED"),
    ],
)
@pytest.mark.parametrize("repeatable", [True, False])
async def test_what_is_under_way_ends_truthfully_and_is_sent_no_second_time(
    leased: Stage, answer: str, status: str, code: str | None, *, repeatable: bool
) -> None:
    """The lease ends during the call; what became of it is asked by the owner's credential."""
    leased.platform = Scripted(repeatable=repeatable)
    leased.platform.plan(send=[answer])
    post_id = await leased.post()
    answers: list[AccountDisconnected] = []

    async def let_go() -> None:
        if not answers:
            answers.append(await release(leased))

    leased.platform.on["send"] = let_go
    await leased.attempts()
    row = await leased.row(post_id)
    assert (row["status"], row["last_error"] and row["last_error"]["code"]) == (status, code)
    assert (len(leased.platform.calls), answers[0].canceled_scheduled_posts) == (1, 0)
    assert leased.records(post_id) == (status == "published")
    assert await leased.open_jobs() == 0


async def test_what_was_lost_is_asked_for_after_the_lease(leased: Stage) -> None:
    leased.platform = Scripted(repeatable=False)
    leased.platform.plan(send=["drop"], reconcile=["undecided", "undecided"])
    post_id = await leased.post()
    assert await leased.attempts() == ["failed"]
    await release(leased)
    await leased.skip_to_asking()
    assert await leased.attempt(kind=RECONCILE_POST) == "snoozed"
    await leased.skip_to_asking()
    assert await leased.attempt(kind=RECONCILE_POST) == "completed"
    assert ((await leased.row(post_id))["status"], len(leased.platform.calls)) == ("published", 1)


async def test_one_job_of_the_owners_refreshes_for_whoever_asks(
    stage: Stage, owner: Owner, leased: Stage
) -> None:
    stage.platform.plan(send=["take"], poll=["expire"])
    await leased.post()
    assert await leased.attempt() == "snoozed"
    await release(leased)
    after = await tenant(stage, owner)
    stage.platform.plan(send=["expire"])
    await after.post()
    assert await after.attempt() == "snoozed"
    [job] = await stage.jobs(REFRESH_TOKEN)
    assert (job["organization_id"], job["project_id"]) == (owner.org, owner.project_id)
    assert job["args"] == {"account_id": str(owner.account_id)}


async def test_a_rest_is_the_next_tenants_too(stage: Stage, owner: Owner, leased: Stage) -> None:
    stage.platform.plan(send=["throttle"])
    await leased.post()
    assert await leased.attempt() == "snoozed"
    await release(leased)
    after = await tenant(stage, owner)
    post_id = await after.post()
    assert await after.attempt() == "snoozed"
    assert len(stage.platform.calls) == 1
    await stage.skip_waits()
    assert await after.attempts() == ["completed"]
    assert after.records(post_id) == 1


async def test_a_quota_is_all_tenants_together(stage: Stage, owner: Owner, leased: Stage) -> None:
    place = {"organization_id": owner.org, "account_id": owner.account_id}
    async with stage.pool.acquire() as conn:
        await accounts.set_quota(conn, **place, posts=1, seconds=86400)
    await leased.post()
    assert await leased.attempts() == ["completed"]
    await release(leased)
    after = await tenant(stage, owner)
    await after.post()
    assert await after.attempt() == "snoozed"
    await stage.pool.execute("update account_send set at = at - interval '25 hours'")
    await stage.skip_waits()
    assert await after.attempts() == ["completed"]


async def test_its_owner_helps_and_its_posts_go_on(stage: Stage, owner: Owner, leased: Stage) -> None:
    stage.platform.plan(send=["shut"])
    post_id = await leased.post()
    assert await leased.attempt() == "snoozed"
    rows = await stage.pool.fetch("select id from social_account where status = 'reauth_required'")
    assert {row["id"] for row in rows} == {owner.account_id, leased.account_id}
    await stage.skip_waits()
    assert await leased.attempt() == "snoozed"
    assert await leased.attempt() is None
    async with stage.pool.acquire() as conn, conn.transaction():
        await seeds.account(conn, owner.org, owner.project_id, handle="bakes")
    assert await leased.attempts() == ["completed"]
    assert leased.records(post_id) == 1


@pytest.mark.parametrize("whose", ["tenant", "owner"])
async def test_a_post_of_the_last_ones_is_taken_for_nobody_elses(
    stage: Stage, owner: Owner, whose: str
) -> None:
    """A look may find what somebody else has posted to the account before."""
    before = await earlier(stage, owner, whose)
    after = await tenant(stage, owner)
    stage.platform.names = str(before)
    post_id = await after.post()
    await after.attempts()
    row = await after.row(post_id)
    assert (row["status"], row["external_id"], row["external_url"]) == ("outcome_unknown", None, None)
    await after.skip_to_asking()
    assert await after.attempt(kind=RECONCILE_POST) == "snoozed"
    assert (await after.row(post_id))["external_id"] is None


async def earlier(stage: Stage, owner: Owner, whose: str) -> UUID:
    """A post that went out to the account before it was leased."""
    if whose == "tenant":
        first = await tenant(stage, owner)
        post_id = await first.post()
        assert await first.attempts() == ["completed"]
        await release(first)
        return post_id
    own = replace(stage, org=owner.org, project_id=owner.project_id, account_id=owner.account_id)
    async with stage.pool.acquire() as conn:
        await offers.withdraw(conn, who=owner.who, account_id=owner.account_id)
    post_id = await own.post()
    assert await own.attempts() == ["completed"]
    async with stage.pool.acquire() as conn:
        await offers.offer(conn, who=owner.who, account_id=owner.account_id, niche="baking")
    return post_id


async def test_tenant_after_tenant_beside_workers_at_work(stage: Stage, owner: Owner) -> None:
    """Each post goes out once or not at all, and none that is begun after its lease; all within one quota."""
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["ok", "take", "drop", "unreached", "ok", "lose", "ok"] * 5)
    async with stage.pool.acquire() as conn:
        await accounts.set_quota(
            conn, organization_id=owner.org, account_id=owner.account_id, posts=QUOTA, seconds=86400
        )
    posts: list[UUID] = []
    async with stage.working(slots=10), stage.working(slots=10):
        for number in range(8):
            held = await tenant(stage, owner)
            posts += [await held.post(f"post {number}.{one}") for one in range(6)]
            await eventually(partial(enough, stage, len(stage.platform.calls) + number % 3 + 1))
            await release(held)
    stage.platform.script.clear()
    await stage.skip_waits()
    await stage.attempts(most=len(posts))
    assert await stage.open_jobs() == 0
    rows = await stage.pool.fetch("select id, status from scheduled_post")
    ends = Counter(row["status"] for row in rows)
    assert set(ends) <= {"published", "canceled", "failed", "outcome_unknown"}
    assert ends.total() == len(posts)
    assert ends["published"]
    assert ends["canceled"]
    for row in rows:
        if row["status"] != "outcome_unknown":
            assert stage.records(row["id"]) == (row["status"] == "published")
    assert await stage.sends() <= QUOTA
    late = """select count(*) from scheduled_post p join account_lease l on l.account_id = p.social_account_id
               where p.sent_at >= upper(l.period)"""
    assert await stage.pool.fetchval(late) == 0


async def enough(stage: Stage, calls: int) -> bool:
    """Calls were made, or none will be: the quota is used up."""
    return len(stage.platform.calls) >= calls or await stage.sends() >= QUOTA
