"""One post: the proof in each platform response, and how often the post is live afterwards."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from domain.content import content
from jobs.kinds import RECONCILE_POST_KIND
from schemas.content import ContentPatch
from tests.workers.tasks.publish_post.project import PublishingProject, hours_pass
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform


async def test_a_post_is_published_in_stored_steps(project: PublishingProject) -> None:
    """Its files come in their order, and can be read again."""
    files = ("b" * 43, "a" * 43)
    post_id = await project.post("Hello, world")
    for token in files:
        await project.store.write(token, one_chunk(token.encode()))
    await project.attach(*files)
    assert await project.attempts() == ["completed"]
    row, job = await project.row(post_id), await project.job(post_id)
    assert (row["status"], row["phase"], row["external_id"]) == ("published", None, f"live-{post_id}")
    assert (job["result"]["externalUrl"], job["cancelable"]) == (f"https://example.test/{post_id}", False)
    assert await project.events(post_id) == ["scheduled", "prepared", "sending", "published"]
    assert [call.caption for call in project.platform.calls] == ["Hello, world"]
    assert (project.records(post_id), await project.sends()) == (1, 1)
    assert await project.pool.fetchval("select turn_post_id from social_account") is None
    [draft] = project.platform.drafts
    assert (draft.caption, draft.language, draft.mode) == ("Hello, world", "en", "direct")
    for media, token in zip(draft.media, files, strict=True):
        for _ in range(2):
            async with media.read() as chunks:
                assert b"".join([bytes(chunk) async for chunk in chunks]) == token.encode()


async def one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def test_twice_lost_bytes_are_sent_again_by_another_attempt(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(send=["lose", "drop", "ok"])
    assert await project.attempt() == "retry"
    row, job = await project.row(post), await project.job(post)
    sending = (row["status"], row["phase"], row["last_error"]["code"])
    assert sending == ("publishing", "sending", "ANSWER_LOST")
    assert (job["stage"], job["cancelable"], job["attempt"]) == ("scheduled", False, 1)
    await project.skip_waits()
    assert await project.attempts() == ["completed"]
    assert (project.records(post), await project.sends()) == (1, 3)
    assert (await project.row(post))["last_error"] is None


@pytest.mark.parametrize("lost", [["die_after"], ["lose", "drop"]])
async def test_an_edit_does_not_change_what_is_sent_again(project: PublishingProject, lost: list[str]) -> None:
    """Other bytes with the same key would create a second post, or return the first with other content."""
    project.platform.plan(send=lost)
    post_id = await project.post("first words")
    assert await project.attempt() in {"died", "retry"}
    content_id = (await project.row(post_id))["content_id"]
    words = {"patch": ContentPatch(caption="last words"), "versions": None, "public_url": ""}
    await project.do(content.edit_content, content_id=content_id, **words)
    await project.skip_waits()
    assert await project.attempts() == ["completed"]
    assert [call.caption for call in project.platform.calls] == ["first words"] * (len(lost) + 1)
    assert ((await project.row(post_id))["status"], project.records(post_id)) == ("published", 1)


@pytest.mark.parametrize(
    ("change", "outcomes", "captions"),
    [
        (
            "caption = 'last words', revision = revision + 1",
            ["interrupted", "completed"],
            ["first words", "last words"],
        ),
        ("approval_status = 'pending'", ["failed"], ["first words"]),
    ],
)
async def test_an_absent_post_is_not_sent_as_it_was_before_a_change(
    project: PublishingProject, change: str, outcomes: list[str], captions: list[str]
) -> None:
    """The attempt that prepared the post also loses it, and finds it absent after the content's change."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["lose"])
    project.platform.on["reconcile"] = partial(project.pool.execute, f"update content_item set {change}")
    post_id = await project.post("first words")
    assert await project.attempts() == outcomes
    assert [call.caption for call in project.platform.calls] == captions
    assert project.records(post_id) == len(captions) - 1


#: The outcomes of a post's attempts by the refusal of its second call.
REFUSED_REPEATS = {
    "unreached": ["retry", "completed"],
    "throttle": ["snoozed", "completed"],
    "expire": ["snoozed", "completed"],
    "refuse": ["completed"],
    "outdate": ["completed"],
}


async def test_a_refused_repeat_proves_nothing_about_the_first_call(project: PublishingProject) -> None:
    for fault, words in REFUSED_REPEATS.items():
        await project.renew()
        post = await project.post()
        project.platform.plan(send=["drop", fault])
        seen: list[str] = []
        while (word := await project.attempt()) is not None:
            seen.append(word)
            assert (await project.row(post))["status"] in {"publishing", "published"}
            await project.skip_waits()
        assert (seen, project.records(post)) == (words, 1), fault


async def test_an_undecided_post_is_outcome_unknown_and_reconciled(project: PublishingProject, post: UUID) -> None:
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["drop"], reconcile=["undecided"])
    assert await project.attempts() == ["failed"]
    row, job = await project.row(post), await project.job(post)
    assert (row["status"], row["last_error"]["category"]) == ("outcome_unknown", "unknown")
    assert (job["error"]["code"], job["error"]["retryable"]) == ("OUTCOME_UNKNOWN", False)
    [asking] = await project.jobs(RECONCILE_POST_KIND)
    assert asking["args"] == {"post_id": str(post)}


