"""Connecting accounts of third-party servers end to end: by link, consent page and code, or by password."""

from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from db.pool import Pool, run_in_transaction
from domain.accounts import credentials
from schemas import ids
from schemas.settings import Settings
from tests import seeds
from tests.api.accounts.conftest import TASKS
from tests.api.accounts.project import LinkedProject
from tests.api.participants import new_project, open_participants, status
from tests.dumps import dump_database
from tests.peers.bluesky_project import BlueskyProject
from tests.peers.mastodon_servers import Instance
from tests.workers.runtime.workers import at_work

pytestmark = pytest.mark.peers


async def let_in(project: LinkedProject, instance: Instance, made: dict[str, Any]) -> str:
    """Follow our link through the server's own pages; return the status of the redirect."""
    page = (await project.browser.get(made["authorizeUrl"])).headers["Location"]
    way_back = parse_qs(urlsplit(page).query)["redirect_uri"][0]
    asked = {"state": made["state"], "code": instance.code(page)}
    return status(await project.browser.get(way_back, params=asked), made["state"])


async def test_account_is_connected_and_reconnected(settings: Settings, pool: Pool, instance: Instance) -> None:
    host = urlsplit(instance.base).netloc
    mine = msgspec.structs.replace(settings, fetch_allow=host)
    async with open_participants(mine, pool) as participants, at_work(mine, pool, TASKS):
        project = LinkedProject(**vars(participants), id=await new_project(participants.acme))
        made = await project.post_link("oauth-url", platform="mastodon", instance=host)
        assert await let_in(project, instance, made) == "connected"
        [account] = await project.accounts()
        assert (await project.flow_status(made))["socialAccountId"] == account["socialAccountId"]
        assert (account["status"], account["handle"].partition("@")[2]) == ("connected", host)
        again = await project.post_link("reauth-url", socialAccountId=account["socialAccountId"])
        assert await let_in(project, instance, again) == "connected"
        named = {
            "organization_id": project.acme.organization_id,
            "account_id": seeds.parse_id(ids.ACCOUNT_ID_PREFIX, account["socialAccountId"]),
        }
        async with pool.acquire() as conn:
            tokens = await credentials.read_account_tokens(conn, **named, keyring=seeds.VAULT)
        assert tokens.generation == 2
        assert tokens.access_token not in await dump_database(pool)


async def test_refused_logins_connect_nothing(project: BlueskyProject) -> None:
    async with project.at_work():
        job = await project.log_in(appPassword="abcd-efgh-ijkl-mnop")
        assert (job["status"], job["error"]["code"]) == ("failed", "WRONG_PASSWORD")
        project.pds.take_down(project.person)
        assert (await project.log_in())["status"] == "failed"
    assert await project.workers.pool.fetchval("select count(*) from social_account") == 0


async def refreshed(project: BlueskyProject, account: str) -> Any:
    """Refresh the tokens; return the job's result."""
    submit = partial(
        credentials.submit_token_refresh,
        organization_id=project.acme.organization_id,
        project_id=seeds.parse_id(ids.PROJECT_ID_PREFIX, project.project_id),
        account_id=seeds.parse_id(ids.ACCOUNT_ID_PREFIX, account),
    )
    submitted = await run_in_transaction(project.workers.pool, submit)
    return (await project.workers.ended(submitted.job_id))["result"]


async def test_an_app_password_connects_until_the_session_is_ended(project: BlueskyProject) -> None:
    async with project.at_work():
        job = await project.log_in()
        assert (job["status"], job["error"]) == ("completed", None)
        account = job["result"]["socialAccountId"]
        path = f"/social-accounts/{account}"
        shown = await project.call("GET", path)
        assert (shown["handle"], shown["status"]) == (project.person.handle, "connected")
        assert shown["tokenExpiresAt"] is not None
        kept, first = await dump_database(project.workers.pool), await project.tokens(account)
        for secret in (project.person.app_password, first.access_token, str(first.refresh_token)):
            assert secret not in kept
        assert await refreshed(project, account) == {"refreshed": True}
        second = await project.tokens(account)
        assert (second.generation, second.refresh_token != first.refresh_token) == (2, True)
        project.pds.call("com.atproto.server.deleteSession", token=str(second.refresh_token))
        assert await refreshed(project, account) == {"reauthRequired": "SESSION_ENDED"}
        assert (await project.call("GET", path))["status"] == "reauth_required"
        assert await project.account() == account
        assert (await project.call("GET", path))["status"] == "connected"
