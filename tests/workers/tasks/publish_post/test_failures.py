"""One post: its obstacles, its waits, and its final failures."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from domain.accounts import accounts
from jobs.kinds import REFRESH_TOKEN_KIND
from tests import seeds
from tests.workers.tasks.publish_post.project import PublishingProject
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform


async def test_a_refusal_fails_the_post_with_its_category(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(send=["refuse"])
    assert await project.attempts() == ["failed"]
    row, job = await project.row(post), await project.job(post)
    assert row["status"] == "failed"
    assert row["last_error"] == {
        "code": "PLATFORM_REJECTED",
        "category": "platform_rejected",
        "message": "it won't have it",
        "retryable": False,
    }
    assert (job["error"]["code"], await project.sends()) == ("PLATFORM_REJECTED", 0)
    assert await project.events(post) == ["scheduled", "prepared", "sending", "not_sent", "failed"]


async def test_a_limit_cools_the_account_down_and_costs_no_attempt(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(send=["throttle"])
    before = await project.clock()
    assert await project.attempt() == "snoozed"
    row, job = await project.row(post), await project.job(post)
    assert (row["status"], row["phase"], job["attempt"], job["cancelable"]) == ("queued", "prepared", 0, True)
    until = await project.pool.fetchval("select cooldown_until from social_account")
    assert before <= until - timedelta(minutes=1) <= await project.clock()
    await project.pool.execute("update job set run_at = now(), stage = 'queued'")
    assert await project.attempt() == "snoozed"
    await project.skip_waits()
    assert await project.attempts() == ["completed"]
    assert (len(project.platform.calls), len(project.platform.drafts), project.records(post)) == (2, 1, 1)


async def test_a_repeatedly_lost_and_absent_post_has_the_usual_attempts(project: PublishingProject, post: UUID) -> None:
    """The wait until it is proved absent costs no attempt; a repeated call does."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["lose"] * 3, reconcile=["later", "ok"] * 3)
    assert await project.attempts() == ["snoozed", "retry", "retry", "completed"]
    assert (len(project.platform.calls), project.records(post)) == (4, 1)


