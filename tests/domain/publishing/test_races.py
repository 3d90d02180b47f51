"""Races of posts with archive, edit and disconnect: each is sent or canceled, and the answers are right."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool, run_in_transaction
from jobs.ledger import JobClaim
from schemas.errors import StateConflict
from schemas.projects import Archived
from tests import leasing, seeds
from tests.domain.content import reviewing
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene

pytestmark = pytest.mark.first


@pytest_asyncio.fixture
async def project(conn: Conn, project: Project) -> Project:
    return await scene.fill(conn, project)


@pytest.mark.parametrize("archives", [3, pytest.param(10, marks=pytest.mark.long)])
async def test_many_posts_against_archives(wide: Pool, conn: Conn, project: Project, archives: int) -> None:
    """Each is canceled or sent, never both; every archive's counts match."""
    marked = 0
    for _ in range(archives):
        project_id = await seeds.project(conn, project.org)
        project = await scene.fill(conn, Project(project.org, project_id), accounts=10)
        claims = await scene.prepared(conn, project, 10)
        blocked = await scene.schedule(conn, project, content_id=await scene.pending(conn, project, "Later."))
        went, answer = await scene.race(wide, claims, partial(scene.archive, wide, project))
        assert (answer.in_flight_posts, answer.canceled_scheduled_posts) == (
            len(went),
            len(claims) + len(blocked) - len(went),
        )
        await asyncio.gather(*[scene.publish(wide, claim) for claim in went])
        marked += len(went)
    count = Counter(row["status"] for row in await conn.fetch("select status from scheduled_post"))
    assert count == Counter(published=marked, canceled=110 * archives - marked)
    assert 0 < marked < 100 * archives
    assert await conn.fetchval("select count(*) from account_send") == marked
    assert await scene.unfinished(conn) == []


async def test_ends_against_an_archive_and_cancels(wide: Pool, conn: Conn, project: Project) -> None:
    """Each marked post is published whatever comes meanwhile, and each other one is canceled."""
    claims = await scene.prepared(conn, project, 10)
    marked, unmarked = claims[::2], claims[1::2]
    for claim in marked:
        assert await scene.mark(wide, claim)
    racers: list[Callable[[], Awaitable[Any]]] = [partial(scene.publish, wide, claim) for claim in marked]
    racers += [partial(scene.cancel, wide, project, UUID(claim.args["post_id"])) for claim in claims]
    racers += [partial(scene.mark, wide, claim) for claim in unmarked]
    random.shuffle(racers)
    racers.insert(random.randrange(len(racers)), partial(scene.archive, wide, project))
    await asyncio.gather(*[racer() for racer in racers])
    post_ids = [UUID(claim.args["post_id"]) for claim in marked]
    assert set(await scene.statuses(conn, post_ids)) == {"published"}
    for post_id in post_ids:
        assert (await scene.events(conn, post_id)).count("published") == 1
    ends = await conn.fetch("select status, count(*) from scheduled_post where id <> all($1) group by 1", post_ids)
    assert {row["status"] for row in ends} <= {"canceled", "publishing"}
    assert await scene.unfinished(conn) == []


@pytest.mark.long
async def test_schedules_against_archives(wide: Pool, conn: Conn, project: Project) -> None:
    """Posts scheduled before an archive are counted and canceled, later schedules are refused."""
    for _ in range(20):
        project = await scene.fill(conn, Project(project.org, await seeds.project(conn, project.org)), accounts=2)
        racers: list[Callable[[], Awaitable[Any]]] = [
            partial(run_in_transaction, wide, partial(scene.schedule, project=project)) for _ in range(6)
        ]
        racers.insert(random.randrange(6), partial(scene.archive, wide, project))
        answers = await asyncio.gather(*[racer() for racer in racers], return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, StateConflict)]
        assert {answer.details["reason"] for answer in refused} <= {"PROJECT_ARCHIVED"}
        [archived] = [answer for answer in answers if isinstance(answer, Archived)]
        assert archived.canceled_scheduled_posts == 2 * (6 - len(refused))
    assert await conn.fetchval("select count(*) from scheduled_post where status <> 'canceled'") == 0
    assert await scene.unfinished(conn) == []


async def disconnect(pool: Pool, project: Project, account_id: UUID) -> int:
    return (await leasing.disconnect(pool, project.org, account_id)).canceled_scheduled_posts


