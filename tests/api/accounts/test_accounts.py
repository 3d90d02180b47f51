"""Listing and disconnecting accounts."""

from tests.api.accounts.project import ConnectingProject
from tests.api.participants import new_project


async def test_accounts_are_listed_newest_first(project: ConnectingProject) -> None:
    created = [await project.connect("ada"), await project.connect("eve")]
    where = f"/v1/projects/{project.id}/social-accounts"
    first = (await project.acme.http.get(where, params={"limit": 1})).json()
    second = (await project.acme.http.get(where, params={"cursor": first["nextCursor"]})).json()
    shown = [item["socialAccountId"] for item in (*first["items"], *second["items"])]
    assert (shown, second["nextCursor"]) == (created[::-1], None)
    other = await new_project(project.acme)
    assert (await project.acme.http.get(f"/v1/projects/{other}/social-accounts")).json()["items"] == []


async def test_disconnect_is_final(project: ConnectingProject) -> None:
    account = await project.connect()
    where = f"/v1/social-accounts/{account}"
    answer = await project.acme.http.delete(where)
    assert answer.json() == {
        "socialAccountId": account,
        "status": "disconnected",
        "canceledScheduledPosts": 0,
    }
    assert (await project.acme.http.delete(where)).json() == answer.json()
    assert (await project.account(account)).json()["status"] == "disconnected"
    assert await project.pool.fetchval("select count(*) from account_credential") == 0
    entries = (await project.acme.http.get("/v1/audit-log")).json()["items"]
    assert [one["action"] for one in entries].count("social_account.disconnected") == 1


async def test_repeated_disconnect_returns_the_first_count(project: ConnectingProject) -> None:
    account = await project.connect()
    await project.acme.http.delete(f"/v1/social-accounts/{account}")
    await project.pool.execute("update social_account set canceled_posts = 7")
    again = await project.acme.http.delete(f"/v1/social-accounts/{account}")
    assert again.json()["canceledScheduledPosts"] == 7