async def test_unreadable_files_are_retried(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(prepare=["unstored"])
    assert await project.attempt() == "retry"
    assert (await project.row(post))["last_error"]["code"] == "MEDIA_UNREADABLE"
    await project.skip_waits()
    assert await project.attempts() == ["completed"]
    assert project.records(post) == 1


@pytest.mark.parametrize("where", ["prepare", "send"])
async def test_an_ended_token_is_refreshed_once_and_again_only_after_a_wait(
    project: PublishingProject, post: UUID, where: str
) -> None:
    project.platform.plan(**{where: ["expire", "expire"]})
    assert await project.attempt() == "snoozed"
    assert len(await project.jobs(REFRESH_TOKEN_KIND)) == 1
    assert (await project.job(post))["attempt"] == 0
    await project.skip_waits()
    assert await project.attempts() == ["retry", "completed"]
    assert len(await project.jobs(REFRESH_TOKEN_KIND)) == 1


async def test_a_token_about_to_end_is_refreshed_before_anything(project: PublishingProject) -> None:
    await project.pool.execute("update account_credential set expires_at = now() + interval '30 seconds'")
    await project.post()
    assert await project.attempt() == "snoozed"
    assert (project.platform.drafts, len(await project.jobs(REFRESH_TOKEN_KIND))) == ([], 1)


async def test_accepted_posts_are_polled_again_after_a_reconnection(project: PublishingProject) -> None:
    """All of them, since they wait in no queue; but a post that waits for a retry keeps its time."""
    project.platform.plan(send=["take"] * 3, poll=["unreached", "shut", "shut"])
    patient, *others = [await project.post() for _ in range(3)]
    seen = []
    for _ in range(3):
        seen.append(await project.attempt())
        await project.pool.execute("update social_account set status = 'connected'")
    assert seen == ["retry", "snoozed", "snoozed"]
    assert await project.attempt() is None
    assert await project.account() == project.account_id
    assert [await project.attempt() for _ in range(3)] == ["completed", "completed", None]
    assert [(await project.row(post_id))["status"] for post_id in others] == ["published"] * 2
    assert (await project.row(patient))["status"] == "publishing"


async def mark_account(project: PublishingProject) -> None:
    """Mark the account as one that only its owner can reconnect, after a refresh of the first tokens."""
    await project.do(accounts.mark_account_for_reauth, account_id=project.account_id, reason="GONE", generation=1)


async def reconnect(project: PublishingProject) -> None:
    """Connect the account again, as its owner."""
    assert await project.account() == project.account_id


#: Refusals of the token in a post's first attempts.
REFUSALS = (["expire"], ["shut"], ["expire", "expire"], ["expire", "shut"])


async def test_a_post_refused_while_the_account_is_marked_waits_for_its_owner(project: PublishingProject) -> None:
    """The refusal is older than the mark: it costs no attempt, and the owner's return wakes the post."""
    for words in REFUSALS:
        await project.renew()
        post = await project.post()
        project.platform.plan(send=words)
        for _ in words[1:]:
            assert await project.attempt() == "snoozed"
            await project.skip_waits()
        project.platform.on["send"] = partial(mark_account, project)
        assert await project.attempt() == "snoozed"
        assert (await project.job(post))["attempt"] == 0
        del project.platform.on["send"]
        assert await project.attempt() is None
        await reconnect(project)
        assert await project.attempt() == "completed"


async def test_a_post_refused_for_replaced_tokens_uses_the_new_ones(project: PublishingProject) -> None:
    """At once: the wake for new tokens came while the attempt ran."""
    for words in REFUSALS:
        await project.renew()
        post = await project.post()
        project.platform.plan(send=words)
        for _ in words[1:]:
            assert await project.attempt() == "snoozed"
            await project.skip_waits()
        asked = len(await project.jobs(REFRESH_TOKEN_KIND))
        project.platform.on["send"] = partial(reconnect, project)
        assert await project.attempt() == "interrupted"
        del project.platform.on["send"]
        assert await project.attempt() == "completed"
        assert len(await project.jobs(REFRESH_TOKEN_KIND)) == asked
        assert (await project.row(post))["status"] == "published"


async def test_a_post_that_became_due_by_a_reconnection_is_woken(project: PublishingProject) -> None:
    """Its attempt began, and found its obstacle, after the connection's transaction had begun."""
    await project.pool.execute("update social_account set status = 'reauth_required'")
    async with project.pool.acquire() as conn, conn.transaction():
        await project.post()
        assert await project.attempt() == "snoozed"
        await seeds.account(conn, project.org, project.id)
    assert await project.attempt() == "completed"


async def test_a_post_that_waits_for_tokens_is_woken_by_new_ones(project: PublishingProject, post: UUID) -> None:
    """A post that waits for anything else is not woken."""
    project.platform.plan(send=["unreached", "expire", "expire"])
    other = await project.post()
    assert await project.attempt() == "retry"
    assert await project.attempt() == "snoozed"
    await project.pool.execute("update job set run_at = now(), stage = 'queued' where run_at < now() + interval '20 s'")
    assert await project.attempt() == "retry"
    assert await project.attempt() is None
    await reconnect(project)
    assert [await project.attempt() for _ in range(2)] == ["completed", None]
    assert [(await project.row(one))["status"] for one in (post, other)] == ["queued", "published"]


async def test_failed_attempts_back_off(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(send=["unreached"] * 4)
    for wait in map(timedelta, [0] * 4, (30, 120, 600, 1800)):
        before = await project.clock()
        assert await project.attempt() == "retry"
        run_at = (await project.job(post))["run_at"]
        assert before + 0.8 * wait <= run_at <= await project.clock() + 1.2 * wait
        await project.skip_waits()
    assert await project.attempts() == ["completed"]


async def test_a_retry_past_the_deadline_fails_the_post(project: PublishingProject) -> None:
    project.platform.plan(send=["unreached"])
    post_id = await project.post(ago_s=2 * 3600 - 10)
    assert await project.attempts() == ["failed"]
    error = (await project.row(post_id))["last_error"]
    assert error["code"] == "TOO_LATE"
    assert "it could not be reached" in error["message"]
