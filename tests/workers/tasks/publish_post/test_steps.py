"""What takes several steps to prepare goes on from the last one, and a draft is no post."""

from datetime import timedelta

import pytest

from domain.media import tickets
from domain.publishing import sending
from jobs.kinds import RECONCILE_POST
from schemas.errors import NotFound
from tests.dumps import everything
from tests.workers.tasks.publish_post.stage import Death, Stage

TICKET, NEXT = "t" * 43, "u" * 43


def came(stage: Stage) -> list[int | None]:
    """Which step each call to prepare was given."""
    return [None if so_far is None else so_far.handle["step"] for so_far in stage.platform.steps]


async def test_each_step_is_given_the_one_before(stage: Stage) -> None:
    stage.platform.plan(prepare=["step", "step", "ok"])
    post_id = await stage.post()
    assert await stage.attempts() == ["completed"]
    assert came(stage) == [None, 1, 2]
    assert await stage.events(post_id) == ["scheduled", "prepared", "sending", "published"]
    assert stage.records(post_id) == 1


@pytest.mark.parametrize("kept", [1, 2])
async def test_a_death_between_two_steps_loses_none_of_them(stage: Stage, kept: int) -> None:
    """Its secret comes back too, which lies sealed meanwhile and is gone at the end."""
    stage.platform.plan(prepare=["step", "step", "ok"])
    post_id = await stage.post()
    assert await stage.attempt(Death(sending.keep, kept, after=True)) == "died"
    assert (await stage.row(post_id))["phase"] == "preparing"
    assert "the address of upload" not in await everything(stage.pool)
    assert await stage.attempts() == ["completed"]
    assert came(stage) == [None, 1, 2]
    last = stage.platform.steps[-1]
    assert last
    assert last.secret == b"the address of upload 2"
    assert ((await stage.row(post_id))["sealed"], stage.records(post_id)) == (None, 1)


async def test_a_step_that_takes_the_platform_long_lets_others_go_first(stage: Stage) -> None:
    stage.platform.plan(prepare=["step_slow", "ok", "ok"])
    slow, other = await stage.post(), await stage.post()
    assert await stage.attempt() == "snoozed"
    assert await stage.attempt() == "completed"
    assert (await stage.row(other))["status"] == "published"
    assert (await stage.job(slow))["attempt"] == 0
    await stage.skip_waits()
    assert await stage.attempts() == ["completed"]
    assert came(stage) == [None, None, 1]


async def test_a_step_that_comes_back_is_not_taken_for_the_last(stage: Stage) -> None:
    """Of a film that takes longer than an attempt: what is handed back as it came is still unfinished."""
    stage.platform.plan(prepare=["step_slow", "same", "ok"])
    post_id = await stage.post()
    for _ in range(2):
        assert await stage.attempt() == "snoozed"
        await stage.skip_waits()
    row = await stage.row(post_id)
    assert (row["status"], row["phase"], stage.platform.calls) == ("queued", "preparing", [])
    assert await stage.attempts() == ["completed"]
    assert stage.records(post_id) == 1


async def test_an_edit_between_two_steps_starts_over(stage: Stage) -> None:
    stage.platform.plan(prepare=["step_slow", "ok"])
    post_id = await stage.post("old")
    assert await stage.attempt() == "snoozed"
    await stage.pool.execute("update content_item set caption = 'new', revision = revision + 1")
    await stage.skip_waits()
    assert await stage.attempts() == ["completed"]
    assert came(stage) == [None, None]
    assert [call.caption for call in stage.platform.calls] == ["new"]
    assert stage.records(post_id) == 1


async def test_another_time_starts_over(stage: Stage) -> None:
    """An upload of a week ago is of no use to anybody."""
    stage.platform.plan(prepare=["step_slow", "ok"])
    post_id = await stage.post()
    assert await stage.attempt() == "snoozed"
    await stage.pool.execute("update scheduled_post set phase = null where id = $1", post_id)
    await stage.skip_waits()
    assert await stage.attempts() == ["completed"]
    assert came(stage) == [None, None]


async def test_a_step_is_waited_for_no_longer_than_the_post_is_in_time(stage: Stage) -> None:
    stage.platform.plan(prepare=["step_slow"] * 3)
    post_id = await stage.post()
    assert await stage.attempt() == "snoozed"
    await stage.move(post_id, timedelta(hours=2).total_seconds())
    await stage.skip_waits()
    assert await stage.attempt() == "failed"
    assert (await stage.row(post_id))["last_error"]["code"] == "TOO_LATE"


async def test_what_ran_out_before_the_call_is_prepared_anew(stage: Stage) -> None:
    stage.platform.plan(send=["outdate"])
    post_id = await stage.post()
    assert await stage.attempts() == ["retry", "completed"]
    assert came(stage) == [None, None]
    assert stage.records(post_id) == 1


async def test_what_ran_out_after_a_lost_call_is_prepared_anew_once_that_is_proved_absent(
    stage: Stage,
) -> None:
    """The same bytes would be refused again and again, however often they are repeated."""
    stage.platform.plan(send=["lose", "outdate", "outdate"])
    post_id = await stage.post()
    assert await stage.attempts() == ["retry", "retry", "completed"]
    assert came(stage) == [None, None]
    assert stage.records(post_id) == 1


