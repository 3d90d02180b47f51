"""Races of leases: one tenant at a time, and no post of the last one afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import takewhile
from typing import Any, TypeVar
from uuid import UUID

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.accounts import accounts
from domain.leasing import offers, requests
from domain.publishing import failures
from jobs.ledger import JobClaim
from jobs.outcomes import TaskNotDone
from schemas.accounts import AccountDisconnected
from schemas.errors import AccountReauthRequired, JobCancelRequested, PlatformThrottled, StateConflict
from schemas.leases import OfferedAccount, OperatedRequest
from tests import leasing, seeds
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene
from tests.leasing import LeaseOwner

T = TypeVar("T")

RACES, SENDS = 200, 12

pytestmark = pytest.mark.first


async def posting(pool: Pool, owner: LeaseOwner, project: Project) -> Project:
    """Return a tenant of the account, with content."""
    leased = await leasing.lend(pool, owner, project)
    async with pool.acquire() as conn:
        content_id = await seeds.content(conn, project.org, project.id)
    return Project(project.org, project.id, [leased], content_id)


async def free(conn: Conn, owner: LeaseOwner) -> bool:
    leases = "select count(*) from account_lease where owner_account_id = $1 and upper_inf(period)"
    count = await conn.fetchval(leases, owner.account_id)
    assert count < 2
    return bool(count == 0)


async def shuffled(*racers: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Run all tasks in random order; return their results in the given order."""
    order = list(enumerate(racers))
    random.shuffle(order)
    came = await asyncio.gather(*[racer() for _, racer in order], return_exceptions=True)
    return [one for _, one in sorted(zip([number for number, _ in order], came, strict=True))]


@pytest.mark.long
async def test_two_tenants_never_have_it_at_once(wide: Pool, conn: Conn, owner: LeaseOwner) -> None:
    """Each round assigns it to both at once, in every other round while the last lease ends."""
    tenants, holder, wins = [await leasing.tenant(conn), await leasing.tenant(conn)], None, Counter[int]()
    for number in range(RACES):
        asked = [await leasing.ask(conn, project) for project in tenants]
        racers = [partial(leasing.assign, wide, owner, request_id) for request_id in asked]
        if holder and number % 2:
            came = await shuffled(*racers, partial(leasing.release, wide, *holder))
        else:
            if holder:
                await leasing.release(wide, *holder)
            came = await shuffled(*racers)
        won = [project for project in range(2) if isinstance(came[project], OperatedRequest)]
        refused = [one for one in came[:2] if isinstance(one, StateConflict)]
        assert len(won) + len(refused) == 2, came
        assert len(won) == 1 or (len(won) == 0 and number % 2)
        assert await free(conn, owner) == (not won)
        holder = None
        if won:
            shown = came[won[0]].assigned_social_account_ids[0]
            holder = (tenants[won[0]], seeds.parse_id("sa", shown))
            wins[won[0]] += 1
    assert min(wins[0], wins[1]) > RACES / 10
    met = """select exists (select from account_lease a, account_lease b
                             where a.account_id < b.account_id and a.period && b.period)"""
    assert not await conn.fetchval(met)
    assert await scene.unfinished(conn) == []


@pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.long)])
@pytest.mark.parametrize("end", ["release", "recall", "archive"])
async def test_no_post_is_sent_after_its_lease_ended(
    wide: Pool, conn: Conn, owner: LeaseOwner, end: str, rounds: int
) -> None:
    """Each post is sent before, or canceled; the answer has the number of canceled ones."""
    went = 0
    for _ in range(rounds):
        project = await posting(wide, owner, await leasing.tenant(conn))
        claims = await scene.prepared(conn, project, SENDS)
        ends = {
            "release": partial(leasing.release, wide, project, project.account_ids[0]),
            "recall": partial(leasing.recall, wide, owner, project.account_ids[0]),
            "archive": partial(archived, wide, project),
        }
        sent, answer = await scene.race(wide, claims, ends[end])
        assert answer.canceled_scheduled_posts == SENDS - len(sent)
        assert not await conn.fetchval(LATE)
        assert await free(conn, owner)
        await asyncio.gather(*[scene.publish(wide, claim) for claim in sent])
        went += len(sent)
    count = Counter(row["status"] for row in await conn.fetch("select status from scheduled_post"))
    assert count == Counter(published=went, canceled=rounds * SENDS - went)
    assert await scene.unfinished(conn) == []


#: Whether a post was sent for a tenant after the end of the lease.
LATE = """select exists (
            select from scheduled_post p join account_lease l on l.account_id = p.social_account_id
             where p.sent_at >= upper(l.period))"""


async def archived(pool: Pool, project: Project) -> Any:
    answer = await scene.archive(pool, project)
    assert await leasing.end_next(pool, project)
    return answer


@pytest.mark.long
async def test_change_of_tenants_keeps_the_quota(wide: Pool, conn: Conn, owner: LeaseOwner) -> None:
    """One sends until its lease ends, and the next from then on: together they keep the account's quota."""
    named = {"organization_id": owner.org, "account_id": owner.account_id}
    for quota in range(SENDS, 11 * SENDS, SENDS):
        await accounts.set_account_own_quota(conn, **named, posts=quota, seconds=86400)
        project = await posting(wide, owner, await leasing.tenant(conn))
        change = partial(change_tenants, wide, owner, project)
        _, after = await scene.race(wide, await scene.prepared(conn, project, SENDS), change)
        sends = await conn.fetch("select owner_account_id from account_send")
        assert len(sends) == quota
        assert {row["owner_account_id"] for row in sends} == {owner.account_id}
        await leasing.recall(wide, owner, after)
    assert not await conn.fetchval(LATE)
    assert await scene.unfinished(conn) == []


