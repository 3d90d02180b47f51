"""Scheduling and publishing: answers, created rows, allowed times."""

from datetime import UTC, datetime, timedelta

from tests import seeds
from tests.api.all_objects import no_change
from tests.api.conftest import uuid_of
from tests.api.posts.project import PostsProject, parse_instant
from tests.api.refusals import issue_paths, reason


async def test_a_schedule_makes_a_post_and_a_job_for_each_target(project: PostsProject) -> None:
    content, accounts = await project.content(), await project.accounts(2)
    at = project.time_ahead(days=3)
    answer = await project.schedule(content, *accounts, scheduledFor=at)
    body = answer.json()
    assert answer.status_code == 202, body
    assert answer.headers["X-RateLimit-Endpoint-Class"] == "long-running"
    assert body == {
        "contentId": content,
        "gateStatus": "open",
        "timeRule": "exact",
        "scheduledPosts": [
            {
                "id": post["id"],
                "jobId": post["jobId"],
                "status": "queued",
                "scheduledFor": at,
                "socialAccountId": account,
            }
            for post, account in zip(body["scheduledPosts"], accounts, strict=True)
        ],
    }
    for posts in body["scheduledPosts"]:
        job = (await project.acme.http.get(f"/v1/jobs/{posts['jobId']}")).json()
        assert (job["kind"], job["status"], job["stage"]) == ("publish_post", "running", "scheduled")
        row = await project.job(posts["id"])
        assert row["run_at"] == parse_instant(at)
        assert row["args"] == {"post_id": str(uuid_of(posts["id"]))}
        assert await project.events(posts["id"]) == [("scheduled", {})]


async def test_post_has_all_fields(project: PostsProject) -> None:
    content, account = await project.content(), await project.account(platform="bluesky")
    targets = [{"socialAccountId": account, "captionOverride": "Bread!", "mode": "direct"}]
    posts = (await project.schedule(content, targets=targets)).json()["scheduledPosts"][0]
    answer = await project.acme.http.get(f"/v1/scheduled-posts/{posts['id']}")
    post = answer.json()
    assert answer.headers["ETag"] == '"1"'
    assert post == {
        "id": posts["id"],
        "contentId": content,
        "projectId": post["projectId"],
        "socialAccountId": account,
        "platform": "bluesky",
        "mode": "direct",
        "aiLabel": "not_needed",
        "status": "queued",
        "schedulePassed": False,
        "jobId": posts["jobId"],
        "scheduledFor": posts["scheduledFor"],
        "captionOverride": "Bread!",
        "captionPending": False,
        **dict.fromkeys(("privacyLevel", "attemptedAt", "publishedAt", "canceledAt", "cancelReason")),
        **dict.fromkeys(("externalId", "externalUrl", "lastError")),
        "createdAt": post["createdAt"],
        "updatedAt": post["createdAt"],
        "waiting": {"reason": "scheduled", "until": posts["scheduledFor"], "message": "its time hasn't come"},
    }


async def test_publishing_is_scheduling_for_now(project: PostsProject) -> None:
    content, account, before = await project.content(), await project.account(), datetime.now(UTC)
    answer = await project.publish(content, account)
    body = answer.json()
    assert answer.status_code == 202, body
    [post] = body["scheduledPosts"]
    assert before - timedelta(seconds=1) < parse_instant(post["scheduledFor"]) <= datetime.now(UTC)
    row = await project.job(post["id"])
    assert (row["stage"], row["run_at"]) == ("queued", parse_instant(post["scheduledFor"]))


async def test_limit_of_targets_is_fifty(project: PostsProject) -> None:
    content, accounts = await project.content(), await project.accounts(51)
    refused = await project.schedule(content, *accounts)
    assert (reason(refused)[:2], issue_paths(refused)) == ((422, "VALIDATION"), ["targets"])
    assert await project.pool.fetchval("select count(*) from scheduled_post") == 0
    answer = await project.schedule(content, *accounts[:50])
    assert (answer.status_code, len(answer.json()["scheduledPosts"])) == (202, 50)
    assert await project.pool.fetchval("select count(distinct job_id) from scheduled_post") == 50


