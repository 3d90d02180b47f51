"""A flow is bound to the browser that followed its link to GitHub."""

from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from tests.api.conftest import client_of, open_caller
from tests.api.github.connecting import GitHubParticipants, status
from tests.api.participants import ORIGIN
from tests.api.refusals import assert_state_refused


async def test_lured_victim_connects_nothing(github: GitHubParticipants) -> None:
    """An attacker follows a link and lures a victim to GitHub's page, or to a request there."""
    ways: list[dict[str, Any]] = [{}, {"installation_id": None, "setup_action": "request"}]
    for given in ways:
        state = await github.follow_link()
        async with client_of(github.app) as victim:
            assert status(await github.call_callback(state, browser=victim, **given), state) == "failed"
        assert (await github.acme.http.get("/v1/github/installation")).status_code == 404
        assert await github.jobs() == []
        assert await github.count_codes() == 0
        assert await github.flow_error(state) == "OTHER_BROWSER"
        assert github.hub.asked == []
        assert_state_refused(await github.call_callback(state))


async def test_a_browser_may_have_several_flows_at_once(github: GitHubParticipants) -> None:
    """For a changed installation, GitHub opens the page for selecting repositories and returns alike."""
    one, other = [await github.follow_link() for _ in range(2)]
    for state, action in ((other, "install"), (one, "update")):
        assert status(await github.call_callback(state, setup_action=action), state) == "connected"


async def test_callback_without_a_state_changes_nothing(github: GitHubParticipants) -> None:
    """An owner approves a request, or changes repositories on GitHub's own pages."""
    state = await github.follow_link()
    asked = await github.call_callback(state, installation_id=None, setup_action="request")
    assert status(asked, state) == "pending"
    async with client_of(github.app) as owner:
        for action in ("install", "update"):
            assert_state_refused(await github.call_callback(None, browser=owner, setup_action=action))
        assert_state_refused(await github.call_callback(state, browser=owner))
    assert await github.jobs() == []
    assert await github.connect() == "connected"


async def test_the_cookie_is_for_the_way_back_from_github_alone(github_without_worker: GitHubParticipants) -> None:
    link = await github_without_worker.create_link()
    answer = await github_without_worker.browser.get(link["installUrl"])
    [morsel] = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert (morsel["httponly"], morsel["samesite"], morsel["max-age"]) == (True, "Lax", "900")
    assert morsel["path"] == "/v1/github/callback"
    assert link["state"] not in answer.headers["Set-Cookie"]
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


async def test_used_or_foreign_link_is_refused(github_without_worker: GitHubParticipants) -> None:
    created = await github_without_worker.create_link()
    link = urlsplit(created["installUrl"])
    for state in ("", "x" * 43, created["state"][:-1]):
        assert_state_refused(await github_without_worker.browser.get(f"{link.path}?state={state}"))
    assert_state_refused(await github_without_worker.browser.get(f"/v1/social/authorize?state={created['state']}"))
    await github_without_worker.browser.get(created["installUrl"])
    await github_without_worker.call_callback(created["state"], code=None)
    assert_state_refused(await github_without_worker.browser.get(created["installUrl"]))


async def test_a_sandboxes_flow_leads_to_no_page_of_github(github_without_worker: GitHubParticipants) -> None:
    async with open_caller(github_without_worker.app, github_without_worker.pool, "Tester", env="test") as tester:
        await github_without_worker.pool.execute("update api_key set return_origins = $1", [ORIGIN])
        link = await github_without_worker.create_link(tester)
        assert urlsplit(link["installUrl"]).path == "/v1/github/callback"
        assert_state_refused(await github_without_worker.browser.get(f"/v1/github/install?state={link['state']}"))
