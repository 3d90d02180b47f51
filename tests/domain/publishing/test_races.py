"""Posts against whatever else happens to them at once: each goes one way, and what was answered is true."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool, open_pool, transact
from jobs.ledger import Claim
from schemas.errors import Conflict
from schemas.projects import Archived
from schemas.settings import Settings
from tests import seeds
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene
from tests.domain.publishing.post_scene import Full


@pytest_asyncio.fixture
async def wide(settings: Settings) -> AsyncIterator[Pool]:
    """Connections enough for many racers."""
    async with open_pool(settings.database_url, name="racers", size=20) as pool:
        yield pool


@pytest_asyncio.fixture
async def full(conn: Conn, project: Project) -> Full:
    return await scene.fill(conn, project)


async def prepared(conn: Conn, full: Full, rounds: int) -> list[Claim]:
    """Posts for every account, due and begun by a worker, so far that they are about to be marked."""
    for _ in range(rounds):
        await scene.schedule(conn, full)
    claims = await scene.pull(conn, rounds * len(full.account_ids))
    assert len(claims) == rounds * len(full.account_ids)
    await scene.prepare(conn)
    return claims


async def test_a_thousand_posts_against_archives(wide: Pool, conn: Conn, project: Project) -> None:
    """Each is canceled or goes out, never both; every archive's counts are what came of it."""
    marked = 0
    for _ in range(10):
        project_id = await seeds.project(conn, project.org)
        full = await scene.fill(conn, Project(project.org, project_id), accounts=10)
        claims = await prepared(conn, full, 10)
        blocked = await scene.schedule(conn, full, content_id=await scene.pending(conn, full, "Later."))
        went, answer = await race_to_archive(wide, full, claims)
        assert (answer.in_flight_posts, answer.canceled_scheduled_posts) == (
            len(went),
            len(claims) + len(blocked) - len(went),
        )
        await asyncio.gather(*[scene.publish(wide, claim) for claim in went])
        marked += len(went)
    count = Counter(row["status"] for row in await conn.fetch("select status from scheduled_post"))
    assert count == {"published": marked, "canceled": 1100 - marked}
    assert 100 < marked < 900
    assert await conn.fetchval("select count(*) from account_send") == marked
    assert await scene.unfinished(conn) == []


async def race_to_archive(pool: Pool, full: Full, claims: list[Claim]) -> tuple[list[Claim], Any]:
    """The archive comes in among the marks of four senders; those that went, and its answer."""
    went: list[Claim] = []
    due, under_way = list(claims), asyncio.Event()
    early = random.randrange(len(claims))

    async def send() -> None:
        while due:
            claim = due.pop()
            if len(due) <= early:
                under_way.set()
            if await scene.mark(pool, claim):
                went.append(claim)

    async def stop() -> Any:
        await under_way.wait()
        return await scene.archive(pool, full)

    *_, answer = await asyncio.gather(*[send() for _ in range(4)], stop())
    return went, answer


async def test_schedules_against_archives(wide: Pool, conn: Conn, project: Project) -> None:
    """What came before an archive is counted and canceled, what comes after it is refused."""
    for _ in range(20):
        full = await scene.fill(
            conn, Project(project.org, await seeds.project(conn, project.org)), accounts=2
        )
        racers: list[Callable[[], Awaitable[Any]]] = [
            partial(transact, wide, partial(scene.schedule, full=full)) for _ in range(6)
        ]
        racers.insert(random.randrange(6), partial(scene.archive, wide, full))
        answers = await asyncio.gather(*[racer() for racer in racers], return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, Conflict)]
        assert {answer.details["reason"] for answer in refused} <= {"PROJECT_ARCHIVED"}
        [archived] = [answer for answer in answers if isinstance(answer, Archived)]
        assert archived.canceled_scheduled_posts == 2 * (6 - len(refused))
    assert await conn.fetchval("select count(*) from scheduled_post where status <> 'canceled'") == 0
    assert await scene.unfinished(conn) == []


async def disconnect(pool: Pool, full: Full, account_id: UUID) -> int:
    return await transact(pool, partial(scene.disconnect, full=full, account_id=account_id))


@pytest.mark.parametrize(("stop", "of"), [(scene.cancel, "id"), (disconnect, "social_account_id")])
async def test_cancels_and_disconnects_against_sends(
    wide: Pool, conn: Conn, full: Full, stop: Callable[[Pool, Full, UUID], Awaitable[int]], of: str
) -> None:
    """What was answered to be canceled never goes out, and all the rest does."""
    claims = await prepared(conn, full, 20)
    rows = await conn.fetch("select id, social_account_id from scheduled_post")
    whose = {row["id"]: row[of] for row in rows}
    canceled, sent = Counter[UUID](), list[UUID]()

    async def end(its_id: UUID) -> None:
        canceled[its_id] = await stop(wide, full, its_id)

    async def send(claim: Claim) -> None:
        if await scene.mark(wide, claim):
            sent.append(UUID(claim.args["post_id"]))

    racers = [partial(end, its_id) for its_id in set(whose.values())]
    racers += [partial(send, claim) for claim in claims]
    random.shuffle(racers)
    await asyncio.gather(*[racer() for racer in racers])
    stopped = [post_id for post_id in whose if post_id not in sent]
    assert canceled == Counter(whose[post_id] for post_id in stopped)
    assert len(stopped) > 5 < len(sent)
    assert set(await scene.statuses(conn, stopped)) == {"canceled"}
    assert set(await scene.statuses(conn, sent)) == {"publishing"}
    assert await scene.unfinished(conn) == []


