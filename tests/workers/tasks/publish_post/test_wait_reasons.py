"""The reason why a post waits, between two attempts: shown while its cause lasts."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.jobs import wait_reasons
from domain.publishing import posts
from jobs.kinds import PUBLISH_POST_KIND
from schemas import ids
from schemas.waiting import Waiting
from tests import seeds
from tests.workers.tasks.publish_post.project import PublishingProject


async def waiting(project: PublishingProject, post_id: UUID) -> Waiting | None:
    """Return the reason, equal for the post and its job."""
    async with project.pool.acquire() as conn:
        of = {"organization_id": project.org, "post_id": post_id}
        shown, _ = await posts.read_versioned_post(conn, **of)
        told = await wait_reasons.find_post_wait_reason(conn, **of, post=shown)
        job_id = ids.parse_prefixed_id(ids.JOB_ID_PREFIX, shown.job_id or "")
        if job_id and shown.status != "outcome_unknown":
            [same] = await wait_reasons.find_job_wait_reasons(conn, refs=[(project.org, job_id)])
            assert (same and same.reason) == (told and told.reason)
        return told


async def with_worker(project: PublishingProject) -> None:
    """Register a worker, so that only the post itself can wait."""
    async with project.pool.acquire() as conn:
        await seeds.claims(conn, PUBLISH_POST_KIND._replace(name="nothing"))


async def times(project: PublishingProject, post_id: UUID) -> dict[str, datetime]:
    """Return the times of the job, of the end of the account's pause, and of the post's deadline."""
    row = await project.pool.fetchrow(
        """select j.run_at, a.cooldown_until, p.scheduled_for + interval '2 hours' as too_late_at
             from scheduled_post p
             join job j on j.id = p.job_id
             join social_account a on a.id = p.social_account_id
            where p.id = $1""",
        post_id,
    )
    assert row
    return dict(row)


REASONS: list[tuple[dict[str, list[str]], str, str | None]] = [
    ({"send": ["unreached"]}, "retry_wait", "run_at"),
    ({"prepare": ["unstored"]}, "retry_wait", "run_at"),
    ({"send": ["throttle"]}, "account_cooling_down", "cooldown_until"),
    ({"send": ["expire"]}, "token_refresh", None),
    ({"send": ["shut"]}, "reauth_needed", "too_late_at"),
    ({"send": ["lose", "lose"], "reconcile": ["later"]}, "retry_wait", "run_at"),
    ({"send": ["take"], "poll": ["lose"]}, "retry_wait", "run_at"),
    ({"send": ["take_slow"]}, "platform_processing", "run_at"),
]


async def test_an_unfinished_attempt_has_its_wait_reason(project: PublishingProject) -> None:
    for plan, reason, until in REASONS:
        await project.renew()
        post = await project.post()
        await with_worker(project)
        assert await waiting(project, post) is None
        project.platform.script.clear()
        project.platform.plan(**plan)
        assert await project.attempt() in {"retry", "snoozed"}
        told = await waiting(project, post)
        assert told is not None
        assert told.reason == reason
        assert told.until == (until and (await times(project, post))[until])
        # No later attempt is of this post, however slow the machine.
        await project.pool.execute(
            "update job set run_at = now() + interval '1 hour', stage = 'scheduled' where state = 'queued'"
        )


async def test_a_lost_response_has_its_wait_reason(project: PublishingProject, post: UUID) -> None:
    project.platform.exact = False
    project.platform.plan(send=["lose"], reconcile=["later", "undecided"])
    assert await project.attempt() == "snoozed"
    told = await waiting(project, post)
    assert told
    assert (told.reason, told.until) == ("answer_lost", (await times(project, post))["run_at"])
    await project.skip_waits()
    await with_worker(project)
    assert await waiting(project, post) is None
    assert await project.attempt() == "failed"
    told = await waiting(project, post)
    assert told
    assert told.reason == "outcome_unknown"
    due = await project.pool.fetchval("select run_at from job where kind = 'reconcile_post'")
    assert told.until
    assert abs(told.until - due) < timedelta(seconds=1)


@pytest.mark.parametrize(("platform", "way"), [("bluesky", "/social-accounts"), ("mastodon", "reauth-url")])
async def test_a_reconnection_uses_the_platforms_own_route_and_ends_the_wait(
    project: PublishingProject, platform: str, way: str
) -> None:
    post = await project.post(account_id=await project.account(handle="other", platform=platform))
    await with_worker(project)
    project.platform.plan(send=["shut"])
    await project.attempt()
    told = await waiting(project, post)
    assert told
    assert told.reason == "reauth_needed"
    assert way in told.message
    await project.account(handle="other", platform=platform)
    assert await waiting(project, post) is None


async def test_a_quota_wait_has_its_end(project: PublishingProject, post: UUID) -> None:
    await project.pool.execute("update social_account set quota_posts = 1, quota_window_s = 3600")
    assert await project.attempt() == "completed"
    assert await waiting(project, post) is None
    second = await project.post()
    assert await project.attempt() == "snoozed"
    told = await waiting(project, second)
    assert told
    assert told.reason == "account_quota"
    sent = await project.pool.fetchval("select max(at) from account_send")
    assert told.until
    assert abs(told.until - sent - timedelta(seconds=3601)) < timedelta(seconds=1)
    assert abs((await times(project, second))["run_at"] - told.until) < timedelta(seconds=2)
    # A send is deleted only once no window counts it.
    await project.pool.execute("update account_send set at = now() - interval '3602 seconds'")
    await project.skip_waits()
    await with_worker(project)
    assert await waiting(project, second) is None
    assert await project.attempt() == "completed"
    assert (await project.row(second))["status"] == "published"


async def test_posts_of_an_account_go_one_at_a_time(project: PublishingProject) -> None:
    first, second = await project.post(ago_s=60), await project.post()
    async with project.pool.acquire() as conn:
        claims = await seeds.claims(conn, PUBLISH_POST_KIND, free=1)
    assert [claim.args["post_id"] for claim in claims] == [str(first)]
    assert await project.attempt() == "snoozed"
    assert await waiting(project, first) is None
    told = await waiting(project, second)
    assert told
    assert (told.reason, told.until) == ("behind_posts", None)
    assert "1 before this one" in told.message
