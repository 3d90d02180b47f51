"""Canceling and rescheduling one post, and ending its account or project."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.jobs import jobs
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Canceled
from tests import seeds
from tests.api.all_objects import no_change
from tests.api.posts.project import PostsProject, claim_due_job, parse_instant
from tests.api.refusals import reason

SENT = {"status": "publishing", "phase": "sending", "handle": {}, "request": b""}

#: Later states that allow no change, with the columns that the database's checks require.
LATER: dict[str, dict[str, Any]] = {
    "publishing": SENT,
    "published": {"status": "published", "published_at": datetime.now(UTC), "external_id": "1"},
    "draft_in_inbox": {"status": "draft_in_inbox"},
    "failed": {"status": "failed"},
    "outcome_unknown": {"status": "outcome_unknown"},
}


async def test_a_cancel_ends_the_post_and_its_job_at_once(project: PostsProject) -> None:
    post_id = await project.schedule_new()
    answer = await project.cancel(post_id, json={"reason": "sold out"})
    post = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert (post["status"], post["cancelReason"]) == ("canceled", "sold out")
    assert post["canceledAt"]
    row = await project.job(post_id)
    assert (row["state"], row["stage"]) == ("canceled", "canceled")
    assert (await project.events(post_id))[1:] == [("canceled", {"reason": "sold out"})]
    # A repeat answers the same and changes nothing.
    async with no_change(project.pool):
        for again in (
            await project.cancel(post_id),
            await project.cancel(post_id, json={}),
            await project.cancel(post_id, json={"reason": "other"}),
        ):
            assert (again.status_code, again.content) == (200, answer.content)


async def test_a_post_that_is_being_prepared_is_canceled_and_its_job_asked_to_stop(project: PostsProject) -> None:
    post_id = await project.schedule_new(scheduledFor=project.time_ahead(seconds=-1))
    claim = await claim_due_job(project.pool)
    async with no_change(project.pool):
        moved = await project.reschedule(post_id, scheduledFor=project.time_ahead(days=1))
        assert reason(moved) == (409, "CONFLICT", "POST_NOT_QUEUED")
    await project.set_columns(post_id, phase="preparing")
    assert (await project.cancel(post_id)).json()["status"] == "canceled"
    row = await project.job(post_id)
    assert (row["state"], row["cancel_requested_at"] is not None) == ("running", True)
    await jobs.settle_jobs_and_subjects(project.pool, [AttemptSettlement(claim, Canceled())])
    post = await project.post(post_id)
    assert (post["status"], len(await project.events(post_id))) == ("canceled", 2)


async def test_sent_or_ended_post_is_not_canceled(project: PostsProject) -> None:
    for status, columns in LATER.items():
        post_id = await project.schedule_new()
        await project.set_columns(post_id, **columns)
        async with no_change(project.pool):
            for answer in (
                await project.cancel(post_id),
                await project.reschedule(post_id, scheduledFor=project.time_ahead(days=1)),
            ):
                assert reason(answer) == (409, "CONFLICT", "POST_NOT_QUEUED")
                assert answer.json()["error"]["details"]["status"] == status


async def test_a_stale_version_changes_nothing(project: PostsProject) -> None:
    post_id = await project.schedule_new()
    url, headers = f"/v1/scheduled-posts/{post_id}", {"If-Match": '"7"'}
    async with no_change(project.pool):
        body = {"scheduledFor": project.time_ahead(days=1)}
        for answer in (
            await project.acme.http.delete(url, headers=headers),
            await project.acme.http.post(f"{url}/reschedule", json=body, headers=headers),
            await project.acme.http.post(f"{url}/resolve", json={"published": True}, headers=headers),
        ):
            assert reason(answer)[:2] == (412, "PRECONDITION_FAILED")
    fresh = await project.acme.http.delete(url, headers={"If-Match": '"1"'})
    assert fresh.status_code == 200


async def test_reschedule_moves_post_and_job(project: PostsProject) -> None:
    post_id = await project.schedule_new()
    was = (await project.post(post_id))["scheduledFor"]
    for at in (project.time_ahead(days=9), project.time_ahead(minutes=5), project.time_ahead(seconds=-1)):
        answer = await project.reschedule(post_id, scheduledFor=at)
        post, row = answer.json(), await project.job(post_id)
        assert (answer.status_code, post["scheduledFor"], post["status"]) == (200, at, "queued")
        assert (row["run_at"], row["deadline_at"]) == (parse_instant(at), parse_instant(at) + timedelta(hours=3))
    assert row["stage"] == "queued"
    assert answer.headers["ETag"] == '"4"'
    moved = await project.events(post_id)
    assert [event for event, _ in moved] == ["scheduled", *["rescheduled"] * 3]
    assert parse_instant(moved[1][1]["from"]) == parse_instant(was)
    assert await project.pool.fetchval("select count(*) from job") == 1


async def test_shown_time_undoes_a_reschedule(project: PostsProject) -> None:
    """As the console undoes a move: also to the second of two equal local times."""
    project.clock.ahead = datetime.fromisoformat("2026-10-20T12:00Z") - datetime.now(UTC)
    post_id = await project.schedule_new(scheduledFor="2026-11-01T06:30:30.250Z")
    was = (await project.post(post_id))["scheduledFor"]
    answer = await project.reschedule(post_id, localTime="2026-11-01T01:30")
    assert answer.json()["scheduledFor"] == "2026-11-01T05:30:00Z"
    await project.reschedule(post_id, localTime="2026-11-02T01:30:30")
    assert (await project.reschedule(post_id, scheduledFor=was)).json()["scheduledFor"] == was
    assert parse_instant(was) == datetime.fromisoformat("2026-11-01T06:30:30.250Z")


async def test_a_post_of_an_archived_project_is_canceled_but_not_moved(project: PostsProject) -> None:
    post_id = await project.schedule_new()
    await project.acme.http.delete(project.list_path.removesuffix("/scheduled-posts"))
    body = {"scheduledFor": project.time_ahead(days=1)}
    assert reason(await project.reschedule(post_id, **body)) == (409, "CONFLICT", "PROJECT_ARCHIVED")
    url, stale = f"/v1/scheduled-posts/{post_id}/reschedule", {"If-Match": '"7"'}
    assert (await project.acme.http.post(url, json=body, headers=stale)).status_code == 412
    assert (await project.cancel(post_id)).json()["status"] == "canceled"


async def test_reschedule_next_to_equal_content_is_a_duplicate(project: PostsProject) -> None:
    content, account = await project.content(), await project.account()
    answers = [await project.schedule(content, account, scheduledFor=project.time_ahead(days=days)) for days in (1, 3)]
    first, second = (answer.json()["scheduledPosts"][0] for answer in answers)
    near = project.time_ahead(days=1, hours=1)
    answer = await project.reschedule(second["id"], scheduledFor=near)
    assert reason(answer) == (409, "CONFLICT", "DUPLICATE_POST")
    assert answer.json()["error"]["details"]["scheduledPostId"] == first["id"]
    assert (await project.reschedule(first["id"], scheduledFor=near)).status_code == 200
    assert (await project.reschedule(second["id"], scheduledFor=near, allowDuplicate=True)).status_code == 200


async def test_archiving_a_project_counts_what_it_cancels_and_what_is_on_its_way(project: PostsProject) -> None:
    """Ended posts and other projects' posts aren't counted; a repeat returns the same answer."""
    content, account = await project.content(approval_status="pending"), await project.account()
    await project.schedule(content, account)
    await project.schedule_new()
    await project.schedule_new(scheduledFor=project.time_ahead(seconds=-1))
    for columns in (*LATER.values(), SENT):
        await project.set_columns(await project.schedule_new(), **columns)
    async with project.pool.acquire() as conn:
        elsewhere = replace(project, id=await seeds.project(conn, project.org))
    await elsewhere.schedule_new()
    await elsewhere.set_columns(await elsewhere.schedule_new(), **SENT)
    url = project.list_path.removesuffix("/scheduled-posts")
    first, again = await project.acme.http.delete(url), await project.acme.http.delete(url)
    body = first.json()
    assert (body["canceledScheduledPosts"], body["inFlightPosts"]) == (3, 2)
    assert (first.status_code, again.json()) == (200, body)


async def test_disconnecting_an_account_cancels_what_waits_for_it(project: PostsProject) -> None:
    content, (one, two) = await project.content(), await project.accounts(2)
    posts = (await project.schedule(content, one, two)).json()["scheduledPosts"]
    pending = await project.content("Other.", approval_status="pending")
    [blocked] = (await project.schedule(pending, one)).json()["scheduledPosts"]
    answer = await project.acme.http.delete(f"/v1/social-accounts/{one}")
    assert answer.json()["canceledScheduledPosts"] == 2
    found = [await project.post(post["id"]) for post in (posts[0], blocked, posts[1])]
    assert [post["status"] for post in found] == ["canceled", "canceled", "queued"]
    assert (await project.job(posts[0]["id"]))["state"] == "canceled"
