"""Verifying an installation with a person's code."""

import asyncio
from typing import Any

import pytest

from api.http import oauth_return
from domain.brand.github_installations import GitHubAppInstallation
from tests.api.conftest import open_caller
from tests.api.github.connecting import ACME, BACK, SHOP, GitHubParticipants, status
from tests.api.participants import ORIGIN
from tests.dumps import dump_database
from tests.http_server import HttpResponse
from tests.waiting import PATIENCE_S, eventually
from workers.ingest.github import proof
from workers.ingest.github.credentials import GitHubApp


async def test_listed_installation_is_connected(github: GitHubParticipants) -> None:
    said = await github.create_link()
    assert said["installUrl"] == f"http://127.0.0.1:8000/v1/github/install?state={said['state']}"
    page = (await github.browser.get(said["installUrl"])).headers["Location"]
    assert page == f"{github.hub.url}/apps/tenantry-test/installations/new?state={said['state']}"
    assert status(await github.call_callback(said["state"]), said["state"]) == "connected"
    shown = (await github.acme.http.get("/v1/github/installation")).json()
    assert (shown["installationId"], shown["accountLogin"]) == (ACME, "Acme-Inc")
    (job,) = await github.jobs()
    assert job["result"] == {"installationId": ACME, "accountLogin": "Acme-Inc"}
    entries = (await github.acme.http.get("/v1/audit-log")).json()["items"]
    assert entries[0]["action"] == "github_installation.connected"
    assert entries[0]["apiKeyId"] == (await github.acme.http.get("/v1/whoami")).json()["apiKeyId"]


async def test_no_secret_is_stored(github: GitHubParticipants) -> None:
    state = await github.follow_link()
    github.hub.codes["the-code"] = "ada"
    await github.call_callback(state, code="the-code")
    await github.connect(code="the-code")
    await github.acme.http.get("/v1/github/repos")
    written = await dump_database(github.pool)
    for secret in (state, "the-code", "ghu_", "ghs_"):
        assert secret not in written
    assert await github.count_codes() == 0


async def test_code_is_sealed_until_its_job_ends(
    github_without_worker: GitHubParticipants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth_return, "MAX_OAUTH_CALLBACK_WAIT_S", 0.01)
    assert await github_without_worker.connect(code="the-code") == "pending"
    assert "the-code" not in await dump_database(github_without_worker.pool)
    assert await github_without_worker.count_codes() == 1


async def test_unlisted_hidden_or_suspended_installation_is_not_connected(github: GitHubParticipants) -> None:
    async def failure(**given: Any) -> Any:
        assert await github.connect(**given) == "failed"
        assert (await github.acme.http.get("/v1/github/installation")).status_code == 404
        return (await github.acme.http.get("/v1/jobs")).json()["items"][0]["error"]["code"]

    del github.hub.people["ada"][SHOP]
    for installation_id in (SHOP, 999):
        assert await failure(installation_id=installation_id) == "INSTALLATION_NOT_PROVED"
    hidden = HttpResponse(404, {"message": "Not Found"})
    github.hub.broken[f"/api/user/installations/{ACME}/repositories"] = hidden
    assert await failure() == "INSTALLATION_NOT_PROVED"
    github.hub.broken.clear()
    github.hub.installations[ACME].suspended = True
    assert await failure() == "SOURCE_FORBIDDEN"


async def test_partial_access_does_not_connect_the_installation(github: GitHubParticipants) -> None:
    """GitHub lists an installation for everyone who may read one of its repositories."""
    assert await github.connect(installation_id=SHOP) == "failed"
    assert await github.connect(installation_id=SHOP, person="eve") == "connected"
    first, _ = await github.jobs()
    assert "reads 2 repositories, this person only 1" in first["error"]["message"]


async def test_next_page_on_another_host_is_not_requested(github: GitHubParticipants) -> None:
    """Our token must not be sent to another host."""
    page = {"installations": [], "total_count": 0}
    link = 'Link: <http://127.0.0.1:1/api/user/installations?page=2>; rel="next"'
    github.hub.broken["/api/user/installations"] = HttpResponse(200, page, (link,))
    assert await github.connect() == "failed"
    assert github.hub.paths["/api/user/installations"] == 1


