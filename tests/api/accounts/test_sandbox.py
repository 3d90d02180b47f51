"""In a sandbox every handle connects, and no server is called."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest_asyncio

from db.pool import Pool
from tests.api.accounts.project import BACK, ConnectingProject
from tests.api.conftest import ApiCaller, open_caller, read_answer
from tests.api.participants import ORIGIN, new_project, status
from tests.api.refusals import assert_state_refused

MAGIC = ["fail_auth", "fail_content", "rate_limited", "unknown_then_found", "unknown_forever", "ok"]


@pytest_asyncio.fixture
async def sandbox(project: ConnectingProject, pool: Pool) -> AsyncIterator[ApiCaller]:
    async with open_caller(project.app, pool, "Test", env="test", tier="partner") as caller:
        await pool.execute("update api_key set return_origins = $1", [ORIGIN])
        yield caller
        assert project.fediverse.asked == project.pds.asked == []


@pytest_asyncio.fixture
async def own_project(sandbox: ApiCaller) -> str:
    return await new_project(sandbox)


async def create_link(sandbox: ApiCaller, own_project: str, **given: Any) -> dict[str, Any]:
    body = {"platform": "mastodon", "returnUrl": BACK, "instance": "mastodon.example"} | given
    return read_answer(await sandbox.http.post(f"/v1/projects/{own_project}/social/oauth-url", json=body), 201)


async def test_a_link_leads_straight_back(project: ConnectingProject, sandbox: ApiCaller, own_project: str) -> None:
    link = await create_link(sandbox, own_project)
    assert status(await project.browser.get(link["authorizeUrl"]), link["state"]) == "connected"
    body = (await project.status(link["state"], sandbox)).json()
    shown = (await project.account(body["socialAccountId"], sandbox)).json()
    assert (shown["handle"], shown["serviceUrl"]) == ("ok", "https://mastodon.example")


async def test_a_link_of_a_sandbox_leads_to_no_page_of_a_server(
    project: ConnectingProject, sandbox: ApiCaller, own_project: str
) -> None:
    """Otherwise the code of a real account would be shown as a handle."""
    await project.connect()
    asked = len(project.fediverse.asked)
    link = await create_link(sandbox, own_project, instance=project.fediverse.host)
    assert_state_refused(await project.browser.get(f"/v1/social/authorize?state={link['state']}"))
    assert len(project.fediverse.asked) == asked
    project.fediverse.asked.clear()


def return_path(made: dict[str, Any]) -> str:
    """Return the path of a link without its query."""
    return str(urlsplit(made["authorizeUrl"]).path)


async def test_a_code_names_the_account(project: ConnectingProject, sandbox: ApiCaller, own_project: str) -> None:
    for handle in MAGIC:
        ids = []
        for _ in range(2):
            link = await create_link(sandbox, own_project)
            asked = {"state": link["state"], "code": handle}
            back = await project.browser.get(return_path(link), params=asked)
            assert status(back, link["state"]) == "connected"
            ids.append((await project.status(link["state"], sandbox)).json()["socialAccountId"])
        assert len(set(ids)) == 1
        assert (await project.account(ids[0], sandbox)).json()["handle"] == handle
    # Another word is no handle.
    link = await create_link(sandbox, own_project)
    back = await project.browser.get(return_path(link), params={"state": link["state"], "code": "no one"})
    assert status(back, link["state"]) == "failed"
    assert (await project.status(link["state"], sandbox)).json()["error"] == {"code": "CODE_REFUSED"}


async def test_account_is_reconnected(project: ConnectingProject, sandbox: ApiCaller, own_project: str) -> None:
    link = await create_link(sandbox, own_project)
    await project.browser.get(return_path(link), params={"state": link["state"], "code": "fail_auth"})
    account = (await project.status(link["state"], sandbox)).json()["socialAccountId"]
    body = {"socialAccountId": account, "returnUrl": BACK}
    for code, said in ((None, "connected"), ("ok", "failed")):
        again = (await sandbox.http.post(f"/v1/projects/{own_project}/social/reauth-url", json=body)).json()
        url = f"{return_path(again)}?state={again['state']}&code={code}" if code else again["authorizeUrl"]
        assert status(await project.browser.get(url), again["state"]) == said


async def test_any_password_connects(project: ConnectingProject, sandbox: ApiCaller, own_project: str) -> None:
    for identifier in (*MAGIC, "shop.bsky.social"):
        body = {"platform": "bluesky", "identifier": identifier, "appPassword": "x"}
        answer = await sandbox.http.post(f"/v1/projects/{own_project}/social-accounts", json=body)
        job = (await sandbox.http.get(answer.json()["locationUrl"], params={"wait": 10})).json()
        assert (job["status"], job["result"]["handle"]) == ("completed", identifier)
        assert (await project.pool.fetchval("select external_id from social_account")).startswith("did:plc:")
