"""Cancels, archives and disconnects against a post on its way: whoever commits first wins."""

from functools import partial
from typing import NamedTuple

import pytest

from domain.content import content
from domain.jobs import jobs
from domain.publishing import changes, failures
from schemas.accounts import AccountDisconnected
from schemas.errors import Conflict
from schemas.projects import Archived
from tests.workers.tasks.publish_post.project import Death, Project, Stop
from tests.workers.tasks.publish_post.scripted import Scripted


@pytest.mark.parametrize("where", ["prepare", "send"])
async def test_a_cancel_wins_until_the_post_is_marked(project: Project, where: str) -> None:
    post_id = await project.post()
    refused: list[str] = []

    async def cancel() -> None:
        job_id = (await project.row(post_id))["job_id"]
        try:
            await project.do(jobs.cancel, job_id=job_id)
        except Conflict as conflict:
            refused.append(conflict.details["stage"])

    project.platform.on[where] = cancel
    words = await project.attempts()
    status = (await project.row(post_id))["status"]
    came = (words, status, refused, project.records(post_id))
    if where == "prepare":
        assert came == (["canceled"], "canceled", [], 0)
    else:
        assert came == (["completed"], "published", ["sending"], 1)


@pytest.mark.parametrize("who", ["partner", "archive"])
async def test_an_edit_does_not_bring_back_what_was_asked_to_cancel(project: Project, who: str) -> None:
    """Else the next approval would give it another job, and it would go out."""
    post_id = await project.post()
    post = await project.row(post_id)
    await project.pool.execute("update content_item set approval_status = 'approved'")

    async def cancel_and_edit() -> None:
        if who == "partner":
            await project.do(jobs.cancel, job_id=post["job_id"])
        else:
            await project.archive()
            await project.do(jobs.cancel_of_project, project_id=project.id, limit=10)
        words = {"caption": "other", "versions": None, "public_url": ""}
        await project.do(content.edit, content_id=post["content_id"], **words)

    project.platform.on["prepare"] = cancel_and_edit
    assert await project.attempts() == ["canceled"]
    row = await project.row(post_id)
    reason = {"partner": "job_canceled", "archive": "project_archived"}[who]
    assert (row["status"], row["cancel_reason"], project.platform.calls) == ("canceled", reason, [])


async def test_a_post_that_is_deleted_while_it_is_prepared_does_not_go_out(project: Project) -> None:
    post_id = await project.post()
    delete = partial(project.do, changes.cancel, post_id=post_id, reason=None)
    project.platform.on["prepare"] = delete
    assert await project.attempts() == ["canceled"]
    assert ((await project.row(post_id))["status"], project.platform.calls) == ("canceled", [])


@pytest.mark.parametrize("steps", [0, 1])
async def test_no_step_of_a_post_is_prepared_after_its_archive(project: Project, steps: int) -> None:
    """Not even what no one would see, as an upload; the archive's own job has not come to the post yet."""
    project.platform.plan(prepare=["step", "ok"])
    post_id = await project.post()
    if steps:
        project.platform.on["prepare"] = project.archive
    else:
        await project.archive()
    assert await project.attempt() == "canceled"
    row = await project.row(post_id)
    assert (row["status"], row["cancel_reason"]) == ("canceled", "project_archived")
    assert len(project.platform.steps) == steps
    assert (project.records(post_id), await project.open_jobs()) == (0, 0)


class Case(NamedTuple):
    """Where a post is as it is stopped, what its call comes to, and how it ends: a failure with its code."""

    where: str
    send: str
    archived: str
    disconnected: str
    live: int


REFUSED, GONE = "failed PLATFORM_REJECTED", "failed ACCOUNT_DISCONNECTED"
CASES = [
    Case("prepare", "ok", "canceled", "canceled", 0),
    Case("send", "ok", "published", "published", 1),
    Case("send", "inbox", "draft_in_inbox", "draft_in_inbox", 1),
    Case("send", "drop", "published", "published", 1),
    Case("send", "lose", "canceled", GONE, 0),
    Case("send", "unreached", "canceled", GONE, 0),
    Case("send", "throttle", "canceled", GONE, 0),
    Case("send", "refuse", REFUSED, REFUSED, 0),
    # Nobody can ask for an account that is gone.
    Case("send", "die_after", "published", "outcome_unknown", 1),
    Case("send", "die_before", "canceled", "outcome_unknown", 0),
    Case("poll", "take", "published", "published", 1),
]


@pytest.mark.parametrize("stop", [Project.archive, Project.disconnect])
@pytest.mark.parametrize("case", CASES, ids=[case.send for case in CASES])
@pytest.mark.parametrize("exact", [True, False])
async def test_what_is_not_marked_is_stopped_and_counted_and_the_rest_ends_truthfully(
    project: Project, stop: Stop, case: Case, exact: bool
) -> None:
    """What had been marked is sent no second time."""
    project.platform = Scripted(repeatable=exact)
    project.platform.plan(send=[case.send])
    post_id, answers = await project.post(), list[Archived | AccountDisconnected]()

    async def stopped() -> None:
        project.platform.on.clear()
        answers.append(await stop(project))

    project.platform.on[case.where] = stopped
    await project.attempts()
    marked = case.where != "prepare"
    ends = case.archived if stop is Project.archive else case.disconnected
    row = await project.row(post_id)
    came = f"failed {row['last_error']['code']}" if row["status"] == "failed" else row["status"]
    assert (came, project.records(post_id)) == (ends, case.live)
    assert (len(project.platform.calls), await project.open_jobs()) == (marked, 0)
    [answer] = answers
    assert answer.canceled_scheduled_posts == (not marked)
    assert isinstance(answer, AccountDisconnected) or answer.in_flight_posts == marked


@pytest.mark.parametrize(
    ("send", "word", "status"),
    [("throttle", "canceled", "canceled"), ("shut", "canceled", "canceled"), ("refuse", "failed", "failed")],
)
async def test_what_comes_back_to_an_archived_project_is_not_revived_by_an_un_archive(
    project: Project, send: str, word: str, status: str
) -> None:
    """Else it would wait for its next try, and go out if the project is active by then."""
    project.platform.plan(send=[send])
    post_id = await project.post()
    project.platform.on["send"] = project.archive
    assert await project.attempt() == word
    assert ((await project.row(post_id))["status"], await project.open_jobs()) == (status, 0)


async def test_what_is_proved_absent_in_an_archived_project_is_not_revived_after_a_death(
    project: Project,
) -> None:
    """Nothing of that step is kept, so a death behind it can't leave a post that waits."""
    project.platform = Scripted(repeatable=False)
    project.platform.plan(send=["lose"])
    post_id = await project.post()
    project.platform.on["reconcile"] = project.archive
    assert await project.attempt(Death(failures.absent, after=True)) == "canceled"
    assert failures.absent in project.verbs
    assert ((await project.row(post_id))["status"], await project.open_jobs()) == ("canceled", 0)