async def test_the_list_of_installations_is_read_to_its_end(github: GitHubParticipants) -> None:
    github.hub.page_size = 1
    assert await github.connect() == "connected"
    assert github.hub.paths["/api/user/installations"] == 2


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (HttpResponse(200, {"error": "incorrect_client_credentials"}), "SOURCE_FORBIDDEN"),
        (HttpResponse(200, {"error": "bad_verification_code"}), "INSTALLATION_NOT_PROVED"),
        (HttpResponse(200, []), "FETCH_FAILED"),
        (HttpResponse(400, {"error": "bad_verification_code"}), "INSTALLATION_NOT_PROVED"),
        (HttpResponse(302, {}, ("Location: https://example.com/",)), "FETCH_FAILED"),
    ],
)
async def test_githubs_refusal_of_a_code_ends_the_job(
    github: GitHubParticipants, broken: HttpResponse, code: str
) -> None:
    github.hub.broken["/login/oauth/access_token"] = broken
    state = await github.follow_link()
    answer = asyncio.create_task(github.call_callback(state))

    async def said() -> Any:
        rows = await github.pool.fetch("select error from job_attempt")
        return [row["error"]["code"] for row in rows]

    assert (await eventually(said))[0] == code
    answer.cancel()


async def test_a_code_that_was_used_before_a_crash_says_to_start_again(github: GitHubParticipants) -> None:
    """GitHub alone decides whether a code was used."""
    github.hub.broken["/api/user/installations"] = HttpResponse(503, {})
    state = await github.follow_link()
    answer = asyncio.create_task(github.call_callback(state))
    await eventually(lambda: github.pool.fetchval("select count(*) from job_attempt"))
    del github.hub.broken["/api/user/installations"]
    await github.pool.execute("update job set run_at = now(), stage = 'queued' where state = 'queued'")
    assert status(await answer, state) == "failed"
    (job,) = await github.jobs()
    assert (job["error"]["code"], job["attempt"]) == ("INSTALLATION_NOT_PROVED", 2)
    assert "start again" in job["error"]["message"]


async def test_one_of_two_workers_connects(github: GitHubParticipants, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first worker's lease expired during its call: the second worker finds the code used."""
    proved, told = asyncio.Event(), asyncio.Event()

    async def prove(app: GitHubApp, *, code: str, installation_id: int) -> GitHubAppInstallation:
        found = await asked(app, code=code, installation_id=installation_id)
        proved.set()
        await told.wait()
        return found

    asked = proof.prove_installation_access
    monkeypatch.setattr(proof, "prove_installation_access", prove)
    state = await github.follow_link()
    answer = asyncio.create_task(github.call_callback(state))
    await asyncio.wait_for(proved.wait(), PATIENCE_S)
    await github.pool.execute(
        """update job set state = 'queued', stage = 'queued', lease_owner = null,
                  attempt_started_at = null, attempt_deadline_at = null"""
    )
    assert status(await answer, state) == "failed"
    told.set()
    (job,) = await github.jobs()
    assert "start again" in job["error"]["message"]
    assert (await github.acme.http.get("/v1/github/installation")).status_code == 404


async def test_sandbox_flow_calls_no_server(github: GitHubParticipants) -> None:
    async with open_caller(github.app, github.pool, "Tester", env="test") as tester:
        await github.pool.execute("update api_key set return_origins = $1", [ORIGIN])
        link = (await tester.http.post("/v1/github/install-url", json={"returnUrl": BACK})).json()
        answer = await github.browser.get(link["installUrl"])
        assert status(answer, link["state"]) == "connected"
        shown = (await tester.http.get("/v1/github/installation")).json()
        assert (shown["installationId"], shown["accountLogin"]) == (1, "sandbox-studio")
        repos = (await tester.http.get("/v1/github/repos")).json()["repositories"]
        assert [repo["fullName"] for repo in repos] == ["sandbox-studio/mobile-app", "sandbox-studio/website"]
        again = (await tester.http.post("/v1/github/install-url", json={"returnUrl": BACK})).json()
        refusal = await github.browser.get(again["installUrl"].replace("code=ok", "code=other"))
        assert status(refusal, again["state"]) == "failed"
    assert github.hub.asked == []
