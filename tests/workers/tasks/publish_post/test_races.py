"""Races of a send with all other changes of a post: the first commit wins, and the others agree with it."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest

from domain.content import content
from domain.publishing import changes
from jobs.kinds import RECONCILE_POST_KIND
from schemas.accounts import AccountDisconnected
from schemas.content import ContentPatch
from schemas.errors import DomainError
from schemas.posts import Reschedule
from schemas.projects import Archived
from tests import seeds
from tests.jobs.scene import start_blocked
from tests.waiting import eventually
from tests.workers.tasks.publish_post.project import PublishingProject, StopAction
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform

MANY = pytest.param(200, marks=pytest.mark.long)
#: About as long as an attempt takes.
ATTEMPT_S = 0.005


class RaceResult(NamedTuple):
    """The counts of the response, and the post's end."""

    canceled: int
    in_flight: int
    status: str


CANCELED = RaceResult(1, 0, "canceled")
IN_FLIGHT, WAS_LIVE = RaceResult(0, 1, "published"), RaceResult(0, 0, "published")


@pytest.mark.parametrize("races", [60, MANY])
@pytest.mark.parametrize("stop", [PublishingProject.archive, PublishingProject.disconnect])
async def test_a_stop_cancels_or_publishes_each_post_once(
    project: PublishingProject, stop: StopAction, races: int
) -> None:
    """Each post is canceled or published, never both, and the counts of the response are right."""
    ends = await run_races(project, stop, races)
    live = IN_FLIGHT if stop is PublishingProject.archive else WAS_LIVE
    assert {CANCELED, live} <= set(ends) <= {CANCELED, live, WAS_LIVE}
    told = await project.pool.fetchrow(
        """select (select coalesce(sum(canceled_scheduled_posts), 0) from project)
                  + (select coalesce(sum(canceled_posts), 0) from social_account),
                  (select coalesce(sum(in_flight_posts), 0) from project)"""
    )
    assert told
    assert tuple(told) == (ends[CANCELED], ends[IN_FLIGHT])


async def run_races(project: PublishingProject, stop: StopAction, races: int) -> Counter[RaceResult]:
    """Count the results of `races` races, each in a project of its own."""
    chance, ends = random.Random(7), Counter[RaceResult]()
    for _ in range(races):
        await project.renew()
        ends[await race(project, stop, chance)] += 1
    live = races - ends[CANCELED]
    assert (sum(project.platform.live.values()), await project.sends()) == (live, live)
    return ends


async def race(project: PublishingProject, stop: StopAction, chance: random.Random) -> RaceResult:
    """Stop a post at any moment of an attempt, or of its later queries; in some races the call waits for the stop."""
    post_id, begins, ended, holds = await project.post(), asyncio.Event(), asyncio.Event(), chance.random() < 0.3

    async def begin() -> None:
        begins.set()
        if holds:
            await ended.wait()

    async def stopped() -> Archived | AccountDisconnected:
        await begins.wait()
        await asyncio.sleep(chance.uniform(0, ATTEMPT_S))
        try:
            return await stop(project)
        finally:
            ended.set()

    project.platform.on.clear()
    match chance.choice(["begin", "prepare", "send"]):
        case "begin":
            begins.set()
        case call:
            project.platform.on[call] = begin
    answer, _ = await asyncio.gather(stopped(), project.attempt())
    await project.attempts()
    status = (await project.row(post_id))["status"]
    assert project.records(post_id) == (status == "published")
    in_flight = answer.in_flight_posts if isinstance(answer, Archived) else 0
    return RaceResult(answer.canceled_scheduled_posts, in_flight, status)


async def test_a_storm_of_changes_leaves_each_post_once_or_not_at_all(project: PublishingProject) -> None:
    """Two workers, a platform with faults, and people who cancel, move, edit, disconnect and archive."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["drop", "ok", "unreached", "ok", "take", "lose", "throttle", "ok"] * 3)
    account_ids = [await project.account(handle=f"shop{number}") for number in range(4)]
    post_ids = [await project.post(f"post {number}", account_id=account_ids[number % 4]) for number in range(40)]
    async with project.working(slots=10), project.working(slots=10):
        await asyncio.gather(*[people(project, post_ids, seed) for seed in range(3)])
        project.account_id = account_ids[0]
        await project.disconnect()
        await project.archive()

        async def drained() -> bool:
            await project.skip_waits()
            return await project.open_jobs() == 0

        await eventually(drained)
    await project.query()
    while await project.attempt(kind=RECONCILE_POST_KIND) is not None:
        pass
    for post_id in post_ids:
        status = (await project.row(post_id))["status"]
        assert project.records(post_id) <= 1
        assert status == "outcome_unknown" or project.records(post_id) == (status == "published")


async def people(project: PublishingProject, post_ids: list[UUID], seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        post_id = chance.choice(post_ids)
        match chance.choice(["cancel", "move", "edit"]):
            case "cancel":
                await ignore_refusal(project.do, changes.cancel_single_post, post_id=post_id, reason=None)
            case "move":
                soon = seeds.in_utc(datetime.now(UTC) + timedelta(seconds=0.2))
                body = Reschedule(scheduled_for=soon, allow_duplicate=True)
                asked = {"body": body, "now": datetime.now(UTC)}
                await ignore_refusal(project.do, changes.reschedule_waiting_post, post_id=post_id, **asked)
            case "edit":
                content_id = (await project.row(post_id))["content_id"]
                patch = ContentPatch(caption=f"edited {chance.random()}")
                words = {"patch": patch, "versions": None, "public_url": ""}
                await ignore_refusal(project.do, content.edit_content, content_id=content_id, **words)


async def ignore_refusal(do: Callable[..., Awaitable[object]], verb: object, **given: object) -> None:
    """Run a person's action; a refusal for being too late is fine."""
    with contextlib.suppress(DomainError):
        await do(verb, **given)


async def test_an_attempt_that_waited_for_a_lock_uses_the_current_time(project: PublishingProject) -> None:
    """Otherwise a post in flight would count as decided too soon."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["lose"], reconcile=["later", "later"])
    await project.post()
    assert await project.attempt() == "snoozed"
    await project.skip_waits()
    times = list[datetime]()

    async def tell() -> None:
        times.append(await project.pool.fetchval("select clock_timestamp()"))

    project.platform.on["reconcile"] = tell
    async with project.pool.acquire() as other:
        async with other.transaction():
            await other.execute("select from social_account for update")
            attempt = await start_blocked(project.pool, project.attempt())
        assert await attempt == "snoozed"
    assert project.platform.inquiries[-1].now <= times[-1]
