"""Approved claims over HTTP: created once, listed, deleted; posts with an ended claim are refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from db.pool import Pool
from domain.content import approved_claims
from schemas import ids
from tests import seeds
from tests.api.all_objects import CLAIM, an_account
from tests.api.conftest import ApiCaller, list_pages, read_answer, uuid_of
from tests.api.refusals import problem, reason


@pytest_asyncio.fixture
async def project(acme: ApiCaller) -> str:
    """Create a project of Berlin, and return its path."""
    created = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "Europe/Berlin"})
    return str(created.headers["Location"])


async def approve(acme: ApiCaller, project: str, **body: Any) -> dict[str, Any]:
    return read_answer(await acme.http.post(f"{project}/claims", json=CLAIM | body), 201)


async def content_with_claims(acme: ApiCaller, pool: Pool, project: str, *claims: dict[str, Any]) -> str:
    """Insert completed content that says claims, and return its id."""
    async with pool.acquire() as conn:
        content_id = await seeds.content(conn, acme.organization_id, uuid_of(project.rpartition("/")[2]))
        await conn.execute(
            "update content_item set approved_claim_ids = $2 where id = $1",
            content_id,
            [uuid_of(claim["claimId"]) for claim in claims],
        )
    return ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, content_id)


def in_days(days: float) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


async def expire(pool: Pool, claim: dict[str, Any]) -> None:
    await pool.execute("update approved_claim set valid_until = now() where id = $1", uuid_of(claim["claimId"]))


async def test_a_repeated_request_creates_one_claim_with_a_local_day_as_its_end(
    acme: ApiCaller, project: str, pool: Pool
) -> None:
    body = CLAIM | {"text": " 4.8 of 5 stars ", "validUntil": f"{datetime.now(UTC).year + 1}-06-30"}
    answers = [
        await acme.http.post(f"{project}/claims", json=body, headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]
    first, second = [read_answer(answer, 201) for answer in answers]
    assert first == second
    assert first == read_answer(await acme.http.get(answers[0].headers["Location"]))
    assert (first["text"], first["status"]) == ("4.8 of 5 stars", "valid")
    assert first["validUntil"] == f"{datetime.now(UTC).year + 1}-06-30T22:00:00Z"
    log = [row["action"] for row in await pool.fetch("select action from audit_log where action like 'claim.%'")]
    assert log == ["claim.created"]


async def test_a_list_has_pages_and_statuses(acme: ApiCaller, project: str, pool: Pool) -> None:
    created = [await approve(acme, project, text=f"Lunch from {euros} euros") for euros in range(7, 10)]
    await expire(pool, created[1])
    shown = [one["claimId"] for one in await list_pages(acme.http, f"{project}/claims", limit="1")]
    assert shown == [one["claimId"] for one in reversed(created)]
    for status, numbers in (("valid", (2, 0)), ("expired", (1,))):
        found = await list_pages(acme.http, f"{project}/claims", status=status, limit="1")
        assert [one["claimId"] for one in found] == [created[number]["claimId"] for number in numbers]
        assert {one["status"] for one in found} == {status}


async def test_a_claim_belongs_to_its_project_alone(acme: ApiCaller, rival: ApiCaller, project: str) -> None:
    claim = (await approve(acme, project))["claimId"]
    own, other = project, (await acme.http.post("/v1/projects", json={"name": "Other", "timezone": "UTC"})).headers
    for http, at in ((acme.http, other["Location"]), (rival.http, own)):
        for method in ("GET", "DELETE"):
            assert (await http.request(method, f"{at}/claims/{claim}")).status_code == 404
    assert (await rival.http.get(f"{own}/claims")).status_code == 404
    assert (await rival.http.post(f"{own}/claims", json=CLAIM)).status_code == 404
    assert (await acme.http.get(f"{own}/claims/{claim}")).status_code == 200


async def test_a_project_has_a_limit_of_claims_and_an_archived_one_takes_none(
    acme: ApiCaller, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approved_claims, "MAX_CLAIMS_PER_PROJECT", 1)
    claim = (await approve(acme, project))["claimId"]
    full = await acme.http.post(f"{project}/claims", json=CLAIM)
    assert reason(full) == (409, "CONFLICT", "TOO_MANY_CLAIMS")
    assert full.json()["error"]["details"]["limit"] == 1
    await acme.http.delete(project)
    for answer in (
        await acme.http.post(f"{project}/claims", json=CLAIM),
        await acme.http.delete(f"{project}/claims/{claim}"),
    ):
        assert reason(answer) == (409, "CONFLICT", "PROJECT_ARCHIVED")


async def test_a_post_after_the_end_of_its_contents_claim_is_refused(acme: ApiCaller, project: str, pool: Pool) -> None:
    account = await an_account(acme.http, pool, project.rpartition("/")[2])
    lasting, ending = await approve(acme, project), await approve(acme, project, validUntil=in_days(2))
    content = await content_with_claims(acme, pool, project, lasting, ending)
    targets = {"targets": [{"socialAccountId": account}]}
    late = await acme.http.post(f"/v1/content/{content}/schedule", json=targets | {"scheduledFor": in_days(3)})
    expected = {"reason": "CLAIM_EXPIRED", "claimId": ending["claimId"], "validUntil": ending["validUntil"]}
    assert problem(late) == (409, "CONFLICT", expected)
    early = await acme.http.post(f"/v1/content/{content}/schedule", json=targets | {"scheduledFor": in_days(1)})
    post = read_answer(early, 202)["scheduledPosts"][0]["id"]
    moved = await acme.http.post(f"/v1/scheduled-posts/{post}/reschedule", json={"scheduledFor": in_days(3)})
    assert problem(moved) == (409, "CONFLICT", expected)
    await expire(pool, ending)
    now = await acme.http.post(f"/v1/content/{content}/publish", json=targets)
    assert reason(now) == (409, "CONFLICT", "CLAIM_EXPIRED")


async def test_a_deleted_claim_cancels_its_waiting_posts(acme: ApiCaller, project: str, pool: Pool) -> None:
    account = await an_account(acme.http, pool, project.rpartition("/")[2])
    kept, deleted = [await approve(acme, project, text=f"{euros} euros a day") for euros in (8, 9)]
    posts = []
    for claims in ([kept], [kept, deleted], [deleted]):
        content = await content_with_claims(acme, pool, project, *claims)
        body = {"targets": [{"socialAccountId": account}], "scheduledFor": in_days(1), "allowDuplicate": True}
        answer = await acme.http.post(f"/v1/content/{content}/schedule", json=body)
        posts.append(read_answer(answer, 202)["scheduledPosts"][0]["id"])
    at = f"{project}/claims/{deleted['claimId']}"
    answers = [await acme.http.delete(at, headers={"Idempotency-Key": "gone"}) for _ in range(2)]
    assert [read_answer(answer)["canceledPosts"] for answer in answers] == [2, 2]
    assert (await acme.http.delete(at)).status_code == (await acme.http.get(at)).status_code == 404
    shown = [read_answer(await acme.http.get(f"/v1/scheduled-posts/{post}")) for post in posts]
    assert [post["status"] for post in shown] == ["queued", "canceled", "canceled"]
    assert {post["cancelReason"] for post in shown[1:]} == {"claim_deleted"}
    again = await acme.http.post(f"/v1/content/{content}/schedule", json=body)
    expected = {"reason": "CLAIM_EXPIRED", "claimId": deleted["claimId"]}
    assert problem(again) == (409, "CONFLICT", expected)
