"""Scheduling and publishing: what is answered, what is there then, which times are good (api.md 9)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests import seeds
from tests.api.posts.place import Place, instant, paths, problem, uuid_of
from tests.api.test_bad_input import census


async def test_a_schedule_makes_a_post_and_a_job_for_each_target(place: Place) -> None:
    content, accounts = await place.content(), await place.accounts(2)
    at = place.soon(days=3)
    answer = await place.schedule(content, *accounts, scheduledFor=at)
    said = answer.json()
    assert answer.status_code == 202, said
    assert answer.headers["X-RateLimit-Endpoint-Class"] == "long-running"
    assert said == {
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
            for post, account in zip(said["scheduledPosts"], accounts, strict=True)
        ],
    }
    for made in said["scheduledPosts"]:
        job = (await place.acme.http.get(f"/v1/jobs/{made['jobId']}")).json()
        assert (job["kind"], job["status"], job["stage"]) == ("publish_post", "running", "scheduled")
        row = await place.job(made["id"])
        assert row["run_at"] == instant(at)
        assert row["args"] == {"post_id": str(uuid_of(made["id"]))}
        assert await place.events(made["id"]) == [("scheduled", {})]


async def test_a_post_is_read_whole(place: Place) -> None:
    content, account = await place.content(), await place.account(platform="bluesky")
    targets = [{"socialAccountId": account, "captionOverride": "Bread!", "mode": "direct"}]
    made = (await place.schedule(content, targets=targets)).json()["scheduledPosts"][0]
    answer = await place.acme.http.get(f"/v1/scheduled-posts/{made['id']}")
    post = answer.json()
    assert answer.headers["ETag"] == '"1"'
    assert post == {
        "id": made["id"],
        "contentId": content,
        "projectId": post["projectId"],
        "socialAccountId": account,
        "platform": "bluesky",
        "mode": "direct",
        "privacyLevel": None,
        "status": "queued",
        "schedulePassed": False,
        "jobId": made["jobId"],
        "scheduledFor": made["scheduledFor"],
        "captionOverride": "Bread!",
        "attemptedAt": None,
        "publishedAt": None,
        "canceledAt": None,
        "cancelReason": None,
        "externalId": None,
        "externalUrl": None,
        "lastError": None,
        "createdAt": post["createdAt"],
    }


async def test_publishing_is_scheduling_for_now(place: Place) -> None:
    answer = await place.publish(await place.content(), await place.account())
    said = answer.json()
    assert answer.status_code == 202, said
    [made] = said["scheduledPosts"]
    assert abs(instant(made["scheduledFor"]) - datetime.now(UTC)) < timedelta(seconds=10)
    row = await place.job(made["id"])
    assert (row["stage"], row["run_at"]) == ("queued", instant(made["scheduledFor"]))


async def test_fifty_targets_are_one_schedule_and_fifty_one_none(place: Place) -> None:
    content, accounts = await place.content(), await place.accounts(51)
    refused = await place.schedule(content, *accounts)
    assert (problem(refused)[:2], paths(refused)) == ((422, "VALIDATION"), ["targets"])
    assert await place.pool.fetchval("select count(*) from scheduled_post") == 0
    answer = await place.schedule(content, *accounts[:50])
    assert (answer.status_code, len(answer.json()["scheduledPosts"])) == (202, 50)
    assert await place.pool.fetchval("select count(distinct job_id) from scheduled_post") == 50


async def test_a_repeat_with_its_key_makes_no_second_post(place: Place) -> None:
    content, account = await place.content(), await place.account()
    body = {"targets": [{"socialAccountId": account}], "scheduledFor": place.soon()}
    url, headers = f"/v1/content/{content}/schedule", {"Idempotency-Key": "monday"}
    first = await place.acme.http.post(url, json=body, headers=headers)
    again = await place.acme.http.post(url, json=body, headers=headers)
    assert (again.status_code, again.content) == (202, first.content)
    assert await place.pool.fetchval("select count(*) from scheduled_post") == 1


@pytest.mark.parametrize(
    ("now", "local", "at", "rule"),
    [
        ("2026-10-20T12:00", "2026-11-01T01:30", "2026-11-01T05:30:00Z", "fold_first"),
        ("2026-10-20T12:00", "2026-11-01T09:00:30", "2026-11-01T14:00:30Z", "exact"),
        ("2026-10-20T12:00", "2027-03-14T02:30", "2027-03-14T07:30:00Z", "gap_shifted"),
    ],
)
async def test_a_local_time_is_the_projects(place: Place, now: str, local: str, at: str, rule: str) -> None:
    place.clock.ahead = datetime.fromisoformat(f"{now}Z") - datetime.now(UTC)
    answer = await place.schedule(await place.content(), await place.account(), localTime=local)
    said = answer.json()
    assert (said["timeRule"], said["scheduledPosts"][0]["scheduledFor"]) == (rule, at)


async def test_another_zone_moves_no_post(place: Place) -> None:
    post_id = await place.scheduled()
    before = (await place.post(post_id))["scheduledFor"]
    await place.acme.http.patch(
        place.list_path.removesuffix("/scheduled-posts"), json={"timezone": "Asia/Tokyo"}
    )
    assert (await place.post(post_id))["scheduledFor"] == before


async def test_the_times_that_are_just_in_reach(place: Place) -> None:
    for ahead in (timedelta(seconds=-15), timedelta(days=180, seconds=-5)):
        at = (place.clock() + ahead).isoformat().replace("+00:00", "Z")
        assert await place.scheduled(scheduledFor=at)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"scheduledFor": "2020-01-01T00:00:00Z"}, "scheduledFor"),
        ({"scheduledFor": "2999-01-01T00:00:00Z"}, "scheduledFor"),
        ({"scheduledFor": "2026-12-24T12:00:00+00:00"}, "scheduledFor"),
        ({"scheduledFor": "2026-12-24T12:00:00"}, "scheduledFor"),
        ({"scheduledFor": "2026-02-30T12:00:00Z"}, "scheduledFor"),
        ({"scheduledFor": "soon"}, "scheduledFor"),
        ({"localTime": "2020-01-01T00:00"}, "localTime"),
        ({"localTime": "2999-01-01T00:00"}, "localTime"),
        ({"localTime": "2026-12-24T12:00Z"}, "localTime"),
        ({"localTime": "noon"}, "localTime"),
        ({"localTime": "2026-12-24T12:00", "scheduledFor": "2026-12-24T12:00:00Z"}, "scheduledFor"),
        ({"scheduledFor": None}, "scheduledFor"),
        ({"scheduledFor": 5}, "scheduledFor"),
    ],
)
async def test_a_bad_time_is_refused(place: Place, body: dict[str, str], path: str) -> None:
    content, account = await place.content(), await place.account()
    answer = await place.schedule(content, account, **body)
    assert (problem(answer)[:2], paths(answer)) == ((422, "VALIDATION"), [path])
    assert await place.pool.fetchval("select count(*) from scheduled_post") == 0


async def test_a_time_31_seconds_ago_or_181_days_ahead_is_refused(place: Place) -> None:
    content, account = await place.content(), await place.account()
    before = await census(place.pool)
    for ahead in ({"seconds": -31}, {"days": 180, "seconds": 5}):
        answer = await place.schedule(content, account, scheduledFor=place.soon(**ahead))
        assert (problem(answer)[:2], paths(answer)) == ((422, "VALIDATION"), ["scheduledFor"])
    assert await census(place.pool) == before


async def test_pending_content_waits_blocked_without_a_job(place: Place) -> None:
    content, account = await place.content(approval_status="pending"), await place.account()
    said = (await place.schedule(content, account)).json()
    [made] = said["scheduledPosts"]
    assert (said["gateStatus"], made["status"], made["jobId"]) == ("blocked_on_approval", "blocked", None)
    assert await place.events(made["id"]) == [("blocked", {})]
    assert await place.pool.fetchval("select count(*) from job") == 0


async def test_approval_lets_blocked_posts_wait_for_their_time(place: Place) -> None:
    content, account = await place.content(approval_status="pending"), await place.account()
    at = place.soon(days=2)
    [made] = (await place.schedule(content, account, scheduledFor=at)).json()["scheduledPosts"]
    answer = await place.acme.http.post(f"/v1/content/{content}/approve", json={})
    assert answer.status_code == 200, answer.text
    post, row = await place.post(made["id"]), await place.job(made["id"])
    assert (post["status"], post["scheduledFor"], row["run_at"]) == ("queued", at, instant(at))
    assert [event for event, _ in await place.events(made["id"])] == ["blocked", "released"]


async def test_approval_after_the_time_leaves_the_post_until_it_is_rescheduled(place: Place) -> None:
    content, account = await place.content(approval_status="pending"), await place.account()
    [made] = (await place.schedule(content, account)).json()["scheduledPosts"]
    place.clock.ahead = timedelta(hours=2)
    await place.acme.http.post(f"/v1/content/{content}/approve", json={})
    post = await place.post(made["id"])
    assert (post["status"], post["schedulePassed"], post["jobId"]) == ("blocked", True, None)
    assert await place.events(made["id"]) == [("blocked", {}), ("blocked", {"reason": "schedule_passed"})]
    answer = await place.reschedule(made["id"], scheduledFor=place.soon(days=1))
    post = answer.json()
    assert (post["status"], post["schedulePassed"]) == ("queued", False)
    assert (await place.job(made["id"]))["run_at"] == instant(post["scheduledFor"])


async def test_an_edit_blocks_queued_posts_until_the_next_approval(place: Place) -> None:
    content, account = await place.content(approval_status="pending"), await place.account()
    [made] = (await place.schedule(content, account)).json()["scheduledPosts"]
    await place.acme.http.post(f"/v1/content/{content}/approve", json={})
    first = await place.job(made["id"])
    answer = await place.acme.http.patch(f"/v1/content/{content}", json={"caption": "Old bread today."})
    assert answer.status_code == 200, answer.text
    post = await place.post(made["id"])
    assert (post["status"], post["jobId"], post["schedulePassed"]) == ("blocked", None, False)
    assert await place.pool.fetchval("select state from job where id = $1", first["id"]) == "canceled"
    await place.acme.http.post(f"/v1/content/{content}/approve", json={})
    again = await place.job(made["id"])
    assert (again["state"], again["id"] != first["id"]) == ("queued", True)
    assert await place.pool.fetchval("select count(*) from job where finished_at is null") == 1


async def test_a_rejection_cancels_what_waited(place: Place) -> None:
    content, account = await place.content(approval_status="pending"), await place.account()
    [made] = (await place.schedule(content, account)).json()["scheduledPosts"]
    await place.acme.http.post(f"/v1/content/{content}/reject", json={"reason": "No."})
    post = await place.post(made["id"])
    assert (post["status"], post["cancelReason"]) == ("canceled", "content_rejected")


async def test_the_same_to_the_same_account_within_a_day_is_a_duplicate(place: Place) -> None:
    content, (one, two) = await place.content(), await place.accounts(2)
    [first] = (await place.schedule(content, one, scheduledFor=place.soon(days=2))).json()["scheduledPosts"]
    for hours in (24.5, 47.9, 71.9):
        answer = await place.schedule(content, two, one, scheduledFor=place.soon(hours=hours))
        details = answer.json()["error"]["details"]
        assert problem(answer) == (409, "CONFLICT", "DUPLICATE_POST")
        assert (details["scheduledPostId"], paths(answer)) == (first["id"], ["targets[1].socialAccountId"])
    for hours in (23.9, 72.1):
        assert (await place.schedule(content, one, scheduledFor=place.soon(hours=hours))).status_code == 202
    again = await place.schedule(content, one, scheduledFor=place.soon(days=2), allowDuplicate=True)
    assert again.status_code == 202


async def test_what_counts_as_the_same(place: Place) -> None:
    """The caption that goes out and the files, whatever content they belong to."""
    account, caption = await place.account(), "Fresh bread today."
    await place.schedule(await place.content(caption), account)
    other = [{"socialAccountId": account, "captionOverride": caption}]
    assert problem(await place.schedule(await place.content("Else."), targets=other))[2] == "DUPLICATE_POST"
    assert problem(await place.publish(await place.content(caption), account))[2] == "DUPLICATE_POST"
    new = [{"socialAccountId": account, "captionOverride": "Something else."}]
    assert (await place.schedule(await place.content(caption), targets=new)).status_code == 202


@pytest.mark.parametrize("status", ["canceled", "failed"])
async def test_what_did_not_go_out_is_no_duplicate(place: Place, status: str) -> None:
    content, account = await place.content(), await place.account()
    [made] = (await place.schedule(content, account)).json()["scheduledPosts"]
    assert (await place.cancel(made["id"])).status_code == 200
    await place.set(
        made["id"], status=status, canceled_at=datetime.now(UTC) if status == "canceled" else None
    )
    assert (await place.schedule(content, account)).status_code == 202


async def test_an_edited_caption_is_what_counts(place: Place) -> None:
    content, account = await place.content("Old words."), await place.account()
    await place.schedule(content, account)
    await place.acme.http.patch(f"/v1/content/{content}", json={"caption": "New words."})
    assert problem(await place.schedule(content, account))[2] == "DUPLICATE_POST"
    assert (await place.schedule(await place.content("Old words."), account)).status_code == 202


async def test_a_post_for_an_account_that_must_be_connected_again_waits(place: Place) -> None:
    account = await place.account()
    await place.pool.execute("update social_account set status = 'reauth_required'")
    assert (await place.schedule(await place.content(), account)).status_code == 202


async def test_the_instances_own_limit_counts(place: Place) -> None:
    roomy = await place.account("roomy", traits={"captionMax": 5000})
    assert (await place.schedule(await place.content("x" * 4000), roomy)).status_code == 202


async def test_another_project_is_another_place(place: Place) -> None:
    async with place.pool.acquire() as conn:
        other = await seeds.project(conn, place.org)
    foreign = await place.account("theirs", project_id=other)
    content, account = await place.content(), await place.account()
    before = await census(place.pool)
    answer = await place.schedule(content, account, foreign)
    assert (problem(answer)[:2], paths(answer)) == ((404, "NOT_FOUND"), ["targets[1].socialAccountId"])
    assert await census(place.pool) == before
    await place.acme.http.delete(place.list_path.removesuffix("/scheduled-posts"))
    assert (await place.schedule(content, account, foreign)).status_code == 404
