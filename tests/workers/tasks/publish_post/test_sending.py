"""One post: what each answer of a platform proves, and how often the post is live then."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.content import content
from jobs.kinds import RECONCILE_POST
from schemas import ids
from tests.workers.tasks.publish_post.scripted import Scripted
from tests.workers.tasks.publish_post.stage import Stage, hours_pass


async def test_a_post_goes_out_in_steps_that_are_written_down(stage: Stage) -> None:
    post_id = await stage.post("Hello, world")
    assert await stage.attempts() == ["completed"]
    row, job = await stage.row(post_id), await stage.job(post_id)
    assert (row["status"], row["phase"], row["external_id"]) == ("published", None, f"live-{post_id}")
    assert (job["result"]["externalUrl"], job["cancelable"]) == (f"https://example.test/{post_id}", False)
    assert await stage.events(post_id) == ["scheduled", "prepared", "sending", "published"]
    assert [call.caption for call in stage.platform.calls] == ["Hello, world"]
    assert (stage.records(post_id), await stage.sends()) == (1, 1)
    assert await stage.pool.fetchval("select turn_post_id from social_account") is None


async def test_its_files_come_in_their_order_and_can_be_read_again(stage: Stage) -> None:
    post_id = await stage.post()
    for position, token in enumerate(["a" * 43, "b" * 43]):
        await stage.store.write(token, one_chunk(token.encode()))
        await stage.pool.execute(
            """insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width,
                                          height, size_bytes, sha256, token)
               select organization_id, content_id, $2, $3, 'image', 'image/png', 1, 1, 43, sha256(''), $4
                 from scheduled_post where id = $1""",
            post_id, ids.new(), 1 - position, token,
        )  # fmt: skip
    assert await stage.attempts() == ["completed"]
    [draft] = stage.platform.drafts
    for media, letter in zip(draft.media, "ba", strict=True):
        for _ in range(2):
            async with media.read() as chunks:
                assert b"".join([bytes(chunk) async for chunk in chunks]) == letter.encode() * 43
    assert (draft.caption, draft.language, draft.mode) == ("hello", "en", "direct")


async def one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.mark.parametrize("lost", ["drop", "break", "lose"])
@pytest.mark.parametrize("exact", [True, False])
async def test_a_lost_answer_leaves_one_record(stage: Stage, lost: str, exact: bool) -> None:
    """The same bytes again where that is safe; else a look, and again only what is proved absent."""
    stage.platform = Scripted(repeatable=exact)
    stage.platform.plan(send=[lost])
    post_id = await stage.post()
    assert await stage.attempts() == ["completed"]
    assert ((await stage.row(post_id))["status"], stage.records(post_id)) == ("published", 1)
    assert len(stage.platform.calls) == (2 if exact or lost == "lose" else 1)


async def test_bytes_lost_twice_go_again_in_another_attempt(stage: Stage) -> None:
    stage.platform.plan(send=["lose", "drop", "ok"])
    post_id = await stage.post()
    assert await stage.attempt() == "retry"
    row, job = await stage.row(post_id), await stage.job(post_id)
    assert (row["status"], row["phase"], row["last_error"]["code"]) == (
        "publishing",
        "sending",
        "ANSWER_LOST",
    )
    assert (job["stage"], job["cancelable"], job["attempt"]) == ("scheduled", False, 1)
    await stage.skip_waits()
    assert await stage.attempts() == ["completed"]
    assert (stage.records(post_id), await stage.sends()) == (1, 3)
    assert (await stage.row(post_id))["last_error"] is None


@pytest.mark.parametrize("lost", [["die_after"], ["lose", "drop"]])
async def test_an_edit_does_not_change_what_is_sent_again(stage: Stage, lost: list[str]) -> None:
    """Other bytes with the same key would be a second post, or the first one that says something else."""
    stage.platform.plan(send=lost)
    post_id = await stage.post("first words")
    assert await stage.attempt() in {"died", "retry"}
    content_id = (await stage.row(post_id))["content_id"]
    words = {"caption": "last words", "versions": None, "public_url": ""}
    await stage.do(content.edit, content_id=content_id, **words)
    await stage.skip_waits()
    assert await stage.attempts() == ["completed"]
    assert [call.caption for call in stage.platform.calls] == ["first words"] * (len(lost) + 1)
    assert ((await stage.row(post_id))["status"], stage.records(post_id)) == ("published", 1)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("unreached", ["retry", "completed"]),
        ("throttle", ["snoozed", "completed"]),
        ("expire", ["snoozed", "completed"]),
        ("refuse", ["completed"]),
        ("outdate", ["completed"]),
    ],
)
async def test_what_a_repeat_is_refused_says_nothing_of_the_first_call(
    stage: Stage, fault: str, words: list[str]
) -> None:
    stage.platform.plan(send=["drop", fault])
    post_id = await stage.post()
    seen: list[str] = []
    while (word := await stage.attempt()) is not None:
        seen.append(word)
        assert (await stage.row(post_id))["status"] in {"publishing", "published"}
        await stage.skip_waits()
    assert (seen, stage.records(post_id)) == (words, 1)


async def test_what_nobody_can_tell_is_outcome_unknown_and_asked_on(stage: Stage) -> None:
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["drop"], reconcile=["undecided"])
    post_id = await stage.post()
    assert await stage.attempts() == ["failed"]
    row, job = await stage.row(post_id), await stage.job(post_id)
    assert (row["status"], row["last_error"]["category"]) == ("outcome_unknown", "unknown")
    assert (job["error"]["code"], job["error"]["retryable"]) == ("OUTCOME_UNKNOWN", False)
    [asking] = await stage.jobs(RECONCILE_POST)
    assert asking["args"] == {"post_id": str(post_id)}


async def test_what_time_will_decide_is_looked_for_again_then(stage: Stage) -> None:
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["lose"], reconcile=["settling", "ok"])
    post_id = await stage.post()
    assert await stage.attempt() == "snoozed"
    row, job = await stage.row(post_id), await stage.job(post_id)
    assert (row["phase"], job["attempt"]) == ("sending", 0)
    left = await stage.pool.fetchval("select extract(epoch from $1::timestamptz - now())", job["run_at"])
    assert 58 < left <= 60.1
    await stage.skip_waits()
    assert await stage.attempts() == ["completed"]
    assert (len(stage.platform.calls), stage.records(post_id)) == (2, 1)


async def test_what_may_be_on_its_way_is_looked_for_before_it_is_sent_again(stage: Stage) -> None:
    """Else each repeat that is refused would put the end off, as long as the post is in time."""
    stage.platform.plan(send=["lose", "refuse", "refuse"], reconcile=["settling", "settling", "ok"])
    post_id = await stage.post()
    assert await stage.attempts() == ["retry", "snoozed", "failed"]
    assert len(stage.platform.calls) == 3
    row = await stage.row(post_id)
    assert (row["status"], row["last_error"]["code"]) == ("failed", "PLATFORM_REJECTED")
    assert stage.records(post_id) == 0


async def test_a_look_that_fails_is_made_again(stage: Stage) -> None:
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["drop"], reconcile=["unreached", "throttle", "expire"])
    post_id = await stage.post()
    assert await stage.attempts() == ["retry", "snoozed", "snoozed", "completed"]
    assert (len(stage.platform.calls), stage.records(post_id)) == (1, 1)


async def test_a_post_that_is_proved_absent_twice_waits_before_the_next_try(stage: Stage) -> None:
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["lose", "lose"])
    post_id = await stage.post()
    assert await stage.attempts() == ["retry", "completed"]
    assert (len(stage.platform.calls), stage.records(post_id), await stage.sends()) == (3, 1, 1)


async def test_what_is_taken_is_asked_about_and_never_sent_again(stage: Stage) -> None:
    stage.platform.plan(send=["take"], poll=["take", "unreached", "expire", "ok"])
    post_id = await stage.post()
    assert await stage.attempts() == ["retry", "snoozed", "completed"]
    assert (len(stage.platform.calls), stage.records(post_id)) == (1, 1)
    assert "accepted" in await stage.events(post_id)
    assert (await stage.row(post_id))["handle"]["upload"] == "1"


async def test_what_is_given_up_after_it_was_taken_has_failed(stage: Stage) -> None:
    stage.platform.plan(send=["take"], poll=["take", "refuse"])
    post_id = await stage.post()
    assert await stage.attempts() == ["failed"]
    assert ((await stage.row(post_id))["status"], stage.records(post_id)) == ("failed", 0)


async def test_what_is_worked_on_for_too_long_is_outcome_unknown(stage: Stage) -> None:
    stage.platform.plan(send=["take"], poll=["unreached", "take"])
    post_id = await stage.post()
    assert await stage.attempt() == "retry"
    await hours_pass(stage, 0.6)
    await stage.skip_waits()
    assert await stage.attempts() == ["failed"]
    assert (await stage.row(post_id))["status"] == "outcome_unknown"


async def test_an_answer_that_takes_too_long_is_given_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.tasks.publish_post.SEND_S", 0.05)
    stage.platform.plan(send=["slow_after", "slow_after"])
    post_id = await stage.post()
    assert await stage.attempts() == ["retry", "completed"]
    assert stage.records(post_id) == 1


async def test_a_call_is_given_up_before_the_lease_may_run_out(stage: Stage) -> None:
    """An answer that comes at the lease's end comes too late."""
    stage.lease_left_s = 0.1
    stage.platform.plan(send=["slow_after"])

    async def answer_at_its_end() -> None:
        # However late a loop runs its timers, it runs them in their order.
        asyncio.get_running_loop().call_later(stage.lease_left_s, stage.platform.answers.set)

    stage.platform.on["send"] = answer_at_its_end
    post_id = await stage.post()
    assert await stage.attempts() == ["completed"]
    assert (len(stage.platform.calls), stage.records(post_id)) == (2, 1)


