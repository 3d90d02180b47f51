"""Listing and disconnecting accounts."""

from tests.api.accounts.project import ConnectingProject


async def test_disconnect_is_final(project: ConnectingProject) -> None:
    account = await project.connect()
    where = f"/v1/social-accounts/{account}"
    answer = await project.acme.http.delete(where)
    assert answer.json() == {"socialAccountId": account, "status": "disconnected", "canceledScheduledPosts": 0}
    assert (await project.acme.http.delete(where)).json() == answer.json()
    assert (await project.account(account)).json()["status"] == "disconnected"
    assert await project.pool.fetchval("select count(*) from account_credential") == 0
    entries = (await project.acme.http.get("/v1/audit-log")).json()["items"]
    assert [one["action"] for one in entries].count("social_account.disconnected") == 1
    await project.pool.execute("update social_account set canceled_posts = 7")
    assert (await project.acme.http.delete(where)).json()["canceledScheduledPosts"] == 7