async def test_a_draft_lies_in_the_inbox_and_is_not_published(stage: Stage) -> None:
    stage.platform.plan(send=["inbox"])
    post_id = await stage.post()
    assert await stage.attempts() == ["completed"]
    row, job = await stage.row(post_id), await stage.job(post_id)
    assert (row["status"], row["published_at"], row["phase"]) == ("draft_in_inbox", None, None)
    assert job["result"]["status"] == "draft_in_inbox"
    assert await stage.pool.fetchval("select turn_post_id from social_account") is None


async def test_a_draft_whose_answer_was_lost_is_found_in_the_inbox(stage: Stage) -> None:
    stage.platform.exact = False
    stage.platform.plan(send=["drop"], reconcile=["undecided", "inbox"])
    post_id = await stage.post()
    assert await stage.attempts() == ["failed"]
    assert (await stage.row(post_id))["status"] == "outcome_unknown"
    await stage.skip_to_asking()
    assert await stage.attempt(kind=RECONCILE_POST) == "completed"
    assert (await stage.row(post_id))["status"] == "draft_in_inbox"


async def test_a_look_that_finds_it_taken_asks_on(stage: Stage) -> None:
    stage.platform.exact = False
    stage.platform.plan(send=["drop"], reconcile=["take"], poll=["take", "ok"])
    post_id = await stage.post()
    assert await stage.attempts() == ["completed"]
    assert ((await stage.row(post_id))["status"], stage.records(post_id)) == ("published", 1)
    assert await stage.events(post_id) == ["scheduled", "prepared", "sending", "accepted", "published"]


async def test_a_post_may_be_live_before_it_has_a_name(stage: Stage) -> None:
    stage.platform.plan(send=["nameless", "nameless"])
    posts = [await stage.post(), await stage.post()]
    assert await stage.attempts() == ["completed", "completed"]
    rows = [await stage.row(post_id) for post_id in posts]
    assert [(row["status"], row["external_id"]) for row in rows] == [("published", None)] * 2


async def fetch(stage: Stage, ticket: str) -> None:
    async with stage.pool.acquire() as conn:
        await tickets.fetch(
            conn, token=await stage.pool.fetchval("select token from content_asset"), ticket=ticket
        )


async def with_a_file(stage: Stage) -> None:
    await stage.pool.execute(
        """insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width,
                                      height, size_bytes, sha256, token)
           select organization_id, id, gen_random_uuid(), 0, 'image', 'image/png', 1, 1, 43, sha256(''), $1
             from content_item""",
        "a" * 43,
    )


async def test_tickets_that_nobody_used_prove_that_it_is_not_there(stage: Stage) -> None:
    """They are closed before the look; what is sent anew has others."""
    stage.platform.exact = False
    stage.platform.tickets = [TICKET, NEXT]
    stage.platform.plan(send=["lose"])
    post_id = await stage.post()
    await with_a_file(stage)
    assert await stage.attempts() == ["completed"]
    assert [inquiry.fetched for inquiry in stage.platform.inquiries] == [False]
    assert came(stage) == [None, None]
    with pytest.raises(NotFound):
        await fetch(stage, TICKET)
    await fetch(stage, NEXT)
    assert stage.records(post_id) == 1


async def test_a_ticket_that_was_used_is_told_of(stage: Stage) -> None:
    stage.platform.exact = False
    stage.platform.tickets = [TICKET]
    stage.platform.plan(send=["drop"], reconcile=["undecided", "undecided"])

    async def pull() -> None:
        if len(stage.platform.steps) == 1:
            await fetch(stage, TICKET)

    stage.platform.on["send"] = pull
    post_id = await stage.post()
    await with_a_file(stage)
    assert await stage.attempts() == ["failed"]
    await stage.skip_to_asking()
    assert await stage.attempt(kind=RECONCILE_POST) == "snoozed"
    assert [inquiry.fetched for inquiry in stage.platform.inquiries] == [True, True]
    assert (await stage.row(post_id))["status"] == "outcome_unknown"


async def test_a_ticket_is_for_its_own_posts_files(stage: Stage) -> None:
    stage.platform.tickets = [TICKET]
    stage.platform.plan(send=["throttle"])
    await stage.post()
    await with_a_file(stage)
    await stage.attempt()
    await fetch(stage, TICKET)
    async with stage.pool.acquire() as conn:
        with pytest.raises(NotFound):
            await tickets.fetch(conn, token="b" * 43, ticket=TICKET)
        with pytest.raises(NotFound):
            await tickets.fetch(conn, token="a" * 43, ticket=NEXT)


async def test_old_tickets_are_forgotten(stage: Stage) -> None:
    stage.platform.tickets = [TICKET, NEXT]
    await stage.post(), await stage.post()
    await stage.attempts()
    await stage.pool.execute(
        "update media_ticket set created_at = now() - interval '5 days' where ticket = $1", TICKET
    )
    async with stage.pool.acquire() as conn:
        assert await tickets.prune(conn) == 1
    assert await stage.pool.fetchval("select ticket from media_ticket") == NEXT
