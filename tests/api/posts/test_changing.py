"""One post that a person cancels or moves, or whose account or project they end (api.md 9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.jobs import jobs
from jobs.ledger import Settlement
from jobs.outcomes import Canceled
from tests import seeds
from tests.api.posts.place import Place, instant, problem, run
from tests.api.test_bad_input import census

SENT = {"status": "publishing", "phase": "sending", "handle": {}, "request": b""}

#: Past every change: what it takes to be there, by the database's checks.
LATER: dict[str, dict[str, Any]] = {
    "publishing": SENT,
    "published": {"status": "published", "published_at": datetime.now(UTC), "external_id": "1"},
    "draft_in_inbox": {"status": "draft_in_inbox"},
    "failed": {"status": "failed"},
    "outcome_unknown": {"status": "outcome_unknown"},
}


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
    body = {"scheduledFor": place.soon(days=1)}
    assert problem(await place.reschedule(post_id, **body)) == (409, "CONFLICT", "PROJECT_ARCHIVED")
    url, stale = f"/v1/scheduled-posts/{post_id}/reschedule", {"If-Match": '"7"'}
    assert (await place.acme.http.post(url, json=body, headers=stale)).status_code == 412


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


async def test_archiving_a_project_counts_what_it_cancels_and_what_is_on_its_way(place: Place) -> None:
    """Not what has ended, nor what is another project's; a repeat answers the same."""
    content, account = await place.content(approval_status="pending"), await place.account()
    await place.schedule(content, account)
    await place.scheduled()
    await place.scheduled(scheduledFor=place.soon(seconds=-1))
    for columns in (*LATER.values(), SENT):
        await place.set(await place.scheduled(), **columns)
    async with place.pool.acquire() as conn:
        elsewhere = replace(place, project_id=await seeds.project(conn, place.org))
    await elsewhere.scheduled()
    await elsewhere.set(await elsewhere.scheduled(), **SENT)
    url = place.list_path.removesuffix("/scheduled-posts")
    first, again = await place.acme.http.delete(url), await place.acme.http.delete(url)
    told = first.json()
    assert (told["canceledScheduledPosts"], told["inFlightPosts"]) == (3, 2)
    assert (first.status_code, again.json()) == (200, told)


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
