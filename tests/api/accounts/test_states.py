"""OAuth states: single use, expiry, owner; and incomplete callbacks."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from domain.operations import maintenance
from tests.api.accounts.project import ConnectingProject
from tests.api.conftest import client_of, new_key
from tests.api.participants import status
from tests.api.refusals import assert_state_refused


async def test_a_state_works_once(project: ConnectingProject) -> None:
    """Of concurrent callbacks, one starts a job."""
    link = await project.create_link()
    back = project.fediverse.let_in(await project.consent_page(link), "ada")
    answers = await asyncio.gather(*(project.browser.get(back) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [302, *[422] * 19]
    [first] = [answer for answer in answers if answer.status_code == 302]
    assert status(first, link["state"]) == "connected"
    assert_state_refused(await project.browser.get(back))
    assert_state_refused(await project.browser.get(link["authorizeUrl"]))
    assert len(await project.jobs()) == 1


async def test_a_state_expires(project: ConnectingProject) -> None:
    link = await project.create_link()
    page = await project.consent_page(link)
    project.clock.ahead = timedelta(minutes=10, seconds=1)
    assert_state_refused(await project.browser.get(project.fediverse.let_in(page, "ada")))
    assert_state_refused(await project.browser.get(link["authorizeUrl"]))
    body = (await project.status(link["state"])).json()
    assert (body["status"], body["error"]) == ("failed", {"code": "STATE_EXPIRED"})
    assert await project.jobs() == []


async def test_unknown_state_is_refused(project_without_worker: ConnectingProject) -> None:
    for path in ("authorize", "callback/mastodon-0123456789abcdef"):
        for state in ("", "x", "A" * 43, "é" * 43):
            asked = {"state": state, "code": "c"}
            answer = await project_without_worker.browser.get(f"/v1/social/{path}", params=asked)
            assert_state_refused(answer)


async def test_state_of_another_purpose_is_refused_and_an_old_one_deleted(
    project_without_worker: ConnectingProject,
) -> None:
    link = await project_without_worker.create_link()
    await project_without_worker.pool.execute("update oauth_state set purpose = 'connect_github'")
    assert_state_refused(await project_without_worker.browser.get(link["authorizeUrl"]))
    assert (await project_without_worker.status(link["state"])).status_code == 404
    async with project_without_worker.pool.acquire() as conn:
        assert await maintenance.prune_oauth_states(conn) == 0
        await conn.execute("update oauth_state set expires_at = now() - interval '25 hours'")
        assert await maintenance.prune_oauth_states(conn) == 1


async def test_a_killed_keys_flows_end_with_it(project: ConnectingProject) -> None:
    link = await project.create_link()
    back = project.fediverse.let_in(await project.consent_page(link), "ada")
    await project.pool.execute("update api_key set killed_at = now()")
    assert_state_refused(await project.browser.get(back))
    assert_state_refused(await project.browser.get(link["authorizeUrl"]))


async def test_only_the_creating_key_reads_the_status(project_without_worker: ConnectingProject) -> None:
    link = await project_without_worker.create_link()
    assert (await project_without_worker.status(link["state"])).json()["status"] == "pending"
    other = await new_key(project_without_worker.pool, project_without_worker.acme.organization_id)
    async with client_of(project_without_worker.app, other) as sister:
        answers = [
            await sister.get(f"/v1/social/oauth-status/{link['state']}"),
            await project_without_worker.status(link["state"], project_without_worker.rival),
            await project_without_worker.status("A" * 43),
            await project_without_worker.status("x"),
        ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1


async def test_callback_without_a_code_starts_no_job_and_uses_up_the_verifier(
    project_without_worker: ConnectingProject,
) -> None:
    sealed = "select count(*) from oauth_state where sealed is not null"
    for given, code in (
        ({"error": "access_denied", "error_description": "The resource owner denied it"}, "ACCESS_DENIED"),
        ({"error": "server_error"}, "NO_CODE"),
        ({}, "NO_CODE"),
    ):
        link = await project_without_worker.create_link()
        assert await project_without_worker.pool.fetchval(sealed) == 1
        project_without_worker.set_flow_cookie(link)
        answer = await project_without_worker.browser.get(
            project_without_worker.callback(), params={"state": link["state"], **given}
        )
        assert status(answer, link["state"]) == "failed"
        assert await project_without_worker.pool.fetchval(sealed) == 0
        body = (await project_without_worker.status(link["state"])).json()
        assert (body["status"], body["error"]) == ("failed", {"code": code})
        assert await project_without_worker.jobs() == []


async def test_an_archived_project_connects_nothing(project: ConnectingProject) -> None:
    link = await project.create_link()
    back = project.fediverse.let_in(await project.consent_page(link), "ada")
    await project.acme.http.delete(f"/v1/projects/{project.id}")
    for refusal in (await project.ask(), await project.log_in(), await project.create_reauth_link(f"sa_{uuid4()}")):
        assert refusal.status_code == 409
        assert refusal.json()["error"]["details"]["reason"] == "PROJECT_ARCHIVED"
    assert status(await project.browser.get(back), link["state"]) == "failed"
    assert (await project.status(link["state"])).json()["error"] == {"code": "PROJECT_ARCHIVED"}


async def test_a_project_archived_while_its_job_asks_connects_nothing(project: ConnectingProject) -> None:
    asks = asyncio.Event()
    project.fediverse.held["/api/v1/accounts/verify_credentials"] = asks
    link = await project.create_link()
    back = asyncio.create_task(project.consent_and_return(link))
    await project.fediverse.reached("/api/v1/accounts/verify_credentials")
    await project.pool.execute("update project set status = 'archived', archived_at = now()")
    asks.set()
    assert status(await back, link["state"]) == "failed"
    assert (await project.status(link["state"])).json()["error"] == {"code": "CANCELED"}
    assert await project.accounts() == []


async def test_code_of_another_server_is_sent_to_no_server(project: ConnectingProject) -> None:
    """Mix-up attack (RFC 9700 4.4): the state is used up, and its server never sees the code."""
    for path, named in (
        ("/v1/social/callback/mastodon-0123456789abcdef", {}),
        (project.callback(), {"iss": "https://other.example"}),
    ):
        link = await project.create_link()
        project.set_flow_cookie(link)
        asked = {"state": link["state"], "code": "of-another-server", **named}
        assert status(await project.browser.get(path, params=asked), link["state"]) == "failed"
        assert (await project.status(link["state"])).json()["error"] == {"code": "OTHER_SERVER"}
    assert await project.jobs("connect_account") == []