@pytest.mark.parametrize("change", [scene.cancel, scene.postpone])
async def test_changes_against_claims(
    wide: Pool, conn: Conn, full: Full, change: Callable[[Pool, Full, UUID], Awaitable[bool]]
) -> None:
    """What was moved isn't begun, and what was begun isn't moved; a cancel comes in time all the same."""
    post_ids = [post_id for _ in range(20) for post_id in await scene.schedule(conn, full)]
    begun: list[UUID] = []
    changed: list[UUID] = []

    async def pull() -> None:
        async with wide.acquire() as own:
            begun.extend([UUID(claim.args["post_id"]) for claim in await scene.pull(own, 5)])

    async def alter(post_id: UUID) -> None:
        if await change(wide, full, post_id):
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


async def test_the_same_twice_at_once_is_one_post_and_one_duplicate(
    wide: Pool, conn: Conn, full: Full
) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    for _ in range(20):
        content_id = await seeds.content(conn, full.org, full.project_id, caption=str(random.random()))
        once = partial(scene.schedule, full=full, at=at, content_id=content_id, allow_duplicate=False)
        came = await asyncio.gather(transact(wide, once), transact(wide, once), return_exceptions=True)
        [refused] = [answer for answer in came if isinstance(answer, Conflict)]
        assert refused.details["reason"] == "DUPLICATE_POST"
    assert await conn.fetchval("select count(*) from scheduled_post") == 20 * len(full.account_ids)
    assert await scene.unfinished(conn) == []


async def test_targets_in_any_order_never_deadlock(wide: Pool, conn: Conn, full: Full) -> None:
    turned = full._replace(account_ids=full.account_ids[::-1])
    await asyncio.gather(
        *[transact(wide, partial(scene.schedule, full=way)) for _ in range(20) for way in (full, turned)]
    )
    assert await scene.unfinished(conn) == []


async def test_approvals_edits_and_schedules_at_once(wide: Pool, conn: Conn, full: Full) -> None:
    """Posts of approved content wait with a job, those of pending content without one."""
    later = datetime.now(UTC) + timedelta(hours=1)
    for number in range(30):
        content_id = await scene.pending(conn, full, f"Version {number}.")
        await scene.schedule(conn, full, at=later, content_id=content_id)
        racers: list[Callable[[Conn], Awaitable[Any]]] = [
            partial(scene.approve, full=full, content_id=content_id),
            partial(scene.edit, full=full, content_id=content_id, caption="Other."),
            partial(scene.schedule, full=full, at=later, content_id=content_id),
            partial(scene.edit, full=full, content_id=content_id, caption="Again another."),
        ]
        random.shuffle(racers)
        await asyncio.gather(*[transact(wide, racer) for racer in racers])
        status = await conn.fetchval("select approval_status from content_item where id = $1", content_id)
        found = await conn.fetch(
            "select distinct status from scheduled_post where content_id = $1", content_id
        )
        assert [row["status"] for row in found] == ["queued" if status == "approved" else "blocked"]
    assert await scene.unfinished(conn) == []


async def test_disconnects_against_schedules_and_approvals(wide: Pool, conn: Conn, full: Full) -> None:
    """No post waits for an account that is gone, and each disconnect counts what it canceled."""
    later = datetime.now(UTC) + timedelta(hours=1)
    for number in range(20):
        account_id = await seeds.account(conn, full.org, full.project_id, handle=f"gone{number}")
        one, content_id = (
            full._replace(account_ids=[account_id]),
            await scene.pending(conn, full, str(number)),
        )
        await scene.schedule(conn, one, at=later, content_id=content_id)
        schedules = [transact(wide, partial(scene.schedule, full=one, at=later)) for _ in range(2)]
        canceled, _, *scheduled = await asyncio.gather(
            transact(wide, partial(scene.disconnect, full=full, account_id=account_id)),
            transact(wide, partial(scene.approve, full=full, content_id=content_id)),
            *schedules,
            return_exceptions=True,
        )
        refused = [answer for answer in scheduled if isinstance(answer, Conflict)]
        assert {answer.details["reason"] for answer in refused} <= {"ACCOUNT_NOT_CONNECTED"}
        assert canceled == 3 - len(refused)
        found = await conn.fetch("select status from scheduled_post where social_account_id = $1", account_id)
        assert {row["status"] for row in found} == {"canceled"}
    assert await scene.unfinished(conn) == []