@pytest.mark.parametrize(("stop", "of"), [(scene.cancel, "id"), (disconnect, "social_account_id")])
async def test_cancels_and_disconnects_against_sends(
    wide: Pool, conn: Conn, project: Project, stop: Callable[[Pool, Project, UUID], Awaitable[int]], of: str
) -> None:
    """A post that was reported as canceled is never sent, and all others are."""
    claims = await scene.prepared(conn, project, 20)
    rows = await conn.fetch("select id, social_account_id from scheduled_post")
    whose = {row["id"]: row[of] for row in rows}
    canceled, sent = Counter[UUID](), list[UUID]()

    async def end(its_id: UUID) -> None:
        canceled[its_id] = await stop(wide, project, its_id)

    async def send(claim: JobClaim) -> None:
        if await scene.mark(wide, claim):
            sent.append(UUID(claim.args["post_id"]))

    racers = [partial(send, claim) for claim in claims]
    random.shuffle(racers)
    for its_id in set(whose.values()):
        # Neither among the first nor the last: some posts are sent by then, and some can still be stopped.
        racers.insert(random.randrange(len(racers) // 4, 3 * len(racers) // 4), partial(end, its_id))
    await asyncio.gather(*[racer() for racer in racers])
    stopped = [post_id for post_id in whose if post_id not in sent]
    assert canceled == Counter(whose[post_id] for post_id in stopped)
    assert len(stopped) > 5 < len(sent)
    assert set(await scene.statuses(conn, stopped)) == {"canceled"}
    assert set(await scene.statuses(conn, sent)) == {"publishing"}
    assert await scene.unfinished(conn) == []


@pytest.mark.parametrize("change", [scene.cancel, scene.postpone])
async def test_changes_against_claims(
    wide: Pool, conn: Conn, project: Project, change: Callable[[Pool, Project, UUID], Awaitable[bool]]
) -> None:
    """A moved post isn't begun, and a begun one isn't moved; a cancel still comes in time."""
    post_ids = [post_id for _ in range(20) for post_id in await scene.schedule(conn, project)]
    begun: list[UUID] = []
    changed: list[UUID] = []

    async def pull() -> None:
        async with wide.acquire() as own:
            begun.extend([UUID(claim.args["post_id"]) for claim in await scene.pull(own, 5)])

    async def alter(post_id: UUID) -> None:
        if await change(wide, project, post_id):
            changed.append(post_id)

    racers = [partial(alter, post_id) for post_id in post_ids] + [pull] * 10
    random.shuffle(racers)
    await asyncio.gather(*[racer() for racer in racers])
    assert 0 < len(begun) == len(set(begun)) < len(post_ids)
    if change is scene.postpone:
        assert sorted(changed + begun) == sorted(post_ids)
        assert await conn.fetchval("select count(*) from job where stage = 'scheduled'") == len(changed)
    else:
        assert sorted(changed) == sorted(post_ids)
        asked = "select count(*) from job where state = 'running' and cancel_requested_at is not null"
        assert await conn.fetchval(asked) == len(begun)
    assert await scene.unfinished(conn) == []


async def test_two_equal_schedules_make_one_post(wide: Pool, conn: Conn, project: Project) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    for _ in range(20):
        content_id = await seeds.content(conn, project.org, project.id, caption=str(random.random()))
        once = partial(scene.schedule, project=project, at=at, content_id=content_id, allow_duplicate=False)
        came = await asyncio.gather(
            run_in_transaction(wide, once), run_in_transaction(wide, once), return_exceptions=True
        )
        [refused] = [answer for answer in came if isinstance(answer, StateConflict)]
        assert refused.details["reason"] == "DUPLICATE_POST"
    assert await conn.fetchval("select count(*) from scheduled_post") == 20 * len(project.account_ids)
    assert await scene.unfinished(conn) == []


async def test_targets_in_any_order_never_deadlock(wide: Pool, conn: Conn, project: Project) -> None:
    turned = project._replace(account_ids=project.account_ids[::-1])
    await asyncio.gather(
        *[
            run_in_transaction(wide, partial(scene.schedule, project=way))
            for _ in range(20)
            for way in (project, turned)
        ]
    )
    assert await scene.unfinished(conn) == []


@pytest.mark.long
async def test_disconnects_against_schedules_and_approvals(wide: Pool, conn: Conn, project: Project) -> None:
    """No post waits for a disconnected account, and each disconnect's count matches."""
    later = datetime.now(UTC) + timedelta(hours=1)
    for number in range(20):
        account_id = await seeds.account(conn, project.org, project.id, handle=f"gone{number}")
        one, content_id = (project._replace(account_ids=[account_id]), await scene.pending(conn, project, str(number)))
        await scene.schedule(conn, one, at=later, content_id=content_id)
        schedules = [run_in_transaction(wide, partial(scene.schedule, project=one, at=later)) for _ in range(2)]
        canceled, _, *scheduled = await asyncio.gather(
            disconnect(wide, project, account_id),
            run_in_transaction(wide, partial(reviewing.approve, project=project, content_id=content_id)),
            *schedules,
            return_exceptions=True,
        )
        refused = [answer for answer in scheduled if isinstance(answer, StateConflict)]
        assert {answer.details["reason"] for answer in refused} <= {"ACCOUNT_NOT_CONNECTED"}
        assert canceled == 3 - len(refused)
        found = await conn.fetch("select status from scheduled_post where social_account_id = $1", account_id)
        assert {row["status"] for row in found} == {"canceled"}
    assert await scene.unfinished(conn) == []