async def test_no_call_is_made_once_the_lease_may_have_run_out(stage: Stage) -> None:
    post_id = await stage.post()
    stage.lease_left_s = 0.0
    assert await stage.attempt() == "retry"
    assert ((await stage.row(post_id))["phase"], stage.platform.calls) == ("prepared", [])


async def test_an_edit_after_it_was_prepared_prepares_it_anew(stage: Stage) -> None:
    post_id = await stage.post("first words")
    edit = "update content_item set caption = 'last words', revision = revision + 1"
    stage.platform.plan(send=["unreached"])
    assert await stage.attempt() == "retry"
    await stage.pool.execute(edit)
    await stage.skip_waits()
    assert await stage.attempts() == ["interrupted", "completed"]
    assert [call.caption for call in stage.platform.calls] == ["first words", "last words"]
    assert stage.records(post_id) == 1


async def test_a_platforms_name_for_another_post_is_no_proof(stage: Stage) -> None:
    first, second = await stage.post(), await stage.post()
    assert await stage.attempt() == "completed"
    stage.platform.names = str(first)
    assert await stage.attempts() == ["failed"]
    assert (await stage.row(second))["status"] == "outcome_unknown"


async def test_a_platform_that_we_dont_post_to_fails_the_post(stage: Stage) -> None:
    post_id = await stage.post()
    await stage.pool.execute("update social_account set platform = 'tiktok'")
    assert await stage.attempts() == ["failed"]
    error = (await stage.row(post_id))["last_error"]
    assert (error["code"], error["category"]) == ("PLATFORM_UNSUPPORTED", "config")


async def test_content_that_lost_its_approval_does_not_go_out(stage: Stage) -> None:
    post_id = await stage.post()
    await stage.pool.execute("update content_item set approval_status = 'pending'")
    assert await stage.attempts() == ["failed"]
    assert (await stage.row(post_id))["last_error"]["code"] == "NOT_APPROVED"
    assert stage.platform.calls == []