async def change_tenants(pool: Pool, owner: LeaseOwner, project: Project) -> UUID:
    """Lease the account to the next tenant, who sends up to the quota; return its account."""
    await leasing.release(pool, project, project.account_ids[0])
    async with pool.acquire() as conn:
        after = await posting(pool, owner, await leasing.tenant(conn))
        claims = await scene.prepared(conn, after, SENDS)
    await asyncio.gather(*[scene.mark(pool, claim) for claim in claims])
    return after.account_ids[0]


@pytest.mark.long
async def test_owner_and_tenants_never_block_each_other(wide: Pool, conn: Conn, owner: LeaseOwner) -> None:
    """Steps with an invalid token or a full quota, reconnects, and changes of tenants."""
    chance = random.Random(5)
    for _ in range(15):
        project = await posting(wide, owner, await leasing.tenant(conn))
        claims = await scene.prepared(conn, project, SENDS)

        async def come_back() -> None:
            connect = partial(seeds.account, org=owner.org, project_id=owner.project_id, handle="bakes")
            await run_in_transaction(wide, connect)

        racers: list[Callable[[], Awaitable[Any]]] = [
            partial(stumble, wide, claim, chance.choice([AccountReauthRequired, PlatformThrottled]))
            for claim in claims[4:]
        ]
        racers += [come_back] * 6
        racers += [partial(scene.mark, wide, claim) for claim in claims[:4]]
        racers.append(partial(leasing.release, wide, project, project.account_ids[0]))
        came = await shuffled(*racers)
        assert not [one for one in came if isinstance(one, BaseException)], came
        await come_back()
        assert await leasing.status(conn, owner.account_id) == "connected"
        await conn.execute("update social_account set cooldown_until = null")
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    assert await conn.fetchval(deadlocks) == 0


async def stumble(
    pool: Pool, claim: JobClaim, error: type[AccountReauthRequired | PlatformThrottled]
) -> TaskNotDone | None:
    """Report a refusal before the send; return None if the lease had ended by then."""
    generation = await pool.fetchval("select generation from account_credential")
    met = {"error": error("REFUSED", "it won't"), "generation": generation}
    try:
        return await scene.context(pool, claim).run_step_and_settle_outcome(
            partial(failures.store_error_of_maybe_live_post, claim=claim, **met)
        )
    except JobCancelRequested:
        return None


@pytest.mark.long
async def test_owner_either_leases_or_disconnects(wide: Pool, conn: Conn, owner: LeaseOwner) -> None:
    """Repeats until each has come first at least once."""
    ends = Counter[str]()
    for number in takewhile(lambda number: number < 40 or len(ends) < 2, range(1000)):
        one = await leasing.another(conn, owner, handle=f"one{number}")
        request_id = await leasing.ask(conn, await leasing.tenant(conn))
        asked: dict[str, Any] = {"actor": one.actor, "request_id": request_id, "account_ids": [one.shown]}
        lent, gone = await shuffled(
            partial(late, wide, partial(requests.assign_leased_accounts_to_request, **asked)),
            partial(leasing.disconnect, wide, one.org, one.account_id),
        )
        if isinstance(lent, OperatedRequest):
            assert isinstance(gone, StateConflict)
        else:
            assert (type(lent), type(gone)) == (StateConflict, AccountDisconnected), (lent, gone)
        status = await leasing.status(conn, one.account_id)
        assert (status == "disconnected") == await free(conn, one)
        ends[status] += 1
    assert len(ends) == 2
    assert await scene.unfinished(conn) == []


@pytest.mark.long
async def test_owner_either_offers_or_posts(wide: Pool, conn: Conn, owner: LeaseOwner) -> None:
    """An offered account has no waiting post of its owner.

    Repeats until each has come first at least once.
    """
    ends = Counter[type]()
    content_id = await seeds.content(conn, owner.org, owner.project_id)
    for number in takewhile(lambda number: number < 40 or len(ends) < 2, range(1000)):
        account_id = await seeds.account(conn, owner.org, owner.project_id, handle=f"own{number}")
        mine = Project(owner.org, owner.project_id, [account_id], content_id)
        offering: dict[str, Any] = {"actor": owner.actor, "account_id": account_id, "niche": "baking"}
        posted, offered = await shuffled(
            partial(run_in_transaction, wide, partial(scene.schedule, project=mine)),
            partial(late, wide, partial(offers.offer_account_for_lease, **offering)),
        )
        assert {type(posted), type(offered)} in ({list, StateConflict}, {StateConflict, OfferedAccount})
        ends[type(offered)] += 1
    assert len(ends) == 2
    assert await scene.unfinished(conn) == []


async def late(pool: Pool, verb: Callable[[Conn], Awaitable[T]]) -> T:
    """Run it after other queries in its transaction, so that it isn't always the first."""

    async def body(conn: Conn) -> T:
        for _ in range(random.randrange(20)):
            await conn.execute("select 1")
        return await verb(conn)

    return await run_in_transaction(pool, body)


async def test_two_concurrent_releases_get_the_same_answer(
    wide: Pool, conn: Conn, owner: LeaseOwner, project: Project
) -> None:
    project = await posting(wide, owner, project)
    await scene.schedule(conn, project)
    [leased] = project.account_ids
    came = await shuffled(
        *[partial(leasing.release, wide, project, leased)] * 3, *[partial(leasing.recall, wide, owner, leased)] * 3
    )
    assert {one.canceled_scheduled_posts for one in came if isinstance(one, AccountDisconnected)} == {1}
    assert (await leasing.actions(conn, project.org)).count("social_account.lease_ended") == 1
