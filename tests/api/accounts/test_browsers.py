"""A flow is bound to the browser that followed its link."""

from http.cookies import SimpleCookie

import msgspec

from api.http import oauth_return
from domain.connecting import authorization
from tests.api.accounts.project import ConnectingProject
from tests.api.conftest import client_of
from tests.api.participants import status


async def test_code_from_another_browser_connects_nothing(project: ConnectingProject) -> None:
    """An attacker follows a link and lures a victim to the server's consent page."""
    link = await project.create_link()
    back = project.fediverse.let_in(await project.consent_page(link), "eve")
    async with client_of(project.app) as stranger:
        assert status(await stranger.get(back), link["state"]) == "failed"
    body = (await project.status(link["state"])).json()
    assert (body["status"], body["error"]) == ("failed", {"code": "OTHER_BROWSER"})
    assert project.fediverse.count("/oauth/token") == 0
    assert (await project.browser.get(back)).status_code == 422
    assert await project.accounts() == []


async def test_a_browser_may_have_several_flows_at_once(project: ConnectingProject) -> None:
    links = [await project.create_link() for _ in range(2)]
    backs = [project.fediverse.let_in(await project.consent_page(created), "ada") for created in links]
    for created, back in reversed(list(zip(links, backs, strict=True))):
        assert status(await project.browser.get(back), created["state"]) == "connected"


async def test_cookie_is_sent_only_to_the_callback(project: ConnectingProject) -> None:
    link = await project.create_link()
    answer = await project.browser.get(link["authorizeUrl"])
    [morsel] = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert (morsel["httponly"], morsel["samesite"], morsel["max-age"]) == (True, "Lax", "600")
    assert project.callback().startswith(morsel["path"] + "/")
    assert link["state"] not in answer.headers["Set-Cookie"]


async def test_the_cookie_follows_the_public_address(project_without_worker: ConnectingProject) -> None:
    settings = project_without_worker.app.state.services.settings
    back, lasts = oauth_return.SOCIAL_CALLBACK_PATH, authorization.OAUTH_LINK_LIFETIME
    for public, path, secure in (
        ("http://127.0.0.1:8000", "/v1/social/callback", False),
        ("https://api.example/partners/", "/partners/v1/social/callback", True),
    ):
        served = msgspec.structs.replace(settings, public_url=public)
        said = oauth_return.make_oauth_cookie(served, "state", back=back, lasts=lasts)
        assert f"; Path={path};" in said
        assert said.endswith("; Secure") == secure
