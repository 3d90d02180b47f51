"""Races of cancels, archives and disconnects with a post on its way: the first commit wins."""

from typing import NamedTuple
from uuid import UUID

import pytest

from domain.content import content
from domain.jobs import jobs
from domain.publishing import failures
from schemas.accounts import AccountDisconnected
from schemas.content import ContentPatch
from schemas.errors import StateConflict
from schemas.projects import Archived
from tests.workers.by_hand import Death
from tests.workers.tasks.publish_post.project import PublishingProject, StopAction, lender, release, tenant
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform


@pytest.mark.parametrize("where", ["prepare", "send"])
async def test_a_cancel_wins_until_the_post_is_marked(project: PublishingProject, post: UUID, where: str) -> None:
    refused: list[str] = []

    async def cancel() -> None:
        job_id = (await project.row(post))["job_id"]
        try:
            await project.do(jobs.request_job_cancel, job_id=job_id)
        except StateConflict as conflict:
            refused.append(conflict.details["stage"])

    project.platform.on[where] = cancel
    words = await project.attempts()
    status = (await project.row(post))["status"]
    came = (words, status, refused, project.records(post))
    if where == "prepare":
        assert came == (["canceled"], "canceled", [], 0)
    else:
        assert came == (["completed"], "published", ["sending"], 1)


@pytest.mark.parametrize("who", ["partner", "archive"])
async def test_an_edit_does_not_revive_a_canceled_post(project: PublishingProject, who: str) -> None:
    """Otherwise the next approval would give it another job, and it would go out."""
    post_id = await project.post()
    post = await project.row(post_id)
    await project.pool.execute("update content_item set approval_status = 'approved'")

    async def cancel_and_edit() -> None:
        if who == "partner":
            await project.do(jobs.request_job_cancel, job_id=post["job_id"])
        else:
            await project.archive()
            await project.do(jobs.cancel_jobs_of_archived_project, project_id=project.id, limit=10)
        words = {"patch": ContentPatch(caption="other"), "versions": None, "public_url": ""}
        await project.do(content.edit_content, content_id=post["content_id"], **words)

    project.platform.on["prepare"] = cancel_and_edit
    assert await project.attempts() == ["canceled"]
    row = await project.row(post_id)
    reason = {"partner": "job_canceled", "archive": "project_archived"}[who]
    assert (row["status"], row["cancel_reason"], project.platform.calls) == ("canceled", reason, [])


@pytest.mark.parametrize("steps", [0, 1])
async def test_no_step_of_a_post_is_prepared_after_its_archive(project: PublishingProject, steps: int) -> None:
    """Not even an invisible step such as an upload; the archive's own job has not reached the post yet."""
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


class StopCase(NamedTuple):
    """A post's position when it is stopped, its call's result, and its end: a failure with its code."""

    where: str
    send: str
    archived: str
    disconnected: str
    released: str
    live: int


REFUSED, GONE = "failed PLATFORM_REJECTED", "failed ACCOUNT_DISCONNECTED"
CASES = [
    StopCase("prepare", "ok", "canceled", "canceled", "canceled", 0),
    StopCase("send", "ok", "published", "published", "published", 1),
    StopCase("send", "inbox", "draft_in_inbox", "draft_in_inbox", "draft_in_inbox", 1),
    StopCase("send", "drop", "published", "published", "published", 1),
    StopCase("send", "lose", "canceled", GONE, GONE, 0),
    StopCase("send", "unreached", "canceled", GONE, GONE, 0),
    StopCase("send", "throttle", "canceled", GONE, GONE, 0),
    StopCase("send", "shut", "canceled", GONE, GONE, 0),
    StopCase("send", "refuse", REFUSED, REFUSED, REFUSED, 0),
    # A deleted account can't be queried; a leased one can, with its owner's credential.
    StopCase("send", "die_after", "published", "outcome_unknown", "published", 1),
    StopCase("send", "die_before", "canceled", "outcome_unknown", GONE, 0),
    StopCase("poll", "take", "published", "published", "published", 1),
]
#: An archive ends these in their first attempt. A later one would go out if the project is active again.
AT_ONCE = {"throttle", "shut", "refuse"}
REASONS: dict[StopAction, str] = {
    PublishingProject.archive: "project_archived",
    PublishingProject.disconnect: "account_disconnected",
    release: "lease_released",
}


@pytest.mark.parametrize("stop", REASONS)
@pytest.mark.parametrize("exact", [True, False])
async def test_unmarked_posts_are_stopped_and_counted_and_marked_ones_end_right(
    project: PublishingProject, stop: StopAction, exact: bool
) -> None:
    """A post that was marked is not sent a second time."""
    for number, case in enumerate(CASES):
        await project.renew()
        mine = project
        if stop is release:
            mine = await tenant(project, await lender(project, handle=f"bakes{number}"))
        mine.platform = ScriptedPlatform(may_repeat_send_safely=exact)
        await check_stop(mine, stop, case)


async def check_stop(project: PublishingProject, stop: StopAction, case: StopCase) -> None:
    project.platform.plan(send=[case.send])
    post_id, answers = await project.post(), list[Archived | AccountDisconnected]()

    async def stopped() -> None:
        project.platform.on.clear()
        answers.append(await stop(project))

    project.platform.on[case.where] = stopped
    words = await project.attempts()
    marked = case.where != "prepare"
    ends = dict(zip(REASONS, (case.archived, case.disconnected, case.released), strict=True))
    row = await project.row(post_id)
    came = f"failed {row['last_error']['code']}" if row["status"] == "failed" else row["status"]
    assert (came, project.records(post_id)) == (ends[stop], case.live), case
    assert marked or row["cancel_reason"] == REASONS[stop]
    assert len(words) == 1 or stop is not PublishingProject.archive or case.send not in AT_ONCE
    assert (len(project.platform.calls), await project.open_jobs()) == (marked, 0)
    [answer] = answers
    assert answer.canceled_scheduled_posts == (not marked)
    assert isinstance(answer, AccountDisconnected) or answer.in_flight_posts == marked


async def test_a_post_proved_absent_in_an_archived_project_is_not_revived_after_a_death(
    project: PublishingProject, post: UUID
) -> None:
    """The step is rolled back, so a death after it can't leave a waiting post."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=["lose"])
    project.platform.on["reconcile"] = project.archive
    assert await project.attempt(Death(failures.requeue_absent_post, after=True)) == "canceled"
    assert failures.requeue_absent_post in project.verbs
    assert ((await project.row(post))["status"], await project.open_jobs()) == ("canceled", 0)