async def test_a_local_time_is_the_projects(project: PostsProject) -> None:
    for now, local, at, rule in (
        ("2026-10-20T12:00", "2026-11-01T01:30", "2026-11-01T05:30:00Z", "fold_first"),
        ("2026-10-20T12:00", "2026-11-01T09:00:30", "2026-11-01T14:00:30Z", "exact"),
        ("2026-10-20T12:00", "2027-03-14T02:30", "2027-03-14T07:30:00Z", "gap_shifted"),
    ):
        project.clock.ahead = datetime.fromisoformat(f"{now}Z") - datetime.now(UTC)
        answer = await project.schedule(await project.content(), await project.account(rule), localTime=local)
        body = answer.json()
        assert (body["timeRule"], body["scheduledPosts"][0]["scheduledFor"]) == (rule, at)
    # A later change of the zone moves no post.
    path = project.list_path.removesuffix("/scheduled-posts")
    assert (await project.acme.http.patch(path, json={"timezone": "Asia/Tokyo"})).is_success
    assert (await project.post(body["scheduledPosts"][0]["id"]))["scheduledFor"] == at


async def test_times_from_30_seconds_ago_to_180_days_ahead_are_accepted(project: PostsProject) -> None:
    project.clock.stands = project.clock()
    for ahead in (timedelta(seconds=-15), timedelta(days=180, seconds=-5)):
        at = (project.clock() + ahead).isoformat().replace("+00:00", "Z")
        assert await project.schedule_new(scheduledFor=at)
    content, account = await project.content(), await project.account()
    async with no_change(project.pool):
        for other in ({"seconds": -31}, {"days": 180, "seconds": 5}):
            answer = await project.schedule(content, account, scheduledFor=project.time_ahead(**other))
            assert (reason(answer)[:2], issue_paths(answer)) == ((422, "VALIDATION"), ["scheduledFor"])


async def test_pending_content_waits_without_a_job_and_after_its_approval_for_its_time(project: PostsProject) -> None:
    content, account = await project.content(approval_status="pending"), await project.account()
    body = (await project.schedule(content, account)).json()
    [blocked] = body["scheduledPosts"]
    shown = (body["gateStatus"], blocked["status"], blocked["jobId"])
    assert shown == ("blocked_on_approval", "blocked", None)
    assert await project.events(blocked["id"]) == [("blocked", {})]
    at = project.time_ahead(days=2)
    post = (await project.reschedule(blocked["id"], scheduledFor=at)).json()
    assert (post["status"], post["jobId"]) == ("blocked", None)
    assert await project.pool.fetchval("select count(*) from job") == 0
    answer = await project.acme.http.post(f"/v1/content/{content}/approve", json={})
    assert answer.status_code == 200, answer.text
    post, row = await project.post(blocked["id"]), await project.job(blocked["id"])
    assert (post["status"], post["scheduledFor"], row["run_at"]) == ("queued", at, parse_instant(at))
    assert (await project.events(blocked["id"]))[-1][0] == "released"


async def test_approval_after_the_time_leaves_the_post_until_it_is_rescheduled(project: PostsProject) -> None:
    content, account = await project.content(approval_status="pending"), await project.account()
    [scheduled_post] = (await project.schedule(content, account)).json()["scheduledPosts"]
    project.clock.ahead = timedelta(hours=2)
    await project.acme.http.post(f"/v1/content/{content}/approve", json={})
    post = await project.post(scheduled_post["id"])
    assert (post["status"], post["schedulePassed"], post["jobId"]) == ("blocked", True, None)
    assert post["waiting"]["reason"] == "schedule_passed"
    assert await project.events(scheduled_post["id"]) == [("blocked", {}), ("blocked", {"reason": "schedule_passed"})]
    answer = await project.reschedule(scheduled_post["id"], scheduledFor=project.time_ahead(days=1))
    post = answer.json()
    assert (post["status"], post["schedulePassed"]) == ("queued", False)
    assert (await project.job(scheduled_post["id"]))["run_at"] == parse_instant(post["scheduledFor"])


async def test_an_edit_blocks_queued_posts_until_the_next_approval(project: PostsProject) -> None:
    content, account = await project.content(approval_status="pending"), await project.account()
    [scheduled_post] = (await project.schedule(content, account)).json()["scheduledPosts"]
    await project.acme.http.post(f"/v1/content/{content}/approve", json={})
    first = await project.job(scheduled_post["id"])
    answer = await project.acme.http.patch(f"/v1/content/{content}", json={"caption": "Old bread today."})
    assert answer.status_code == 200, answer.text
    post = await project.post(scheduled_post["id"])
    assert (post["status"], post["jobId"], post["schedulePassed"]) == ("blocked", None, False)
    assert await project.pool.fetchval("select state from job where id = $1", first["id"]) == "canceled"
    await project.acme.http.post(f"/v1/content/{content}/approve", json={})
    again = await project.job(scheduled_post["id"])
    assert (again["state"], again["id"] != first["id"]) == ("queued", True)
    assert await project.pool.fetchval("select count(*) from job where finished_at is null") == 1


