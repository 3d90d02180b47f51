"""1. A project is a partner's customer, and the tenant boundary.

A partner calls with a key of one organization. No other organization can read, write or guess this
organization's objects.
"""

import asyncio

from tests.api.conftest import ApiCaller

ACME_SHOP = {"name": "Acme Shop", "timezone": "Europe/Berlin"}


async def test_creating_a_project_is_synchronous(acme: ApiCaller) -> None:
    """A 201 has the whole row. The next call may use the project at once."""
    created = await acme.http.post("/v1/projects", json=ACME_SHOP)
    assert created.status_code == 201
    read = await acme.http.get(created.headers["Location"])
    assert read.json() == created.json()
    assert read.json()["status"] == "active"
    assert read.json()["brandContext"] is None


async def test_another_organizations_project_does_not_exist(acme: ApiCaller, rival: ApiCaller) -> None:
    """Compare the 404s of a foreign and of an unused id: they are equal."""
    foreign_id = (await acme.http.post("/v1/projects", json=ACME_SHOP)).json()["id"]
    unused_id = foreign_id[:-4] + "0000"
    answers = [await rival.http.get(f"/v1/projects/{id_}") for id_ in (foreign_id, unused_id)]
    foreign, absent = (answer.json()["error"] for answer in answers)
    assert foreign["code"] == "NOT_FOUND"
    assert {**foreign, "requestId": ""} == {**absent, "requestId": ""}


async def test_a_write_with_a_key_happens_once(acme: ApiCaller) -> None:
    """An `Idempotency-Key` makes a write safe to repeat, even by twenty callers at once."""
    headers = {"Idempotency-Key": "signup-4711"}
    answers = await asyncio.gather(
        *(acme.http.post("/v1/projects", json=ACME_SHOP, headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await acme.http.get("/v1/projects")).json()["items"]) == 1


async def test_if_match_refuses_an_edit_of_an_old_version(acme: ApiCaller) -> None:
    """With `If-Match` the second of two edits of one version gets 412."""
    created = await acme.http.post("/v1/projects", json=ACME_SHOP)
    path, version = created.headers["Location"], created.headers["ETag"]
    first = await acme.http.patch(path, json={"name": "Acme"}, headers={"If-Match": version})
    second = await acme.http.patch(path, json={"name": "ACME"}, headers={"If-Match": version})
    assert (first.status_code, second.status_code) == (200, 412)
    assert (await acme.http.get(path)).json()["name"] == "Acme"