async def test_a_post_in_flight_is_reconciled_again_later(project: PublishingProject, post: UUID) -> None:
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["lose"], reconcile=["later", "ok"])
    before = await project.clock()
    assert await project.attempt() == "snoozed"
    row, job = await project.row(post), await project.job(post)
    assert (row["phase"], job["attempt"]) == ("sending", 0)
    # The job comes 10 ms after the account is free.
    assert before <= job["run_at"] - timedelta(seconds=60.01) <= await project.clock()
    await project.skip_waits()
    assert await project.attempts() == ["completed"]
    assert (len(project.platform.calls), project.records(post)) == (2, 1)


async def test_a_post_in_flight_is_reconciled_before_it_is_sent_again(project: PublishingProject) -> None:
    """Otherwise each refused repeat would delay the end, as long as the post is in time."""
    project.platform.plan(send=["lose", "refuse", "refuse"], reconcile=["later", "later", "ok"])
    post_id = await project.post()
    assert await project.attempts() == ["retry", "snoozed", "failed"]
    assert len(project.platform.calls) == 3
    row = await project.row(post_id)
    assert (row["status"], row["last_error"]["code"]) == ("failed", "PLATFORM_REJECTED")
    assert project.records(post_id) == 0


async def test_a_post_that_is_proved_absent_twice_waits_before_the_next_try(project: PublishingProject) -> None:
    """Its error contains the cause of the doubt, in the platform's own words."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["lose", "lose"])
    post_id = await project.post()
    assert await project.attempt() == "retry"
    error = (await project.row(post_id))["last_error"]
    assert error["code"] == "NOT_TAKEN"
    assert "lost on its way there" in error["message"]
    await project.skip_waits()
    assert await project.attempts() == ["completed"]
    assert (len(project.platform.calls), project.records(post_id), await project.sends()) == (3, 1, 1)


async def test_an_accepted_post_is_polled_and_never_sent_again(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(send=["take"], poll=["take", "unreached", "expire", "ok"])
    assert await project.attempts() == ["retry", "snoozed", "completed"]
    assert (len(project.platform.calls), project.records(post)) == (1, 1)
    assert "accepted" in await project.events(post)
    assert (await project.row(post))["handle"]["upload"] == "1"


async def test_a_post_processed_for_too_long_is_outcome_unknown(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(send=["take"], poll=["unreached", "take"])
    assert await project.attempt() == "retry"
    await hours_pass(project, 0.6)
    await project.skip_waits()
    assert await project.attempts() == ["failed"]
    assert (await project.row(post))["status"] == "outcome_unknown"


async def test_a_slow_response_times_out(
    project: PublishingProject, post: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.publishing.phases.MAX_POST_SEND_S", 0.05)
    project.platform.plan(send=["slow_after", "slow_after"])
    assert await project.attempts() == ["retry", "completed"]
    assert project.records(post) == 1


async def test_a_call_times_out_before_the_lease_may_end(project: PublishingProject, post: UUID) -> None:
    """A response at the lease's end is too late."""
    project.lease_left_s = 0.1
    project.platform.plan(send=["slow_after"])

    async def answer_at_its_end() -> None:
        # A late loop still runs its timers in their order.
        asyncio.get_running_loop().call_later(project.lease_left_s, project.platform.answers.set)

    project.platform.on["send"] = answer_at_its_end
    assert await project.attempts() == ["completed"]
    assert (len(project.platform.calls), project.records(post)) == (2, 1)


async def test_no_call_is_made_once_the_lease_may_have_ended(project: PublishingProject, post: UUID) -> None:
    project.lease_left_s = 0.0
    assert await project.attempt() == "retry"
    assert ((await project.row(post))["phase"], project.platform.calls) == ("prepared", [])


async def test_an_edit_of_a_prepared_post_prepares_it_again(project: PublishingProject) -> None:
    post_id = await project.post("first words")
    edit = "update content_item set caption = 'last words', revision = revision + 1"
    project.platform.plan(send=["unreached"])
    assert await project.attempt() == "retry"
    await project.pool.execute(edit)
    await project.skip_waits()
    assert await project.attempts() == ["interrupted", "completed"]
    assert [call.caption for call in project.platform.calls] == ["first words", "last words"]
    assert project.records(post_id) == 1


async def test_a_platforms_name_for_another_post_is_no_proof(project: PublishingProject) -> None:
    first, second = await project.post(), await project.post()
    assert await project.attempt() == "completed"
    project.platform.names = str(first)
    assert await project.attempts() == ["failed"]
    assert (await project.row(second))["status"] == "outcome_unknown"


@pytest.mark.parametrize(
    ("change", "code", "category"),
    [
        ("update social_account set platform = 'tiktok'", "PLATFORM_UNSUPPORTED", "config"),
        ("update content_item set approval_status = 'pending'", "NOT_APPROVED", "user_content"),
    ],
)
async def test_an_unpublishable_post_fails(
    project: PublishingProject, post: UUID, change: str, code: str, category: str
) -> None:
    await project.pool.execute(change)
    assert await project.attempts() == ["failed"]
    error = (await project.row(post))["last_error"]
    assert (error["code"], error["category"]) == (code, category)
    assert project.platform.calls == []
