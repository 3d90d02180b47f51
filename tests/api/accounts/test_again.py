"""Reconnecting an account: it keeps its id, and no other account replaces it. A disconnect is final."""

from schemas import ids
from tests.api.accounts.project import ConnectingProject
from tests.api.participants import new_project, status


async def test_only_the_same_account_can_be_reconnected_and_keeps_its_id(project: ConnectingProject) -> None:
    account = await project.connect()
    await project.pool.execute("update social_account set status = 'reauth_required'")
    link = (await project.create_reauth_link(account)).json()
    before = await project.pool.fetch("select * from social_account, account_credential")
    assert status(await project.consent_and_return(link, "eve"), link["state"]) == "failed"
    assert (await project.status(link["state"])).json()["error"] == {"code": "OTHER_ACCOUNT"}
    assert await project.pool.fetch("select * from social_account, account_credential") == before
    (*_, job) = await project.jobs()
    assert "ada@" in job["error"]["message"]
    link = (await project.create_reauth_link(account)).json()
    assert status(await project.consent_and_return(link), link["state"]) == "connected"
    assert (await project.status(link["state"])).json()["socialAccountId"] == account
    assert (await project.account(account)).json()["status"] == "connected"


async def test_account_disconnected_during_the_flow_stays_disconnected(project: ConnectingProject) -> None:
    account = await project.connect()
    link = (await project.create_reauth_link(account)).json()
    await project.acme.http.delete(f"/v1/social-accounts/{account}")
    assert status(await project.consent_and_return(link), link["state"]) == "failed"
    assert (await project.status(link["state"])).json()["error"] == {"code": "ACCOUNT_NOT_CONNECTED"}
    refused = await project.create_reauth_link(account)
    assert refused.status_code == 409
    assert refused.json()["error"]["details"]["reason"] == "ACCOUNT_NOT_CONNECTED"
    assert await project.connect() != account
    assert [shown["status"] for shown in await project.accounts()] == ["connected", "disconnected"]


async def test_another_projects_account_and_a_foreign_return_url_are_refused(project: ConnectingProject) -> None:
    account = await project.connect()
    for back in ("https://evil.example/", "x"):
        answer = await project.acme.http.post(
            f"/v1/projects/{project.id}/social/reauth-url", json={"socialAccountId": account, "returnUrl": back}
        )
        assert answer.status_code in {403, 422}
    other = await new_project(project.acme)
    for answer in (
        await project.create_reauth_link(account, project=other),
        await project.create_reauth_link(ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, ids.new_uuid7())),
        await project.create_reauth_link("prj_1"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_bluesky_reconnects_with_a_password(project: ConnectingProject) -> None:
    job = await project.log_in_and_wait()
    answer = await project.create_reauth_link(job["result"]["socialAccountId"])
    assert answer.status_code == 422
    assert "social-accounts" in answer.json()["error"]["message"]


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
