"""Connecting an account on a simulated Instagram."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag

import httpx
import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from jobs.kinds import CONNECT_ACCOUNT
from schemas.settings import Settings
from tests.api.accounts.project import LinkedProject
from tests.api.parties import new_project, open_participants, status
from tests.dumps import everything
from tests.peers.simulators.client import Sim
from tests.peers.simulators.faults import Fault
from tests.peers.simulators.instagram import Instagram
from tests.peers.simulators.instagram_oauth import CLIENT_ID, CLIENT_SECRET
from tests.peers.simulators.serving import served
from tests.workers.runtime.workers import at_work
from workers.tasks import connect_account

CALLBACK = "/v1/social/callback/instagram"
BASIC, PUBLISH = "instagram_business_basic", "instagram_business_content_publish"


@dataclass
class InstagramProject(LinkedProject):
    """Acme with a project; ada and eve have accounts on Instagram."""

    sim: Sim

    async def start(self) -> dict[str, Any]:
        return await self.link("oauth-url", platform="instagram")

    async def back(self, made: dict[str, Any], person: str = "ada", **choice: Any) -> str:
        """Return Instagram's redirect as a browser requests it: without the fragment."""
        page = await self.browser.get(made["authorizeUrl"])
        location, fragment = urldefrag(await self.sim.consent(page.headers["Location"], person, **choice))
        assert fragment == "_"
        return location

    async def go(self, made: dict[str, Any], person: str = "ada", **choice: Any) -> httpx.Response:
        return await self.browser.get(await self.back(made, person, **choice))

    async def connect(self, person: str = "ada") -> str:
        made = await self.start()
        assert status(await self.go(made, person), made["state"]) == "connected"
        return str((await self.said(made))["socialAccountId"])

    async def fails(self, made: dict[str, Any], answer: httpx.Response) -> str:
        """Return the error code of a failed flow."""
        assert status(answer, made["state"]) == "failed"
        return str((await self.said(made))["error"]["code"])


@pytest_asyncio.fixture
async def insta(settings: Settings, pool: Pool) -> AsyncIterator[InstagramProject]:
    uris = [f"{settings.public_url}{CALLBACK}"]
    with served(Instagram(rate=0, redirect_uris=uris)) as base:
        named = dict.fromkeys(("instagram_url", "instagram_api_url", "instagram_oauth_url"), base)
        ours = {"instagram_client_id": CLIENT_ID, "instagram_client_secret": CLIENT_SECRET}
        allowed = {"fetch_allow": base.removeprefix("http://")}
        mine = msgspec.structs.replace(settings, **named, **ours, **allowed)
        async with (
            Sim(base) as sim,
            open_participants(mine, pool) as found,
            at_work(mine, pool, {CONNECT_ACCOUNT: connect_account.open_task}),
        ):
            for person in ("ada", "eve"):
                await sim.account(person)
            yield InstagramProject(**vars(found), sim=sim, id=await new_project(found.acme))


@pytest.mark.parametrize("flat", [False, True])
async def test_a_person_connects_their_account(insta: InstagramProject, flat: bool) -> None:
    """Both response shapes of Instagram are supported."""
    person = await insta.sim.account("ada", flat=flat, quota_total=77)
    account = await insta.connect()
    (shown,) = await insta.accounts()
    assert (shown["socialAccountId"], shown["handle"], shown["status"]) == (account, "ada", "connected")
    assert shown["serviceUrl"] == insta.sim.base
    assert shown["avatarUrl"] == f"{insta.sim.base}/pictures/{person['user_id']}.jpg"
    row = await insta.pool.fetchrow(
        """select external_id, traits, expires_at - now() as left, refresh_at - now() as due
             from social_account a join account_credential c on c.account_id = a.id"""
    )
    assert row is not None
    assert row["external_id"] == person["user_id"]
    assert row["traits"] == {"software": "instagram", "quotaPosts": 77, "quotaSeconds": 86400}
    assert [row["left"].days, row["due"].days] == [59, 49]


@pytest.mark.parametrize(("total", "quota"), [(10, 25), (25, 25), (100, 100)])
async def test_account_quota_has_a_minimum(insta: InstagramProject, total: int, quota: int) -> None:
    await insta.sim.account("ada", quota_total=total)
    await insta.connect()
    assert await insta.pool.fetchval("select traits ->> 'quotaPosts' from social_account") == str(quota)


async def test_an_account_is_connected_without_its_quota(insta: InstagramProject) -> None:
    """The code is used up: an unreadable quota is not worth another code."""
    await insta.sim.fault("limit", Fault.REFUSE_500)
    await insta.connect()
    assert await insta.pool.fetchval("select traits from social_account") == {"software": "instagram"}


async def test_secrets_are_not_stored_in_plain_text(
    insta: InstagramProject, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await insta.start()
    location = await insta.back(made)
    code = httpx.URL(location).params["code"]
    await insta.browser.get(location)
    kept = await everything(insta.pool) + "".join(capsys.readouterr())
    for secret in ("IGAA", code, CLIENT_SECRET, made["state"]):
        assert secret not in kept
    assert await insta.pool.fetchval("select count(*) from job_secret") == 0


async def test_code_with_the_fragment_tail_is_accepted(insta: InstagramProject) -> None:
    """People paste codes with the tail `#_`, and some proxies keep the fragment."""
    made = await insta.start()
    url = httpx.URL(await insta.back(made))
    tailed = url.copy_set_param("code", url.params["code"] + "#_")
    assert status(await insta.browser.get(tailed), made["state"]) == "connected"


async def test_a_code_that_was_used_is_refused(insta: InstagramProject) -> None:
    first, second = await insta.start(), await insta.start()
    location = httpx.URL(await insta.back(first))
    insta.follow(second)
    assert status(await insta.browser.get(location), first["state"]) == "connected"
    again = location.copy_set_param("state", second["state"])
    assert await insta.fails(second, await insta.browser.get(again)) == "CODE_REFUSED"
    assert len(await insta.accounts()) == 1


@pytest.mark.parametrize("flat", [False, True])
async def test_account_without_the_posting_permission_is_not_connected(
    insta: InstagramProject, flat: bool
) -> None:
    await insta.sim.account("ada", flat=flat)
    made = await insta.start()
    assert await insta.fails(made, await insta.go(made, scopes=[BASIC])) == "SCOPE_MISSING"
    assert await insta.accounts() == []


@pytest.mark.parametrize(
    ("call", "error", "code"),
    [
        ("me", "checkpoint", "ACCOUNT_CHECKPOINT"),
        ("me", "restricted", "ACCOUNT_RESTRICTED"),
        ("limit", "no_permission", "SCOPE_MISSING"),
    ],
)
async def test_account_of_an_unsupported_type_is_not_connected(
    insta: InstagramProject, call: str, error: str, code: str
) -> None:
    await insta.sim.call("POST", "/errors", path=call, error=error)
    made = await insta.start()
    assert await insta.fails(made, await insta.go(made)) == code
    assert await insta.accounts() == []


async def test_lost_answer_to_a_code_asks_to_start_again(insta: InstagramProject) -> None:
    await insta.sim.fault("code", Fault.ACCEPT_THEN_DROP)
    made = await insta.start()
    assert await insta.fails(made, await insta.go(made)) == "CODE_REFUSED"
    (job,) = await insta.pool.fetch("select error from job where kind = 'connect_account'")
    assert "start again" in job["error"]["message"]
