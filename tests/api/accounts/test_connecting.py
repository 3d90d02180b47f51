"""Connecting a Mastodon account: link, consent page, code, job."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from api.http import oauth_return
from tests.api.accounts.project import ConnectingProject
from tests.api.participants import status
from tests.dumps import dump_database
from tests.http_server import HttpResponse


async def test_a_person_connects_their_account(project: ConnectingProject) -> None:
    link = await project.create_link()
    assert link["authorizeUrl"].startswith("http://127.0.0.1:8000/v1/social/authorize?state=")
    assert status(await project.consent_and_return(link), link["state"]) == "connected"
    body = (await project.status(link["state"])).json()
    assert (body["status"], body["error"]) == ("connected", None)
    shown = (await project.account(body["socialAccountId"])).json()
    assert shown == {
        "socialAccountId": body["socialAccountId"],
        "projectId": project.id,
        "platform": "mastodon",
        "serviceUrl": project.fediverse.url,
        "handle": f"ada@{project.fediverse.host}",
        "avatarUrl": f"{project.fediverse.url}/avatars/ada.png",
        "status": "connected",
        "leased": False,
        "connectedAt": shown["connectedAt"],
        "tokenExpiresAt": None,
        "disconnectedReason": None,
        "privacyLevels": None,
    }
    assert await project.accounts() == [shown]
    assert await project.pool.fetchval("select traits from social_account") == {
        "software": "mastodon", "version": "4.4.1", "tokenExact": True, "captionMax": 777, "mediaMax": 4,
        "imageBytesMax": 16 << 20, "videoBytesMax": 99 << 20,
    }  # fmt: skip
    (job,) = await project.jobs()
    assert job["result"] == {
        "socialAccountId": body["socialAccountId"],
        "platform": "mastodon",
        "handle": shown["handle"],
    }
    (entry, *_) = (await project.acme.http.get("/v1/audit-log")).json()["items"]
    assert (entry["action"], entry["subject"]) == ("social_account.connected", body["socialAccountId"])
    assert entry["apiKeyId"] == (await project.acme.http.get("/v1/whoami")).json()["apiKeyId"]


async def test_code_is_sealed_until_its_job_ends(
    project_without_worker: ConnectingProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth_return, "MAX_OAUTH_CALLBACK_WAIT_S", 0.01)
    link = await project_without_worker.create_link()
    project_without_worker.set_flow_cookie(link)
    answer = await project_without_worker.browser.get(
        project_without_worker.callback(), params={"state": link["state"], "code": "the-code"}
    )
    assert status(answer, link["state"]) == "pending"
    assert (await project_without_worker.status(link["state"])).json()["status"] == "pending"
    assert "the-code" not in await dump_database(project_without_worker.pool)
    assert await project_without_worker.pool.fetchval("select count(*) from job_secret") == 1
    (job,) = await project_without_worker.jobs()
    await project_without_worker.acme.http.post(f"/v1/jobs/{job['id']}/cancel")
    assert await project_without_worker.pool.fetchval("select count(*) from job_secret") == 0
    body = (await project_without_worker.status(link["state"])).json()
    assert (body["status"], body["error"]) == ("failed", {"code": "CANCELED"})


async def test_concurrent_links_share_one_registration(project: ConnectingProject) -> None:
    """Links of all organizations use the server's one app."""
    links = await asyncio.gather(*(project.create_link() for _ in range(10)))
    pages = await asyncio.gather(*(project.consent_page(created) for created in links))
    pages.append(await project.consent_page(await project.create_link(project.rival)))
    assert len({parse_qs(urlsplit(page).query)["client_id"][0] for page in pages}) == 1
    assert project.fediverse.count("/api/v1/apps") == 1


async def test_the_same_account_again_keeps_its_id(project: ConnectingProject) -> None:
    first = await project.connect()
    await project.pool.execute("update social_account set status = 'reauth_required'")
    assert await project.connect() == first
    (shown,) = await project.accounts()
    assert shown["status"] == "connected"
    assert await project.pool.fetchval("select generation from account_credential") == 2
    actions = [item["action"] for item in (await project.acme.http.get("/v1/audit-log")).json()["items"]]
    assert actions[:2] == ["social_account.reconnected", "social_account.connected"]
    # Another project's account has its own id.
    link = await project.create_link(project.rival)
    assert status(await project.consent_and_return(link), link["state"]) == "connected"
    theirs = (await project.status(link["state"], project.rival)).json()["socialAccountId"]
    assert theirs != first


