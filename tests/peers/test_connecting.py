"""Connecting accounts of third-party servers end to end: by link, consent page and code, or by password."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import create_app
from db.pool import Pool, run_in_transaction
from domain.accounts import credentials
from domain.accounts.credentials import AccountTokens
from jobs.ledger import SubmittedJob
from schemas import ids
from schemas.settings import Settings
from tests import seeds
from tests.api.accounts.conftest import TASKS
from tests.api.accounts.project import BACK, uuid
from tests.api.conftest import ApiCaller, client_of, hold_context, open_caller
from tests.api.participants import ORIGIN, new_project, status
from tests.dumps import dump_database
from tests.peers.mastodon_servers import Instance
from tests.peers.pds import Pds, PdsPerson
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work

pytestmark = pytest.mark.peers


def way_back(page: str) -> str:
    """Return the redirect address in a consent page's URL."""
    return parse_qs(urlsplit(page).query)["redirect_uri"][0]


@dataclass
class PlatformsProject:
    app: Litestar
    acme: ApiCaller
    browser: httpx.AsyncClient
    pool: Pool
    project: str

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self.acme.http.post(f"/v1/projects/{self.project}/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def let_in(self, instance: Instance, made: dict[str, Any]) -> str:
        """Follow our link through the server's own pages; return the status of the redirect."""
        page = (await self.browser.get(made["authorizeUrl"])).headers["Location"]
        asked = {"state": made["state"], "code": instance.code(page)}
        return status(await self.browser.get(way_back(page), params=asked), made["state"])

    async def account(self, account_id: str) -> Any:
        return (await self.acme.http.get(f"/v1/social-accounts/{account_id}")).json()

    async def log_in(self, pds: Pds, person: PdsPerson, password: str | None = None) -> Any:
        body = {"identifier": person.handle, "appPassword": password or person.app_password}
        accepted = await self.post("social-accounts", platform="bluesky", serviceUrl=pds.base, **body)
        job: dict[str, Any] = {"status": "running"}
        while job["status"] == "running":
            job = (await self.acme.http.get(accepted["locationUrl"], params={"wait": 30})).json()
        return job

    async def tokens(self, account_id: str) -> AccountTokens:
        named = {"organization_id": self.acme.organization_id, "account_id": uuid(account_id)}
        async with self.pool.acquire() as conn:
            return await credentials.open_account_tokens(conn, **named, keyring=seeds.VAULT)

    async def refreshed(self, account_id: str) -> Any:
        """Refresh the tokens; return the job's result."""
        project_id = ids.parse_prefixed_id(ids.PROJECT, self.project)
        assert project_id
        named = {"organization_id": self.acme.organization_id, "account_id": uuid(account_id)}

        async def submit(conn: Any) -> SubmittedJob:
            return await credentials.submit_token_refresh(conn, project_id=project_id, **named)

        job = (await run_in_transaction(self.pool, submit)).job_id
        done = "select result from job where id = $1 and finished_at is not null"
        row = await eventually(lambda: self.pool.fetchrow(done, job))
        assert row
        return row["result"]


@asynccontextmanager
async def opened(settings: Settings, pool: Pool, server: str) -> AsyncIterator[PlatformsProject]:
    """Run an API and a worker that may connect to this server."""
    mine = msgspec.structs.replace(settings, fetch_allow=urlsplit(server).netloc)
    served = create_app(mine)
    async with (
        hold_context(served.lifespan()),
        open_caller(served, pool, "Acme", tier="partner") as acme,
        client_of(served) as browser,
        at_work(mine, pool, TASKS),
    ):
        await pool.execute("update api_key set return_origins = $1", [ORIGIN])
        yield PlatformsProject(served, acme, browser, pool, await new_project(acme))


@pytest_asyncio.fixture
async def project(settings: Settings, pool: Pool, instance: Instance) -> AsyncIterator[PlatformsProject]:
    async with opened(settings, pool, instance.base) as found:
        yield found


@pytest_asyncio.fixture
async def bluesky(settings: Settings, pool: Pool, pds: Pds) -> AsyncIterator[PlatformsProject]:
    async with opened(settings, pool, pds.base) as found:
        yield found


async def test_account_is_connected_and_reconnected(project: PlatformsProject, instance: Instance) -> None:
    host = f"localhost:{instance.port}"
    asked = {"platform": "mastodon", "instance": host, "returnUrl": BACK}
    made = await project.post("social/oauth-url", **asked)
    assert await project.let_in(instance, made) == "connected"
    body = (await project.acme.http.get(f"/v1/social/oauth-status/{made['state']}")).json()
    account = await project.account(body["socialAccountId"])
    assert (account["status"], account["handle"].partition("@")[2]) == ("connected", host)
    again = await project.post("social/reauth-url", socialAccountId=account["socialAccountId"], returnUrl=BACK)
    assert await project.let_in(instance, again) == "connected"
    tokens = await project.tokens(account["socialAccountId"])
    assert tokens.generation == 2
    assert tokens.access_token not in await dump_database(project.pool)


async def test_refused_logins_connect_nothing(bluesky: PlatformsProject, pds: Pds) -> None:
    job = await bluesky.log_in(pds, pds.person(), "abcd-efgh-ijkl-mnop")
    assert (job["status"], job["error"]["code"]) == ("failed", "WRONG_PASSWORD")
    person = pds.person()
    pds.take_down(person)
    assert (await bluesky.log_in(pds, person))["status"] == "failed"
    assert await bluesky.pool.fetchval("select count(*) from social_account") == 0


async def test_an_app_password_connects_until_the_session_is_ended(bluesky: PlatformsProject, pds: Pds) -> None:
    person = pds.person()
    job = await bluesky.log_in(pds, person)
    assert (job["status"], job["error"]) == ("completed", None)
    account = job["result"]["socialAccountId"]
    shown = await bluesky.account(account)
    assert (shown["handle"], shown["status"]) == (person.handle, "connected")
    assert shown["tokenExpiresAt"] is not None
    kept, first = await dump_database(bluesky.pool), await bluesky.tokens(account)
    for secret in (person.app_password, first.access_token, str(first.refresh_token)):
        assert secret not in kept
    assert await bluesky.refreshed(account) == {"refreshed": True}
    second = await bluesky.tokens(account)
    assert (second.generation, second.refresh_token != first.refresh_token) == (2, True)
    pds.call("com.atproto.server.deleteSession", token=str(second.refresh_token))
    assert await bluesky.refreshed(account) == {"reauthRequired": "SESSION_ENDED"}
    assert (await bluesky.account(account))["status"] == "reauth_required"
    assert (await bluesky.log_in(pds, person))["result"]["socialAccountId"] == account
    assert (await bluesky.account(account))["status"] == "connected"
