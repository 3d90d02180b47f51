"""One post, changed by a person: canceled, moved, resolved, its job canceled or retried (api.md 8, 9)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.pool import Pool
from domain import jobs
from jobs.kinds import PUBLISH_POST
from jobs.ledger import Claim, Settlement
from jobs.outcomes import Canceled, Failed
from tests import seeds
from tests.api.posts.place import Place, instant, paths, problem, uuid_of
from tests.api.test_bad_input import census

SENT = {"status": "publishing", "phase": "sending", "handle": {}, "request": b""}

#: Past every change: what it takes to be there, by the database's checks.
LATER: dict[str, dict[str, Any]] = {
    "publishing": SENT,
    "published": {"status": "published", "published_at": datetime.now(UTC), "external_id": "1"},
    "failed": {"status": "failed"},
    "outcome_unknown": {"status": "outcome_unknown"},
}


async def run(pool: Pool) -> Claim:
    """A worker takes the one due job."""
    async with pool.acquire() as conn:
        [claim] = await seeds.claims(conn, PUBLISH_POST)
    return claim


async def fail(place: Place, *, retryable: bool = True) -> tuple[str, str]:
    """A post whose job failed, and the job."""
    post_id = await place.scheduled(scheduledFor=place.soon(seconds=-1))
    claim = await run(place.pool)
    failed = Failed("NETWORK", "the server did not answer", retryable=retryable)
    await jobs.settle(place.pool, [Settlement(claim, failed)])
    return post_id, f"job_{claim.id}"


async def test_a_cancel_ends_the_post_and_its_job_at_once(place: Place) -> None:
    post_id = await place.scheduled()
    answer = await place.cancel(post_id, json={"reason": "sold out"})
    post = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert (post["status"], post["cancelReason"]) == ("canceled", "sold out")
    assert post["canceledAt"]
    row = await place.job(post_id)
    assert (row["state"], row["stage"]) == ("canceled", "canceled")
    assert (await place.events(post_id))[1:] == [("canceled", {"reason": "sold out"})]


async def test_a_repeated_cancel_answers_the_same_and_changes_nothing(place: Place) -> None:
    post_id = await place.scheduled()
    first = await place.cancel(post_id)
    before = await census(place.pool)
    for again in (
        await place.cancel(post_id),
        await place.cancel(post_id, json={}),
        await place.cancel(post_id, json={"reason": "other"}),
    ):
        assert (again.status_code, again.content) == (200, first.content)
    assert await census(place.pool) == before


async def test_a_blocked_post_is_canceled_too(place: Place) -> None:
    content, account = await place.content(approval_status="pending"), await place.account()
    [made] = (await place.schedule(content, account)).json()["scheduledPosts"]
    assert (await place.cancel(made["id"])).json()["status"] == "canceled"


async def test_a_cancel_works_in_an_archived_project(place: Place) -> None:
    post_id = await place.scheduled()
    await place.acme.http.delete(place.list_path.removesuffix("/scheduled-posts"))
    assert (await place.cancel(post_id)).json()["status"] == "canceled"


async def test_a_post_that_is_being_prepared_is_canceled_and_its_job_asked_to_stop(place: Place) -> None:
    post_id = await place.scheduled(scheduledFor=place.soon(seconds=-1))
    claim = await run(place.pool)
    await place.set(post_id, phase="preparing")
    assert (await place.cancel(post_id)).json()["status"] == "canceled"
    row = await place.job(post_id)
    assert (row["state"], row["cancel_requested_at"] is not None) == ("running", True)
    await jobs.settle(place.pool, [Settlement(claim, Canceled())])
    post = await place.post(post_id)
    assert (post["status"], len(await place.events(post_id))) == ("canceled", 2)


@pytest.mark.parametrize("status", LATER)
async def test_what_is_on_its_way_or_over_is_left_alone(place: Place, status: str) -> None:
    post_id = await place.scheduled()
    await place.set(post_id, **LATER[status])
    before = await census(place.pool)
    for answer in (
        await place.cancel(post_id),
        await place.reschedule(post_id, scheduledFor=place.soon(days=1)),
    ):
        assert problem(answer) == (409, "CONFLICT", "POST_NOT_QUEUED")
        assert answer.json()["error"]["details"]["status"] == status
    assert await census(place.pool) == before


async def test_a_stale_version_changes_nothing(place: Place) -> None:
    post_id = await place.scheduled()
    url, headers = f"/v1/scheduled-posts/{post_id}", {"If-Match": '"7"'}
    before = await census(place.pool)
    body = {"scheduledFor": place.soon(days=1)}
    for answer in (
        await place.acme.http.delete(url, headers=headers),
        await place.acme.http.post(f"{url}/reschedule", json=body, headers=headers),
        await place.acme.http.post(f"{url}/resolve", json={"published": True}, headers=headers),
    ):
        assert problem(answer)[:2] == (412, "PRECONDITION_FAILED")
    assert await census(place.pool) == before
    fresh = await place.acme.http.delete(url, headers={"If-Match": '"1"'})
    assert fresh.status_code == 200


async def test_another_time_moves_post_and_job(place: Place) -> None:
    post_id = await place.scheduled()
    was = (await place.post(post_id))["scheduledFor"]
    for at in (place.soon(days=9), place.soon(minutes=5), place.soon(seconds=-1)):
        answer = await place.reschedule(post_id, scheduledFor=at)
        post, row = answer.json(), await place.job(post_id)
        assert (answer.status_code, post["scheduledFor"], post["status"]) == (200, at, "queued")
        assert (row["run_at"], row["deadline_at"]) == (instant(at), instant(at) + timedelta(hours=3))
    assert row["stage"] == "queued"
    assert answer.headers["ETag"] == '"4"'
    moved = await place.events(post_id)
    assert [event for event, _ in moved] == ["scheduled", *["rescheduled"] * 3]
    assert instant(moved[1][1]["from"]) == instant(was)
    assert await place.pool.fetchval("select count(*) from job") == 1


async def test_another_local_time(place: Place) -> None:
    place.clock.ahead = datetime.fromisoformat("2026-10-20T12:00Z") - datetime.now(UTC)
    post_id = await place.scheduled()
    answer = await place.reschedule(post_id, localTime="2026-11-01T01:30")
    assert answer.json()["scheduledFor"] == "2026-11-01T05:30:00Z"


async def test_a_blocked_post_only_gets_another_time(place: Place) -> None:
    content, account = await place.content(approval_status="pending"), await place.account()
    [made] = (await place.schedule(content, account)).json()["scheduledPosts"]
    post = (await place.reschedule(made["id"], scheduledFor=place.soon(days=1))).json()
    assert (post["status"], post["jobId"]) == ("blocked", None)
    assert await place.pool.fetchval("select count(*) from job") == 0


async def test_a_post_that_is_being_prepared_is_not_moved(place: Place) -> None:
    post_id = await place.scheduled(scheduledFor=place.soon(seconds=-1))
    await run(place.pool)
    before = await census(place.pool)
    answer = await place.reschedule(post_id, scheduledFor=place.soon(days=1))
    assert problem(answer) == (409, "CONFLICT", "POST_NOT_QUEUED")
    assert await census(place.pool) == before


@pytest.mark.parametrize("body", [{"scheduledFor": "2020-01-01T00:00:00Z"}, {"localTime": "x"}, {}])
async def test_a_bad_time_moves_nothing(place: Place, body: dict[str, str]) -> None:
    post_id = await place.scheduled()
    before = await census(place.pool)
    assert problem(await place.reschedule(post_id, **body))[:2] == (422, "VALIDATION")
    assert await census(place.pool) == before


async def test_nothing_is_moved_in_an_archived_project(place: Place) -> None:
    post_id = await place.scheduled()
    await place.acme.http.delete(place.list_path.removesuffix("/scheduled-posts"))
    answer = await place.reschedule(post_id, scheduledFor=place.soon(days=1))
    assert problem(answer) == (409, "CONFLICT", "PROJECT_ARCHIVED")


async def test_a_move_next_to_the_same_is_a_duplicate(place: Place) -> None:
    content, account = await place.content(), await place.account()
    answers = [await place.schedule(content, account, scheduledFor=place.soon(days=days)) for days in (1, 3)]
    first, second = (answer.json()["scheduledPosts"][0] for answer in answers)
    near = place.soon(days=1, hours=1)
    answer = await place.reschedule(second["id"], scheduledFor=near)
    assert problem(answer) == (409, "CONFLICT", "DUPLICATE_POST")
    assert answer.json()["error"]["details"]["scheduledPostId"] == first["id"]
    assert (await place.reschedule(first["id"], scheduledFor=near)).status_code == 200
    assert (await place.reschedule(second["id"], scheduledFor=near, allowDuplicate=True)).status_code == 200


@pytest.mark.parametrize("published", [True, False])
async def test_a_person_says_what_became_of_a_post(place: Place, published: bool) -> None:
    post_id, _ = await fail(place)
    sent = datetime(2026, 11, 24, 12, tzinfo=UTC)
    await place.set(post_id, status="outcome_unknown", sent_at=sent)
    url = {"externalUrl": "https://example.social/@shop/1"} if published else {}
    answer = await place.resolve(post_id, published=published, **url)
    post = answer.json()
    assert answer.status_code == 200, post
    if published:
        assert (post["status"], post["lastError"]) == ("published", None)
        assert (post["externalUrl"], instant(post["publishedAt"])) == (url["externalUrl"], sent)
    else:
        assert (post["status"], post["lastError"]["code"]) == ("failed", "NOT_PUBLISHED")
    [*_, (event, details)] = await place.events(post_id)
    assert (event, details["published"], details["by"][:4]) == ("resolved", published, "key_")
    assert await place.pool.fetchval("select count(*) from job where finished_at is null") == 0
    again = await place.resolve(post_id, published=published)
    assert problem(again) == (409, "CONFLICT", "OUTCOME_KNOWN")


async def test_only_an_unknown_outcome_is_resolved(place: Place) -> None:
    post_id = await place.scheduled()
    before = await census(place.pool)
    answer = await place.resolve(post_id, published=True)
    assert problem(answer) == (409, "CONFLICT", "OUTCOME_KNOWN")
    assert answer.json()["error"]["details"]["status"] == "queued"
    assert await census(place.pool) == before


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "published"),
        ({"published": "yes"}, "published"),
        ({"published": True, "externalUrl": "javascript:alert(1)"}, "externalUrl"),
        ({"published": True, "externalUrl": "https://a b/"}, "externalUrl"),
        ({"published": False, "externalUrl": "https://example.social/1"}, "externalUrl"),
    ],
)
async def test_a_word_of_another_shape_is_refused(place: Place, body: dict[str, Any], path: str) -> None:
    post_id, _ = await fail(place)
    await place.set(post_id, status="outcome_unknown")
    before = await census(place.pool)
    answer = await place.resolve(post_id, **body)
    assert (problem(answer)[:2], paths(answer)) == ((422, "VALIDATION"), [path])
    assert await census(place.pool) == before


async def test_canceling_the_job_cancels_the_post(place: Place) -> None:
    post_id = await place.scheduled()
    job = (await place.post(post_id))["jobId"]
    assert (await place.acme.http.post(f"/v1/jobs/{job}/cancel")).status_code == 202
    post = await place.post(post_id)
    assert (post["status"], post["jobId"]) == ("canceled", job)
    assert [event for event, _ in await place.events(post_id)] == ["scheduled", "canceled"]


async def test_retrying_the_job_sends_the_post_once_more(place: Place) -> None:
    post_id, job = await fail(place)
    post = await place.post(post_id)
    assert (post["status"], post["lastError"]["code"], post["lastError"]["category"]) == (
        "failed",
        "NETWORK",
        "unknown",
    )
    answer = await place.acme.http.post(f"/v1/jobs/{job}/retry")
    said = answer.json()
    assert (answer.status_code, said["kind"], said["deduplicated"]) == (202, "publish_post", False)
    post, row = await place.post(post_id), await place.job(post_id)
    assert (post["status"], post["jobId"]) == ("queued", said["jobId"])
    assert (row["retry_of"], instant(post["scheduledFor"])) == (uuid_of(job), row["run_at"])
    again = (await place.acme.http.post(f"/v1/jobs/{job}/retry")).json()
    assert (again["jobId"], again["deduplicated"]) == (said["jobId"], True)


async def test_what_can_not_be_retried(place: Place) -> None:
    final, of_final = await fail(place, retryable=False)
    canceled = await place.scheduled()
    of_canceled = (await place.post(canceled))["jobId"]
    await place.cancel(canceled)
    waiting = (await place.post(await place.scheduled()))["jobId"]
    before = await census(place.pool)
    for job in (of_final, of_canceled, waiting):
        answer = await place.acme.http.post(f"/v1/jobs/{job}/retry")
        assert problem(answer) == (409, "CONFLICT", "JOB_NOT_RETRYABLE")
    assert await census(place.pool) == before
    assert (await place.post(final))["status"] == "failed"


async def test_a_retry_is_refused_where_a_schedule_would_be(place: Place) -> None:
    post_id, job = await fail(place)
    post = await place.post(post_id)
    content, account = post["contentId"], post["socialAccountId"]
    retry = f"/v1/jobs/{job}/retry"
    await place.schedule(content, account)
    assert problem(await place.acme.http.post(retry))[2] == "DUPLICATE_POST"
    await place.pool.execute("update content_item set approval_status = 'pending'")
    assert problem(await place.acme.http.post(retry))[:2] == (403, "APPROVAL_REQUIRED")
    await place.pool.execute("update content_item set approval_status = 'not_required'")
    await place.acme.http.delete(f"/v1/social-accounts/{account}")
    assert problem(await place.acme.http.post(retry))[2] == "ACCOUNT_NOT_CONNECTED"
    await place.acme.http.delete(place.list_path.removesuffix("/scheduled-posts"))
    assert problem(await place.acme.http.post(retry))[2] == "PROJECT_ARCHIVED"
    assert (await place.post(post_id))["status"] == "failed"


async def test_disconnecting_an_account_cancels_what_waits_for_it(place: Place) -> None:
    content, (one, two) = await place.content(), await place.accounts(2)
    made = (await place.schedule(content, one, two)).json()["scheduledPosts"]
    pending = await place.content("Other.", approval_status="pending")
    [blocked] = (await place.schedule(pending, one)).json()["scheduledPosts"]
    answer = await place.acme.http.delete(f"/v1/social-accounts/{one}")
    assert answer.json()["canceledScheduledPosts"] == 2
    found = [await place.post(post["id"]) for post in (made[0], blocked, made[1])]
    assert [post["status"] for post in found] == ["canceled", "canceled", "queued"]
    assert (await place.job(made[0]["id"]))["state"] == "canceled"
