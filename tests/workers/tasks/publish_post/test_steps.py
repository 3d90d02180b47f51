"""Preparation in several steps continues after the last one, and a draft is not published."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.media import tickets
from domain.publishing import sending
from schemas.errors import ObjectNotFound
from tests.dumps import dump_database
from tests.workers.by_hand import Death
from tests.workers.tasks.publish_post.project import PublishingProject

TICKET, NEXT = "t" * 43, "u" * 43


def list_previous_steps(project: PublishingProject) -> list[int | None]:
    """Return the number of the previous step in each call to prepare."""
    return [None if so_far is None else so_far.handle["step"] for so_far in project.platform.steps]


async def test_each_step_gets_the_previous_one(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(prepare=["step", "step", "ok"])
    assert await project.attempts() == ["completed"]
    assert list_previous_steps(project) == [None, 1, 2]
    assert await project.events(post) == ["scheduled", "prepared", "sending", "published"]
    assert project.records(post) == 1


@pytest.mark.parametrize("kept", [1, 2])
async def test_a_death_between_two_steps_loses_none_of_them(project: PublishingProject, post: UUID, kept: int) -> None:
    """Its secret survives too: it is stored sealed, and deleted at the end."""
    project.platform.plan(prepare=["step", "step", "ok"])
    assert await project.attempt(Death(sending.store_prepared_post_step, kept, after=True)) == "died"
    assert (await project.row(post))["phase"] == "preparing"
    assert "the address of upload" not in await dump_database(project.pool)
    assert await project.attempts() == ["completed"]
    assert list_previous_steps(project) == [None, 1, 2]
    last = project.platform.steps[-1]
    assert last
    assert last.secret == b"the address of upload 2"
    assert ((await project.row(post))["sealed"], project.records(post)) == (None, 1)


async def test_a_slow_step_yields_to_other_posts(project: PublishingProject) -> None:
    project.platform.plan(prepare=["step_slow", "ok", "ok"])
    slow, other = await project.post(), await project.post()
    assert await project.attempt() == "snoozed"
    assert await project.attempt() == "completed"
    assert (await project.row(other))["status"] == "published"
    assert (await project.job(slow))["attempt"] == 0
    await project.skip_waits()
    assert await project.attempts() == ["completed"]
    assert list_previous_steps(project) == [None, None, 1]


async def test_an_unchanged_step_is_not_complete(project: PublishingProject, post: UUID) -> None:
    """For a film that takes longer than an attempt, an unchanged step is still unfinished."""
    project.platform.plan(prepare=["step_slow", "same", "ok"])
    for _ in range(2):
        assert await project.attempt() == "snoozed"
        await project.skip_waits()
    row = await project.row(post)
    assert (row["status"], row["phase"], project.platform.calls) == ("queued", "preparing", [])
    assert await project.attempts() == ["completed"]
    assert project.records(post) == 1


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ("update content_item set caption = 'new', revision = revision + 1", "new"),
        # A new time does the same: an upload of a week ago is useless.
        ("update scheduled_post set phase = null", "hello"),
    ],
)
async def test_an_edit_or_another_time_between_two_steps_starts_over(
    project: PublishingProject, post: UUID, change: str, sent: str
) -> None:
    project.platform.plan(prepare=["step_slow", "ok"])
    assert await project.attempt() == "snoozed"
    await project.pool.execute(change)
    await project.skip_waits()
    assert await project.attempts() == ["completed"]
    assert list_previous_steps(project) == [None, None]
    assert [call.caption for call in project.platform.calls] == [sent]
    assert project.records(post) == 1


async def test_a_step_waits_no_longer_than_the_posts_deadline(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(prepare=["step_slow"] * 3)
    assert await project.attempt() == "snoozed"
    await project.move(post, timedelta(hours=2).total_seconds())
    await project.skip_waits()
    assert await project.attempt() == "failed"
    assert (await project.row(post))["last_error"]["code"] == "TOO_LATE"


@pytest.mark.parametrize(
    ("sends", "words"), [(["outdate"], ["retry"]), (["lose", "outdate", "outdate"], ["retry", "retry"])]
)
async def test_a_post_that_expired_is_prepared_again(
    project: PublishingProject, post: UUID, sends: list[str], words: list[str]
) -> None:
    """After a lost call once it is absent: the same bytes would be refused at every repeat."""
    project.platform.plan(send=sends)
    assert await project.attempts() == [*words, "completed"]
    assert list_previous_steps(project) == [None, None]
    assert project.records(post) == 1


async def test_a_draft_goes_to_the_inbox_and_is_not_published(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(send=["inbox"])
    assert await project.attempts() == ["completed"]
    row, job = await project.row(post), await project.job(post)
    assert (row["status"], row["published_at"], row["phase"]) == ("draft_in_inbox", None, None)
    assert job["result"]["status"] == "draft_in_inbox"
    assert await project.pool.fetchval("select turn_post_id from social_account") is None


async def test_a_draft_whose_answer_was_lost_is_found_in_the_inbox(project: PublishingProject, post: UUID) -> None:
    project.platform.exact = False
    project.platform.plan(send=["drop"], reconcile=["undecided", "inbox"])
    assert await project.attempts() == ["failed"]
    assert (await project.row(post))["status"] == "outcome_unknown"
    assert await project.query() == "completed"
    assert (await project.row(post))["status"] == "draft_in_inbox"


async def test_a_reconciliation_that_finds_the_post_accepted_polls_on(project: PublishingProject, post: UUID) -> None:
    project.platform.exact = False
    project.platform.plan(send=["drop"], reconcile=["take"], poll=["take", "ok"])
    assert await project.attempts() == ["completed"]
    assert ((await project.row(post))["status"], project.records(post)) == ("published", 1)
    assert await project.events(post) == ["scheduled", "prepared", "sending", "accepted", "published"]


async def test_a_post_may_be_live_before_it_has_an_id(project: PublishingProject) -> None:
    project.platform.plan(send=["nameless", "nameless"])
    posts = [await project.post(), await project.post()]
    assert await project.attempts() == ["completed", "completed"]
    rows = [await project.row(post_id) for post_id in posts]
    assert [(row["status"], row["external_id"]) for row in rows] == [("published", None)] * 2


async def fetch(project: PublishingProject, ticket: str) -> None:
    async with project.pool.acquire() as conn:
        await tickets.redeem_media_ticket(
            conn, token=await project.pool.fetchval("select token from content_asset"), ticket=ticket
        )


async def test_unused_tickets_prove_absence(project: PublishingProject, post: UUID) -> None:
    """They are closed before the query; the next send has new ones."""
    project.platform.exact = False
    project.platform.tickets = [TICKET, NEXT]
    project.platform.plan(send=["lose"])
    await project.attach("a" * 43)
    assert await project.attempts() == ["completed"]
    assert [inquiry.fetched for inquiry in project.platform.inquiries] == [False]
    assert list_previous_steps(project) == [None, None]
    with pytest.raises(ObjectNotFound):
        await fetch(project, TICKET)
    await fetch(project, NEXT)
    assert project.records(post) == 1


async def test_a_used_ticket_is_passed_to_the_adapter(project: PublishingProject, post: UUID) -> None:
    project.platform.exact = False
    project.platform.tickets = [TICKET]
    project.platform.plan(send=["drop"], reconcile=["undecided", "undecided"])

    async def pull() -> None:
        if len(project.platform.steps) == 1:
            await fetch(project, TICKET)

    project.platform.on["send"] = pull
    await project.attach("a" * 43)
    assert await project.attempts() == ["failed"]
    assert await project.query() == "snoozed"
    assert [inquiry.fetched for inquiry in project.platform.inquiries] == [True, True]
    assert (await project.row(post))["status"] == "outcome_unknown"


async def test_a_ticket_is_for_its_own_posts_files(project: PublishingProject) -> None:
    project.platform.tickets = [TICKET]
    project.platform.plan(send=["throttle"])
    await project.post()
    await project.attach("a" * 43)
    await project.attempt()
    await fetch(project, TICKET)
    async with project.pool.acquire() as conn:
        with pytest.raises(ObjectNotFound):
            await tickets.redeem_media_ticket(conn, token="b" * 43, ticket=TICKET)
        with pytest.raises(ObjectNotFound):
            await tickets.redeem_media_ticket(conn, token="a" * 43, ticket=NEXT)


async def test_old_tickets_are_deleted(project: PublishingProject) -> None:
    project.platform.tickets = [TICKET, NEXT]
    await project.post(), await project.post()
    await project.attempts()
    await project.pool.execute(
        "update media_ticket set created_at = now() - interval '5 days' where ticket = $1", TICKET
    )
    async with project.pool.acquire() as conn:
        assert await tickets.prune_media_download_tickets(conn) == 1
    assert await project.pool.fetchval("select ticket from media_ticket") == NEXT