async def test_rejection_cancels_waiting_posts(project: PostsProject) -> None:
    content, account = await project.content(approval_status="pending"), await project.account()
    [scheduled_post] = (await project.schedule(content, account)).json()["scheduledPosts"]
    await project.acme.http.post(f"/v1/content/{content}/reject", json={"reason": "No."})
    post = await project.post(scheduled_post["id"])
    assert (post["status"], post["cancelReason"]) == ("canceled", "content_rejected")


async def test_equal_post_to_one_account_within_a_day_is_a_duplicate(project: PostsProject) -> None:
    content, (one, two) = await project.content(), await project.accounts(2)
    [first] = (await project.schedule(content, one, scheduledFor=project.time_ahead(days=2))).json()["scheduledPosts"]
    for hours in (24.5, 47.9, 71.9):
        answer = await project.schedule(content, two, one, scheduledFor=project.time_ahead(hours=hours))
        details = answer.json()["error"]["details"]
        assert reason(answer) == (409, "CONFLICT", "DUPLICATE_POST")
        assert (details["scheduledPostId"], issue_paths(answer)) == (first["id"], ["targets[1].socialAccountId"])
    for hours in (23.9, 72.1):
        assert (await project.schedule(content, one, scheduledFor=project.time_ahead(hours=hours))).status_code == 202
    again = await project.schedule(content, one, scheduledFor=project.time_ahead(days=2), allowDuplicate=True)
    assert again.status_code == 202


async def test_duplicates_are_found_by_caption_and_files(project: PostsProject) -> None:
    """The final caption and the files count, whichever content they belong to."""
    account, caption = await project.account(), "Fresh bread today."
    await project.schedule(await project.content(caption), account)
    other = [{"socialAccountId": account, "captionOverride": caption}]
    assert reason(await project.schedule(await project.content("Else."), targets=other))[2] == "DUPLICATE_POST"
    assert reason(await project.publish(await project.content(caption), account))[2] == "DUPLICATE_POST"
    new = [{"socialAccountId": account, "captionOverride": "Something else."}]
    assert (await project.schedule(await project.content(caption), targets=new)).status_code == 202


async def test_unsent_post_is_no_duplicate(project: PostsProject) -> None:
    content, account = await project.content(), await project.account()
    for status, canceled_at in (("canceled", datetime.now(UTC)), ("failed", None)):
        [post] = (await project.schedule(content, account)).json()["scheduledPosts"]
        assert (await project.cancel(post["id"])).status_code == 200
        await project.set_columns(post["id"], status=status, canceled_at=canceled_at)
    assert (await project.schedule(content, account)).status_code == 202


async def test_edited_caption_counts_for_duplicates(project: PostsProject) -> None:
    content, account = await project.content("Old words."), await project.account()
    await project.schedule(content, account)
    await project.acme.http.patch(f"/v1/content/{content}", json={"caption": "New words."})
    assert reason(await project.schedule(content, account))[2] == "DUPLICATE_POST"
    assert (await project.schedule(await project.content("Old words."), account)).status_code == 202


async def test_a_post_for_an_account_that_must_be_connected_again_waits(project: PostsProject) -> None:
    account = await project.account()
    await project.pool.execute("update social_account set status = 'reauth_required'")
    assert (await project.schedule(await project.content(), account)).status_code == 202


async def test_other_project_has_no_duplicates(project: PostsProject) -> None:
    async with project.pool.acquire() as conn:
        other = await seeds.project(conn, project.org)
    foreign = await project.account("theirs", project_id=other)
    content, account = await project.content(), await project.account()
    async with no_change(project.pool):
        answer = await project.schedule(content, account, foreign)
        assert (reason(answer)[:2], issue_paths(answer)) == ((404, "NOT_FOUND"), ["targets[1].socialAccountId"])
    await project.acme.http.delete(project.list_path.removesuffix("/scheduled-posts"))
    assert (await project.schedule(content, account, foreign)).status_code == 404
