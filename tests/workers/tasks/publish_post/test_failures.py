"""One post: what keeps it from going out, how long it waits, and when it is given up."""

import pytest

from domain.accounts import accounts
from jobs.kinds import REFRESH_TOKEN
from tests.workers.tasks.publish_post.scripted import Scripted
from tests.workers.tasks.publish_post.stage import Stage


async def test_a_refusal_fails_it_with_its_category(stage: Stage) -> None:
    stage.platform.plan(send=["refuse"])
    post_id = await stage.post()
    assert await stage.attempts() == ["failed"]
    row, job = await stage.row(post_id), await stage.job(post_id)
    assert row["status"] == "failed"
    assert row["last_error"] == {
        "code": "PLATFORM_REJECTED",
        "category": "platform_rejected",
        "message": "it won't have it",
        "retryable": False,
    }
    assert (job["error"]["code"], await stage.sends()) == ("PLATFORM_REJECTED", 0)
    assert await stage.events(post_id) == ["scheduled", "prepared", "sending", "not_sent", "failed"]


async def test_a_limit_rests_the_account_and_costs_no_attempt(stage: Stage) -> None:
    stage.platform.plan(send=["throttle"])
    post_id = await stage.post()
    assert await stage.attempt() == "snoozed"
    row, job = await stage.row(post_id), await stage.job(post_id)
    assert (row["status"], row["phase"], job["attempt"], job["cancelable"]) == ("queued", "prepared", 0, True)
    left = await stage.pool.fetchval("select extract(epoch from cooldown_until - now()) from social_account")
    assert 55 < left <= 60
    await stage.pool.execute("update job set run_at = now(), stage = 'queued'")
    assert await stage.attempt() == "snoozed"
    await stage.skip_waits()
    assert await stage.attempts() == ["completed"]
    assert (len(stage.platform.calls), len(stage.platform.drafts), stage.records(post_id)) == (2, 1, 1)


async def test_what_is_proved_absent_again_says_why_it_was_in_doubt(stage: Stage) -> None:
    """A platform's own words, of a refusal that alone would prove nothing."""
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["lose", "lose"])
    post_id = await stage.post()
    assert await stage.attempt() == "retry"
    error = (await stage.row(post_id))["last_error"]
    assert error["code"] == "NOT_TAKEN"
    assert "lost on its way there" in error["message"]


async def test_what_is_lost_and_absent_again_and_again_is_tried_as_often_as_anything(stage: Stage) -> None:
    """The wait until that is settled costs nothing; a call that is made once more does."""
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["lose"] * 3, reconcile=["settling", "ok"] * 3)
    post_id = await stage.post()
    assert await stage.attempts() == ["snoozed", "retry", "retry", "completed"]
    assert (len(stage.platform.calls), stage.records(post_id)) == (4, 1)


async def test_files_that_cannot_be_read_now_are_waited_for(stage: Stage) -> None:
    stage.platform.plan(prepare=["unstored"])
    post_id = await stage.post()
    assert await stage.attempt() == "retry"
    assert (await stage.row(post_id))["last_error"]["code"] == "MEDIA_UNREADABLE"
    await stage.skip_waits()
    assert await stage.attempts() == ["completed"]
    assert stage.records(post_id) == 1


@pytest.mark.parametrize("where", ["prepare", "send"])
async def test_an_ended_token_is_refreshed_once_and_again_only_after_a_wait(stage: Stage, where: str) -> None:
    stage.platform.plan(**{where: ["expire", "expire"]})
    post_id = await stage.post()
    assert await stage.attempt() == "snoozed"
    assert len(await stage.jobs(REFRESH_TOKEN)) == 1
    assert (await stage.job(post_id))["attempt"] == 0
    await stage.skip_waits()
    assert await stage.attempts() == ["retry", "completed"]
    assert len(await stage.jobs(REFRESH_TOKEN)) == 1


async def test_a_token_about_to_end_is_refreshed_before_anything(stage: Stage) -> None:
    await stage.pool.execute("update account_credential set expires_at = now() + interval '30 seconds'")
    await stage.post()
    assert await stage.attempt() == "snoozed"
    assert (stage.platform.drafts, len(await stage.jobs(REFRESH_TOKEN))) == ([], 1)


async def test_an_account_that_needs_its_owner_is_waited_for(stage: Stage) -> None:
    stage.platform.plan(send=["shut"])
    post_id = await stage.post()
    assert await stage.attempt() == "snoozed"
    assert await stage.pool.fetchval("select status from social_account") == "reauth_required"
    await stage.skip_waits()
    assert await stage.attempt() == "snoozed"
    assert await stage.attempt() is None
    # The owner comes back: the same account again, and its posts are awake at once.
    assert await stage.account() == stage.account_id
    assert await stage.attempts() == ["completed"]
    assert stage.records(post_id) == 1


async def test_posts_that_the_platform_has_are_asked_about_once_their_owner_is_back(stage: Stage) -> None:
    """All of them, since they wait for no turn; but none before its time that waits for another try."""
    stage.platform.plan(send=["take"] * 3, poll=["unreached", "shut", "shut"])
    patient, *others = [await stage.post() for _ in range(3)]
    seen = []
    for _ in range(3):
        seen.append(await stage.attempt())
        await stage.pool.execute("update social_account set status = 'connected'")
    assert seen == ["retry", "snoozed", "snoozed"]
    assert await stage.attempt() is None
    assert await stage.account() == stage.account_id
    assert [await stage.attempt() for _ in range(3)] == ["completed", "completed", None]
    assert [(await stage.row(post_id))["status"] for post_id in others] == ["published"] * 2
    assert (await stage.row(patient))["status"] == "publishing"


async def test_an_account_that_nobody_opens_in_time_makes_its_post_too_late(stage: Stage) -> None:
    await stage.do(accounts.require_reauth, account_id=stage.account_id, reason="TEST")
    post_id = await stage.post()
    assert await stage.attempt() == "snoozed"
    await stage.move(post_id, 2 * 3600)
    await stage.skip_waits()
    assert await stage.attempts() == ["failed"]
    row = await stage.row(post_id)
    assert (row["status"], row["last_error"]["code"], row["last_error"]["category"]) == (
        "failed", "TOO_LATE", "too_late",
    )  # fmt: skip


async def test_tries_that_fail_wait_longer_each_time(stage: Stage) -> None:
    stage.platform.plan(send=["unreached"] * 4)
    post_id = await stage.post()
    for wait_s in (30, 120, 600, 1800):
        assert await stage.attempt() == "retry"
        job = await stage.job(post_id)
        left = await stage.pool.fetchval("select extract(epoch from $1::timestamptz - now())", job["run_at"])
        assert 0.78 * wait_s < left <= 1.2 * wait_s
        await stage.skip_waits()
    assert await stage.attempts() == ["completed"]


async def test_a_try_that_would_come_too_late_is_the_last(stage: Stage) -> None:
    stage.platform.plan(send=["unreached"])
    post_id = await stage.post(ago_s=2 * 3600 - 10)
    assert await stage.attempts() == ["failed"]
    error = (await stage.row(post_id))["last_error"]
    assert error["code"] == "TOO_LATE"
    assert "it could not be reached" in error["message"]
