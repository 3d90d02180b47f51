"""Sending against all else that may happen to a post: whoever commits first wins, and the rest agrees."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import pytest

from domain.content import content
from domain.publishing import changes
from jobs.kinds import RECONCILE_POST
from schemas.accounts import AccountDisconnected
from schemas.errors import DomainError
from schemas.posts import Reschedule
from schemas.projects import Archived
from tests import seeds
from tests.waiting import eventually
from tests.workers.tasks.publish_post.scripted import Scripted
from tests.workers.tasks.publish_post.stage import Stage, Stop

MANY = pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(180)])
#: About as long as an attempt takes.
ATTEMPT_S = 0.005


class End(NamedTuple):
    """What an answer counted, and what became of the post."""

    canceled: int
    in_flight: int
    status: str


CANCELED, IN_FLIGHT, WAS_LIVE = End(1, 0, "canceled"), End(0, 1, "published"), End(0, 0, "published")


@pytest.mark.parametrize("races", [60, MANY])
async def test_archives_against_sending(stage: Stage, races: int) -> None:
    """Each post is canceled or published, never both, and the answer of the archive says which (I7)."""
    ends = await raced(stage, Stage.archive, races)
    assert set(ends) <= {CANCELED, IN_FLIGHT, WAS_LIVE}
    assert ends[CANCELED]
    assert ends[IN_FLIGHT]
    [told] = await stage.pool.fetch(
        "select sum(canceled_scheduled_posts), sum(in_flight_posts) from project where status = 'archived'"
    )
    assert tuple(told) == (ends[CANCELED], ends[IN_FLIGHT])


@pytest.mark.parametrize("races", [60, MANY])
async def test_disconnects_against_sending(stage: Stage, races: int) -> None:
    """So too, but for what is on its way: nobody counts that."""
    ends = await raced(stage, Stage.disconnect, races)
    assert set(ends) == {CANCELED, WAS_LIVE}
    told = await stage.pool.fetchval("select sum(canceled_posts) from social_account")
    assert told == ends[CANCELED]


async def raced(stage: Stage, stop: Stop, races: int) -> Counter[End]:
    """What so many races came to, each in a project of its own."""
    chance, ends = random.Random(7), Counter[End]()
    for _ in range(races):
        async with stage.pool.acquire() as conn:
            stage.project_id = await seeds.project(conn, stage.org)
        stage.account_id = await stage.account()
        ends[await race(stage, stop, chance)] += 1
    live = races - ends[CANCELED]
    assert (sum(stage.platform.live.values()), await stage.sends()) == (live, live)
    return ends


async def race(stage: Stage, stop: Stop, chance: random.Random) -> End:
    """The stop comes at any moment of an attempt, or of what of it is left once the platform prepares."""
    post_id, begins = await stage.post(), asyncio.Event()

    async def begin() -> None:
        begins.set()

    async def stopped() -> Archived | AccountDisconnected:
        await begins.wait()
        await asyncio.sleep(chance.uniform(0, ATTEMPT_S))
        return await stop(stage)

    stage.platform.on["prepare"] = begin
    if chance.random() < 0.5:
        begins.set()
    answer, _ = await asyncio.gather(stopped(), stage.attempt())
    await stage.attempts()
    status = (await stage.row(post_id))["status"]
    assert stage.records(post_id) == (status == "published")
    in_flight = answer.in_flight_posts if isinstance(answer, Archived) else 0
    return End(answer.canceled_scheduled_posts, in_flight, status)


async def test_a_storm_of_changes_leaves_each_post_once_or_not_at_all(stage: Stage) -> None:
    """Two workers, a platform with faults, and people who cancel, move, edit, disconnect and archive."""
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["drop", "ok", "unreached", "ok", "take", "lose", "throttle", "ok"] * 3)
    account_ids = [await stage.account(handle=f"shop{number}") for number in range(4)]
    post_ids = [
        await stage.post(f"post {number}", account_id=account_ids[number % 4]) for number in range(40)
    ]
    async with stage.working(slots=10), stage.working(slots=10):
        await asyncio.gather(*[people(stage, post_ids, seed) for seed in range(3)])
        stage.account_id = account_ids[0]
        await stage.disconnect()
        await stage.archive()
        for _ in range(100):
            await stage.skip_waits()
            if await stage.open_jobs() == 0:
                break
            await asyncio.sleep(0.05)
        await eventually(lambda: none_open(stage))
    await stage.skip_to_asking()
    while await stage.attempt(kind=RECONCILE_POST) is not None:
        pass
    for post_id in post_ids:
        status = (await stage.row(post_id))["status"]
        assert stage.records(post_id) <= 1
        assert status == "outcome_unknown" or stage.records(post_id) == (status == "published")


async def none_open(stage: Stage) -> bool:
    return await stage.open_jobs() == 0


async def people(stage: Stage, post_ids: list[UUID], seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        post_id = chance.choice(post_ids)
        match chance.choice(["cancel", "move", "edit"]):
            case "cancel":
                await tolerant(stage.do, changes.cancel, post_id=post_id, reason=None)
            case "move":
                soon = (datetime.now(UTC) + timedelta(seconds=0.2)).isoformat().replace("+00:00", "Z")
                body = Reschedule(scheduled_for=soon, allow_duplicate=True)
                await tolerant(
                    stage.do, changes.reschedule, post_id=post_id, body=body, now=datetime.now(UTC)
                )
            case "edit":
                content_id = (await stage.row(post_id))["content_id"]
                caption = f"edited {chance.random()}"
                await tolerant(
                    stage.do,
                    content.edit,
                    content_id=content_id,
                    caption=caption,
                    versions=None,
                    public_url="",
                )


async def tolerant(do: Callable[..., Awaitable[object]], verb: object, **given: object) -> None:
    """Too late is an answer too."""
    with contextlib.suppress(DomainError):
        await do(verb, **given)


async def test_an_attempt_that_waited_for_a_lock_is_not_ahead_of_its_time(stage: Stage) -> None:
    """What is still on its way would count as settled too soon."""
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["lose"], reconcile=["settling", "settling"])
    await stage.post()
    assert await stage.attempt() == "snoozed"
    await stage.skip_waits()
    times = list[datetime]()

    async def tell() -> None:
        times.append(await stage.pool.fetchval("select clock_timestamp()"))

    stage.platform.on["reconcile"] = tell
    async with stage.pool.acquire() as other:
        async with other.transaction():
            await other.execute("select from social_account for update")
            attempt = asyncio.create_task(stage.attempt())
            await eventually(partial(waits, stage))
        assert await attempt == "snoozed"
    assert stage.platform.inquiries[-1].now <= times[-1]


async def waits(stage: Stage) -> bool:
    return bool(await stage.pool.fetchval("select exists (select from pg_locks where not granted)"))
