"""Connecting an account again: it keeps its id, and nobody else's takes its place."""

import pytest

from schemas import ids
from tests.api.accounts.place import Place, new_project, status


async def test_an_account_is_let_in_again_under_its_id(place: Place) -> None:
    account = await place.connect()
    await place.pool.execute("update social_account set status = 'reauth_required'")
    made = (await place.again(account)).json()
    assert status(await place.go(made), made["state"]) == "connected"
    assert (await place.status(made["state"])).json()["socialAccountId"] == account
    assert (await place.account(account)).json()["status"] == "connected"


async def test_another_account_changes_nothing(place: Place) -> None:
    account = await place.connect()
    await place.pool.execute("update social_account set status = 'reauth_required'")
    made = (await place.again(account)).json()
    before = await place.pool.fetch("select * from social_account, account_credential")
    assert status(await place.go(made, "eve"), made["state"]) == "failed"
    assert (await place.status(made["state"])).json()["error"] == {"code": "OTHER_ACCOUNT"}
    assert await place.pool.fetch("select * from social_account, account_credential") == before
    (*_, job) = await place.jobs()
    assert "ada@" in job["error"]["message"]


async def test_one_that_is_disconnected_meanwhile_stays_so(place: Place) -> None:
    account = await place.connect()
    made = (await place.again(account)).json()
    await place.acme.http.delete(f"/v1/social-accounts/{account}")
    assert status(await place.go(made), made["state"]) == "failed"
    assert (await place.status(made["state"])).json()["error"] == {"code": "ACCOUNT_NOT_CONNECTED"}
    refused = await place.again(account)
    assert refused.status_code == 409
    assert refused.json()["error"]["details"]["reason"] == "ACCOUNT_NOT_CONNECTED"


async def test_one_that_was_disconnected_is_connected_anew(place: Place) -> None:
    first = await place.connect()
    await place.acme.http.delete(f"/v1/social-accounts/{first}")
    second = await place.connect()
    assert second != first
    assert [shown["status"] for shown in await place.accounts()] == ["connected", "disconnected"]


async def test_another_projects_account_is_not_found(place: Place) -> None:
    account = await place.connect()
    other = await new_project(place.acme)
    for answer in (
        await place.again(account, project=other),
        await place.again(ids.show(ids.ACCOUNT, ids.new())),
        await place.again("prj_1"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_bluesky_is_connected_again_as_at_first(place: Place) -> None:
    job = await place.logged_in()
    answer = await place.again(job["result"]["socialAccountId"])
    assert answer.status_code == 422
    assert "social-accounts" in answer.json()["error"]["message"]


@pytest.mark.parametrize("back", ["https://evil.example/", "x"])
async def test_a_person_is_sent_back_only_where_the_key_says(place: Place, back: str) -> None:
    account = await place.connect()
    answer = await place.acme.http.post(
        f"/v1/projects/{place.project}/social/reauth-url",
        json={"socialAccountId": account, "returnUrl": back},
    )
    assert answer.status_code in {403, 422}
