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
from jobs.kinds import CONNECT_ACCOUNT_KIND
from schemas.settings import Settings
from tests.api.accounts.project import LinkedProject
from tests.api.participants import new_project, open_participants, status
from tests.dumps import dump_database
from tests.peers.simulators.client import Sim
from tests.peers.simulators.faults import SimFault
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

    async def create_link(self) -> dict[str, Any]:
        return await self.post_link("oauth-url", platform="instagram")

    async def consent_redirect(self, made: dict[str, Any], person: str = "ada", **choice: Any) -> str:
        """Return Instagram's redirect as a browser requests it: without the fragment."""
        page = await self.browser.get(made["authorizeUrl"])
        location, fragment = urldefrag(await self.sim.consent(page.headers["Location"], person, **choice))
        assert fragment == "_"
        return location

    async def consent_and_return(self, made: dict[str, Any], person: str = "ada", **choice: Any) -> httpx.Response:
        return await self.browser.get(await self.consent_redirect(made, person, **choice))

    async def connect(self, person: str = "ada") -> str:
        link = await self.create_link()
        assert status(await self.consent_and_return(link, person), link["state"]) == "connected"
        return str((await self.flow_status(link))["socialAccountId"])

    async def failure_code(self, made: dict[str, Any], answer: httpx.Response) -> str:
        """Return the error code of a failed flow."""
        assert status(answer, made["state"]) == "failed"
        return str((await self.flow_status(made))["error"]["code"])


@pytest_asyncio.fixture
async def project(settings: Settings, pool: Pool) -> AsyncIterator[InstagramProject]:
    uris = [f"{settings.public_url}{CALLBACK}"]
    with served(Instagram(rate=0, redirect_uris=uris)) as base:
        named = dict.fromkeys(("instagram_url", "instagram_api_url", "instagram_oauth_url"), base)
        ours = {"instagram_client_id": CLIENT_ID, "instagram_client_secret": CLIENT_SECRET}
        allowed = {"fetch_allow": base.removeprefix("http://")}
        mine = msgspec.structs.replace(settings, **named, **ours, **allowed)
        async with (
            Sim(base) as sim,
            open_participants(mine, pool) as participants,
            at_work(mine, pool, {CONNECT_ACCOUNT_KIND: connect_account.build_job_task_with_resources}),
        ):
            for person in ("ada", "eve"):
                await sim.account(person)
            yield InstagramProject(**vars(participants), sim=sim, id=await new_project(participants.acme))


async def test_a_person_connects_their_account(project: InstagramProject) -> None:
    """Both response shapes of Instagram are supported. A quota below the documented minimum is not believed."""
    for flat, total, quota in ((False, 77, 77), (True, 10, 25), (False, 25, 25), (True, 100, 100)):
        person = await project.sim.account("ada", flat=flat, quota_total=total)
        account = await project.connect()
        (shown,) = await project.accounts()
        assert (shown["socialAccountId"], shown["handle"], shown["status"]) == (account, "ada", "connected")
        assert shown["serviceUrl"] == project.sim.base
        assert shown["avatarUrl"] == f"{project.sim.base}/pictures/{person['user_id']}.jpg"
        row = await project.pool.fetchrow(
            """select external_id, traits, expires_at - now() as left, refresh_at - now() as due
                 from social_account a join account_credential c on c.account_id = a.id"""
        )
        assert row is not None
        assert row["external_id"] == person["user_id"]
        assert row["traits"] == {"software": "instagram", "quotaPosts": quota, "quotaSeconds": 86400}
        assert [row["left"].days, row["due"].days] == [59, 49]


async def test_an_account_is_connected_without_its_quota(project: InstagramProject) -> None:
    """The code is used up: an unreadable quota is not worth another code."""
    await project.sim.fault("limit", SimFault.REFUSE_500)
    await project.connect()
    assert await project.pool.fetchval("select traits from social_account") == {"software": "instagram"}


async def test_secrets_are_not_stored_in_plain_text(
    project: InstagramProject, capsys: pytest.CaptureFixture[str]
) -> None:
    link = await project.create_link()
    location = await project.consent_redirect(link)
    code = httpx.URL(location).params["code"]
    await project.browser.get(location)
    kept = await dump_database(project.pool) + "".join(capsys.readouterr())
    for secret in ("IGAA", code, CLIENT_SECRET, link["state"]):
        assert secret not in kept
    assert await project.pool.fetchval("select count(*) from job_secret") == 0


async def test_code_with_the_fragment_tail_is_accepted_once(project: InstagramProject) -> None:
    """People paste codes with the tail `#_`, and some proxies keep the fragment."""
    first, second = await project.create_link(), await project.create_link()
    url = httpx.URL(await project.consent_redirect(first))
    tailed = url.copy_set_param("code", url.params["code"] + "#_")
    project.set_flow_cookie(second)
    assert status(await project.browser.get(tailed), first["state"]) == "connected"
    again = url.copy_set_param("state", second["state"])
    assert await project.failure_code(second, await project.browser.get(again)) == "CODE_REFUSED"
    assert len(await project.accounts()) == 1


async def test_account_without_the_posting_permission_is_not_connected(project: InstagramProject) -> None:
    for flat in (False, True):
        await project.sim.account("ada", flat=flat)
        link = await project.create_link()
        answer = await project.consent_and_return(link, scopes=[BASIC])
        assert await project.failure_code(link, answer) == "SCOPE_MISSING"
    assert await project.accounts() == []


async def test_account_of_an_unsupported_type_is_not_connected(project: InstagramProject) -> None:
    for call, error, code in (
        ("me", "checkpoint", "ACCOUNT_CHECKPOINT"),
        ("me", "restricted", "ACCOUNT_RESTRICTED"),
        ("limit", "no_permission", "SCOPE_MISSING"),
    ):
        await project.sim.call("POST", "/errors", path=call, error=error)
        link = await project.create_link()
        assert await project.failure_code(link, await project.consent_and_return(link)) == code
    assert await project.accounts() == []


async def test_lost_answer_to_a_code_asks_to_start_again(project: InstagramProject) -> None:
    await project.sim.fault("code", SimFault.ACCEPT_THEN_DROP)
    link = await project.create_link()
    assert await project.failure_code(link, await project.consent_and_return(link)) == "CODE_REFUSED"
    (job,) = await project.pool.fetch("select error from job where kind = 'connect_account'")
    assert "start again" in job["error"]["message"]
