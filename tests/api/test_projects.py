"""Projects over HTTP, as a caller sees them; tests/domain tests the rules."""

import asyncio
from typing import Any

from db.move import freezing
from db.pool import Conn
from tests.api.conftest import ApiCaller, read_answer
from tests.api.refusals import problem

SHOP = {"name": "Shop", "timezone": "Europe/Berlin"}


async def create_project(caller: ApiCaller, **fields: Any) -> dict[str, Any]:
    return read_answer(await caller.http.post("/v1/projects", json=SHOP | fields), 201)


async def test_created_project_exists_at_once(acme: ApiCaller) -> None:
    answer = await acme.http.post("/v1/projects", json=SHOP | {"customerExternalId": "c-1"})
    created = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/projects/{created['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert created == {
        "id": created["id"],
        "organizationId": f"org_{acme.organization_id}",
        "name": "Shop",
        "status": "active",
        "customerExternalId": "c-1",
        "timezone": "Europe/Berlin",
        "primaryLanguage": "en",
        "brandContext": None,
        "ingestState": {"github": None, "website": None, "appstore": None},
        "requiresApproval": False,
        "firstNPostsBlocked": 0,
        "currentBlockedCount": 0,
        "metadata": {"partner": {"customerExternalId": "c-1"}},
        "createdAt": created["createdAt"],
        "updatedAt": created["createdAt"],
        "archivedAt": None,
    }
    read = await acme.http.get(answer.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (created, '"1"')
    bare = await acme.http.get(f"/v1/projects/{created['id'].removeprefix('prj_')}")
    assert bare.json() == created


async def test_a_moving_organizations_project_fails_alone(acme: ApiCaller, rival: ApiCaller, conn: Conn) -> None:
    """Concurrent creates of all organizations are one statement."""
    await freezing.freeze_main_tables(conn, "tenantry_move_test", [acme.organization_id])
    answers = await asyncio.gather(*(caller.http.post("/v1/projects", json=SHOP) for caller in (acme, rival) * 5))
    assert [answer.status_code for answer in answers] == [503, 201] * 5
    assert "Retry-After" in answers[0].headers


async def test_inexact_number_is_refused(acme: ApiCaller) -> None:
    """Nothing is stored; the answer names the field."""
    for number in ("1e308", "1e-400", "0.1234567890123456789", "18446744073709551616"):
        text = '{"name":"Shop","timezone":"UTC","metadata":{"prices":[' + number + "]}}"
        headers = {"Content-Type": "application/json"}
        answer = await acme.http.post("/v1/projects", content=text, headers=headers)
        assert answer.status_code == 422
        (issue,) = answer.json()["error"]["details"]["issues"]
        assert issue["path"].startswith("metadata")
        assert "as a string" in issue["message"]
    assert (await acme.http.get("/v1/projects")).json()["items"] == []


async def test_the_largest_metadata_comes_back_as_large(acme: ApiCaller) -> None:
    """No accepted metadata makes a list more than 8 KiB larger per item."""
    item = b"1e-15,"
    text = b'{"name":"Shop","timezone":"UTC","metadata":{"n":[' + item * 450 + b"1]}}"
    headers = {"Content-Type": "application/json"}
    assert (await acme.http.post("/v1/projects", content=text, headers=headers)).status_code == 201
    assert len((await acme.http.get("/v1/projects")).content) <= 8 * 1024 + 1_000
    more = text.replace(item, item * 2)
    assert (await acme.http.post("/v1/projects", content=more, headers=headers)).status_code == 422


async def test_filters(acme: ApiCaller) -> None:
    shop = "100% Bäck_erei"
    await create_project(acme, name=shop, customerExternalId="c-1")
    gone = await create_project(acme, name="Closed bakery")
    await acme.http.delete(f"/v1/projects/{gone['id']}")

    async def names(**query: str) -> list[str]:
        page = (await acme.http.get("/v1/projects", params=query)).json()
        return [item["name"] for item in page["items"]]

    assert await names() == [shop]
    assert await names(status="archived") == ["Closed bakery"]
    for both in ("all", "active,archived"):
        assert await names(status=both) == ["Closed bakery", shop]
    assert await names(customerExternalId="c-1") == [shop]
    assert await names(customerExternalId="c-2") == []
    for part in ("bÄCK", "0% b", "K_e"):
        assert await names(search=part) == [shop], part
    for part in ("0%e", "k__r", "\\"):
        assert await names(search=part) == [], part


async def test_archive_is_immediate_and_repeatable(acme: ApiCaller, conn: Conn) -> None:
    project = await create_project(acme)
    url = f"/v1/projects/{project['id']}"
    first, second = await asyncio.gather(acme.http.delete(url), acme.http.delete(url))
    assert (first.status_code, first.json()) == (200, second.json())
    assert first.json() == {
        "id": project["id"],
        "status": "archived",
        "archivedAt": first.json()["archivedAt"],
        "canceledScheduledPosts": 0,
        "inFlightPosts": 0,
        "jobId": first.json()["jobId"],
    }
    assert (await acme.http.get(url)).json()["status"] == "archived"
    assert await conn.fetchval("select count(*) from job where kind = 'archive_project'") == 1
    job = (await acme.http.get(f"/v1/jobs/{first.json()['jobId']}")).json()
    assert (job["kind"], job["status"], job["projectId"]) == ("archive_project", "running", project["id"])
    busy = await acme.http.patch(url, json={"status": "active"})
    reason = {"reason": "ARCHIVE_RUNNING", "jobId": first.json()["jobId"]}
    assert problem(busy) == (409, "CONFLICT", reason)
    assert (await acme.http.patch(url, json={"name": "Still mine"})).status_code == 200


async def test_if_match_needs_the_current_version(acme: ApiCaller) -> None:
    url = f"/v1/projects/{(await create_project(acme))['id']}"
    for stale in ('"2"', 'W/"1"', '"x"', ""):
        answer = await acme.http.delete(url, headers={"If-Match": stale})
        assert problem(answer) == (412, "PRECONDITION_FAILED", None)
    for current in ("*", '"1", "2"'):
        assert (await acme.http.patch(url, json={}, headers={"If-Match": current})).status_code == 200