async def test_link_waits_for_the_registration(
    project_without_worker: ConnectingProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth_return, "MAX_OAUTH_CALLBACK_WAIT_S", 0.2)
    link = await project_without_worker.create_link()
    assert await project_without_worker.consent_page(link) == link["authorizeUrl"]


async def test_a_server_that_does_not_register_us_fails_the_flow(project: ConnectingProject) -> None:
    for told, code in (
        (HttpResponse(403, {"error": "This action is not allowed"}), "ACCOUNT_REFUSED"),
        (HttpResponse(404, {}), "PLATFORM_REJECTED"),
    ):
        project.fediverse.broken["/api/v1/apps"] = [told]
        link = await project.create_link()
        assert status(await project.browser.get(link["authorizeUrl"]), link["state"]) == "failed"
        body = (await project.status(link["state"])).json()
        assert body == {"status": "failed", "socialAccountId": None, "error": {"code": code}}
        assert (await project.browser.get(link["authorizeUrl"])).status_code == 422
    assert await project.connect()


@pytest.mark.parametrize(("proved", "registrations"), [(False, 2), (True, 1)])
async def test_unused_registration_is_repeated_after_a_while(
    project: ConnectingProject, proved: bool, registrations: int
) -> None:
    """Mastodon 4.2 drops a registration without any user. Only the person sees that, on Mastodon's own
    page.
    """
    if proved:
        await project.connect()
    else:
        await project.consent_page(await project.create_link())
    await project.pool.execute("update platform_app set created_at = now() - interval '13 hours'")
    assert await project.connect("eve")
    assert project.fediverse.count("/api/v1/apps") == registrations
    assert await project.pool.fetchval("select count(*) from platform_app where proved_at is not null") == 1


async def test_forgotten_registration_is_repeated(project: ConnectingProject) -> None:
    link = await project.create_link()
    back = project.fediverse.let_in(await project.consent_page(link), "ada")
    project.fediverse.apps.clear()
    assert status(await project.browser.get(back), link["state"]) == "failed"
    assert (await project.status(link["state"])).json()["error"] == {"code": "APP_UNKNOWN"}
    assert await project.connect()
    assert project.fediverse.count("/api/v1/apps") == 2


async def test_servers_refusal_ends_the_job(project: ConnectingProject) -> None:
    """A code works once: if the answer to it is lost, a retry finds it used."""
    person = "/api/v1/accounts/verify_credentials"
    for path, told, code in (
        ("/oauth/token", HttpResponse(400, {"error": "invalid_grant"}), "CODE_REFUSED"),
        (person, HttpResponse(503, {}), "CODE_REFUSED"),
        (person, HttpResponse(403, {"error": "Suspended"}), "ACCOUNT_REFUSED"),
        (person, HttpResponse(200, {"no": "account"}), "CODE_REFUSED"),
    ):
        project.fediverse.broken[path] = [told]
        link = await project.create_link()
        await project.consent_and_return(link)
        await project.wait_for_jobs("connect_account")
        body = (await project.status(link["state"])).json()
        assert (body["status"], body["error"]) == ("failed", {"code": code})
        assert await project.accounts() == []


async def test_verifier_belongs_to_its_state(project: ConnectingProject) -> None:
    """A code of another flow is rejected."""
    mine, theirs = await project.create_link(), await project.create_link()
    back = project.fediverse.let_in(await project.consent_page(mine), "ada")
    project.set_flow_cookie(theirs)
    stolen = {"code": parse_qs(urlsplit(back).query)["code"][0], "state": theirs["state"]}
    answer = await project.browser.get(project.callback(), params=stolen)
    assert status(answer, theirs["state"]) == "failed"
    assert await project.accounts() == []


async def test_return_url_must_be_among_the_keys_origins(project_without_worker: ConnectingProject) -> None:
    """The origin must be the key's, or the API's own, for the console."""
    answer = await project_without_worker.ask(returnUrl="https://evil.example/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "RETURN_URL_NOT_ALLOWED")
    public_url = project_without_worker.app.state.services.settings.public_url
    assert (await project_without_worker.ask(returnUrl=f"{public_url}/console")).status_code == 201
