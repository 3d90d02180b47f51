"""Cancels and archives against a post on its way: whoever commits first wins."""

from functools import partial

import pytest

from domain import archive, changing, content, jobs
from schemas.errors import Conflict
from tests.workers.sending.scripted import Scripted
from tests.workers.sending.stage import Stage


@pytest.mark.parametrize("where", ["prepare", "send"])
async def test_a_cancel_wins_until_the_post_is_marked(stage: Stage, where: str) -> None:
    post_id = await stage.post()
    refused: list[str] = []

    async def cancel() -> None:
        job_id = (await stage.row(post_id))["job_id"]
        try:
            await stage.do(jobs.cancel, job_id=job_id)
        except Conflict as conflict:
            refused.append(conflict.details["stage"])

    stage.platform.on[where] = cancel
    words = await stage.attempts()
    status = (await stage.row(post_id))["status"]
    if where == "prepare":
        assert (words, status, refused, stage.records(post_id)) == (["canceled"], "canceled", [], 0)
    else:
        assert (words, status, refused, stage.records(post_id)) == (
            ["completed"],
            "published",
            ["sending"],
            1,
        )


@pytest.mark.parametrize("who", ["partner", "archive"])
async def test_an_edit_does_not_bring_back_what_was_asked_to_cancel(stage: Stage, who: str) -> None:
    """Else the next approval would give it another job, and it would go out."""
    post_id = await stage.post()
    post = await stage.row(post_id)
    await stage.pool.execute("update content_item set approval_status = 'approved'")

    async def cancel_and_edit() -> None:
        if who == "partner":
            await stage.do(jobs.cancel, job_id=post["job_id"])
        else:
            await stage.do(archive.archive, project_id=stage.project_id, api_key_id=None)
            await stage.do(jobs.cancel_of_project, project_id=stage.project_id, limit=10)
        words = {"caption": "other", "versions": None, "public_url": ""}
        await stage.do(content.edit, content_id=post["content_id"], **words)

    stage.platform.on["prepare"] = cancel_and_edit
    assert await stage.attempts() == ["canceled"]
    row = await stage.row(post_id)
    reason = {"partner": "job_canceled", "archive": "project_archived"}[who]
    assert (row["status"], row["cancel_reason"], stage.platform.calls) == ("canceled", reason, [])


async def test_a_post_that_is_deleted_while_it_is_prepared_does_not_go_out(stage: Stage) -> None:
    post_id = await stage.post()
    delete = partial(stage.do, changing.cancel, post_id=post_id, reason=None)
    stage.platform.on["prepare"] = delete
    assert await stage.attempts() == ["canceled"]
    assert ((await stage.row(post_id))["status"], stage.platform.calls) == ("canceled", [])


@pytest.mark.parametrize(
    "case",
    [
        ("prepare", ["ok"], "canceled", 0),
        ("send", ["ok"], "published", 1),
        ("send", ["drop"], "published", 1),
        ("send", ["lose"], "canceled", 0),
        ("send", ["unreached"], "canceled", 0),
        ("poll", ["take"], "published", 1),
    ],
)
@pytest.mark.parametrize("exact", [True, False])
async def test_an_archive_stops_what_is_not_marked_and_lets_the_rest_end_truthfully(
    stage: Stage, case: tuple[str, list[str], str, int], exact: bool
) -> None:
    where, plan, status, live = case
    stage.platform = Scripted(repeatable=exact)
    stage.platform.plan(send=plan)
    post_id = await stage.post()

    async def archived() -> None:
        stage.platform.on.clear()
        await stage.do(archive.archive, project_id=stage.project_id, api_key_id=None)

    stage.platform.on[where] = archived
    await stage.attempts()
    assert ((await stage.row(post_id))["status"], stage.records(post_id)) == (status, live)
    assert await stage.open_jobs() == 0


@pytest.mark.parametrize(
    ("send", "word", "status"),
    [("throttle", "canceled", "canceled"), ("shut", "canceled", "canceled"), ("refuse", "failed", "failed")],
)
async def test_what_comes_back_to_an_archived_project_is_not_revived_by_an_un_archive(
    stage: Stage, send: str, word: str, status: str
) -> None:
    """Else it would wait for its next try, and go out if the project is active by then."""
    stage.platform.plan(send=[send])
    post_id = await stage.post()
    stage.platform.on["send"] = partial(
        stage.do, archive.archive, project_id=stage.project_id, api_key_id=None
    )
    assert await stage.attempt() == word
    assert ((await stage.row(post_id))["status"], await stage.open_jobs()) == (status, 0)


async def test_what_is_proved_absent_in_an_archived_project_is_not_revived_after_a_death(
    stage: Stage,
) -> None:
    stage.platform = Scripted(repeatable=False)
    stage.platform.plan(send=["lose"])
    post_id = await stage.post()
    stage.platform.on["reconcile"] = partial(
        stage.do, archive.archive, project_id=stage.project_id, api_key_id=None
    )
    # Begun, kept, marked, tickets closed, then what the look has proved.
    await stage.attempt(fuse=5, after=True)
    assert ((await stage.row(post_id))["status"], await stage.open_jobs()) == ("canceled", 0)
