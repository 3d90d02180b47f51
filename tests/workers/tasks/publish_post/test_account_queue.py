"""Many posts of one account: one at a time, in their order, within its quota, under any faults."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

import pytest

from domain.publishing import account_queue
from jobs.kinds import PUBLISH_POST_KIND, REFRESH_TOKEN_KIND
from tests import seeds
from tests.waiting import eventually
from tests.workers.tasks.publish_post.project import PublishingProject
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform


async def posts(project: PublishingProject, count: int, *, account_id: UUID | None = None) -> list[UUID]:
    """Insert posts that are due one a millisecond, the first one first."""
    return [
        await project.post(f"post {number}", account_id=account_id, ago_s=1 - number / 1000) for number in range(count)
    ]


def sent(project: PublishingProject, handle: str = "shop") -> list[str]:
    return [call.post_id for call in project.platform.calls if call.account == handle]


async def test_posts_are_sent_one_at_a_time_in_time_order(project: PublishingProject) -> None:
    """The jobs begin in any order, and all together."""
    mine = await posts(project, 12)
    other = await project.account(handle="other")
    theirs = await posts(project, 12, account_id=other)
    busy: dict[str, int] = {"now": 0, "most": 0}

    async def watch() -> None:
        busy["now"] += 1
        busy["most"] = max(busy["most"], busy["now"])
        await asyncio.sleep(0)
        busy["now"] -= 1

    project.platform.on["send"] = watch
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(project.working(slots=20))
        await project.drained()
    assert sent(project) == [str(post_id) for post_id in mine]
    assert sent(project, "other") == [str(post_id) for post_id in theirs]
    assert busy["most"] <= 2


async def test_queued_posts_wait_outside_of_the_line(project: PublishingProject) -> None:
    """In the line they would be pulled for nothing; each end wakes the next."""
    mine = await posts(project, 5)
    stages = "select count(*) filter (where stage = 'scheduled') from job where kind = 'publish_post'"
    for waiting in (4, 3, 2, 1, 0):

        async def all_behind(waiting: int = waiting) -> None:
            assert await project.pool.fetchval(stages) == waiting

        project.platform.on["prepare"] = all_behind
        assert await project.attempt() == "completed"
    assert sent(project) == [str(post_id) for post_id in mine]


@pytest.mark.parametrize(
    ("send", "status", "phase"), [("unreached", "queued", "prepared"), ("take", "publishing", "accepted")]
)
async def test_a_post_that_waits_for_a_retry_lets_the_others_pass(
    project: PublishingProject, send: str, status: str, phase: str
) -> None:
    mine = first, second, third = await posts(project, 3)
    project.platform.plan(send=[send], poll=["unreached"])
    async with project.working():
        await project.becomes(second, "published")
        await project.becomes(third, "published")
    assert sent(project) == [str(post_id) for post_id in mine]
    row = await project.row(first)
    assert (row["status"], row["phase"]) == (status, phase)


async def test_a_later_post_gives_way_and_wakes_the_earlier_one(project: PublishingProject) -> None:
    first, second = await posts(project, 2)
    job_id = (await project.job(first))["id"]
    await project.pool.execute(
        "update job set run_at = now() + interval '1 hour', stage = 'scheduled' where id = $1", job_id
    )
    assert await project.attempt() == "snoozed"
    assert await project.attempt() == "completed"
    assert sent(project) == [str(first)]
    assert await project.attempt() == "completed"
    assert sent(project) == [str(first), str(second)]


async def test_the_head_of_the_queue_outlives_its_worker_and_ends_with_its_job(project: PublishingProject) -> None:
    first, second = await posts(project, 2)
    project.platform.plan(prepare=["die_before"])
    assert await project.attempt() == "died"
    # The first one is due again, so the second isn't the head.
    await project.pool.execute(
        "update job set run_at = now() - interval '1 hour', stage = 'queued' where id = $1",
        (await project.job(second))["id"],
    )
    assert await project.attempt() == "snoozed"
    await project.pool.execute("update job set crashes = 2")
    project.platform.plan(prepare=["die_before"])
    assert await project.attempt() == "died"
    assert (await project.row(first))["status"] == "failed"
    # Its end has woken the other one.
    assert await project.attempt() == "completed"
    assert (await project.row(second))["status"] == "published"


async def test_ten_posts_with_one_ended_token_ask_for_one_refresh(project: PublishingProject) -> None:
    await project.pool.execute("update account_credential set expires_at = now()")
    mine = await posts(project, 10)
    async with project.working():

        async def all_wait() -> bool:
            return bool(
                await project.pool.fetchval("select bool_and(run_at > now()) from job where kind = 'publish_post'")
            )

        await eventually(all_wait)
        assert len(await project.jobs(REFRESH_TOKEN_KIND)) == 1
        await project.pool.execute("update account_credential set expires_at = null")
        async with project.pool.acquire() as conn, conn.transaction():
            await account_queue.wake_account_posts(conn, organization_id=project.org, account_id=project.account_id)
        await project.drained()
    assert sent(project) == [str(post_id) for post_id in mine]


@pytest.mark.long
async def test_no_account_sends_more_than_its_quota_in_any_window(project: PublishingProject) -> None:
    """Four workers and two accounts: one may send five a second, the other has no limit."""
    await project.pool.execute("update social_account set quota_posts = 5, quota_window_s = 1")
    free = await project.account(handle="free")
    mine, theirs = await posts(project, 12), await posts(project, 12, account_id=free)
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(project.working(slots=10))
        await project.drained()
    assert sent(project) == [str(post_id) for post_id in mine]
    assert sorted(sent(project, "free")) == sorted(map(str, theirs))
    times = [call.at for call in project.platform.calls if call.account == "shop"]
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[5:], strict=False))
    assert {project.records(post_id) for post_id in mine + theirs} == {1}


async def test_a_wake_does_not_wait_for_a_locked_job(project: PublishingProject) -> None:
    first, second = await posts(project, 2)
    ids = [(await project.job(post_id))["id"] for post_id in (first, second)]
    await project.pool.execute("update job set run_at = now() + interval '1 hour', stage = 'scheduled'")

    async with project.pool.acquire() as other, other.transaction():
        await other.execute("select from job where id = $1 for update", ids[0])
        await project.do(account_queue.wake_account_posts, account_id=project.account_id)
    async with project.pool.acquire() as conn:
        claimed = await seeds.claims(conn, PUBLISH_POST_KIND)
    assert [claim.id for claim in claimed] == [ids[1]]


async def test_a_post_proved_absent_is_sent_again_only_at_the_head_of_the_queue(project: PublishingProject) -> None:
    """It left the head of the queue while undecided, and another post is there by now."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["lose"], reconcile=["later"])
    [first, second] = await posts(project, 2)
    assert await project.attempt() == "snoozed"
    looked = list[str | None]()

    async def look() -> None:
        project.platform.on.clear()
        await project.skip_waits()
        looked.append(await project.attempt())

    project.platform.on["send"] = look
    assert await project.attempt() == "completed"
    assert looked == ["interrupted"]
    assert sent(project) == [str(first), str(second)]
    assert await project.attempts() == ["completed"]
    assert sent(project) == [str(first), str(second), str(first)]
    assert (project.records(first), project.records(second)) == (1, 1)
