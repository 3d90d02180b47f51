"""Giving access back when an account is disconnected: once, by a job, for nobody but whoever let it go."""

import asyncio
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from db.pool import transact
from domain.accounts.accounts import Found
from domain.accounts.credentials import Grant
from domain.connecting import connect
from jobs.kinds import REVOKE_TOKEN
from tests import seeds
from tests.dumps import everything
from tests.http_server import Told
from tests.peers.simulators import tiktok_user
from tests.peers.simulators.client import Sim
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok
from tests.social_servers import Fediverse, Pds
from tests.workers.accounts.project import BACK, Project
from tests.workers.runtime.workers import at_work
from workers.tasks import revoke_token

REVOKE, DELETE = "/oauth/revoke", "/xrpc/com.atproto.server.deleteSession"


async def job(project: Project) -> asyncpg.Record:
    """The one that revokes, as it is now."""
    (row,) = await project.workers.pool.fetch("select * from job where kind = 'revoke_token'")
    return row


async def ended(project: Project) -> asyncpg.Record:
    """And once it has ended: nothing secret is left of it."""
    row = await project.workers.ended((await job(project))["id"])
    assert await project.workers.pool.fetchval("select count(*) from job_secret") == 0
    return row


async def secrets(project: Project, account_id: UUID) -> set[str]:
    tokens = await project.tokens(account_id)
    return {token for token in (tokens.access_token, tokens.refresh_token) if token}


async def test_a_mastodon_token_is_revoked(project: Project, fediverse: Fediverse) -> None:
    await project.registered()
    account = await project.ada()
    assert len(fediverse.tokens) == 1
    await project.disconnect(account)
    async with project.at_work():
        assert (await ended(project))["result"] == {"revoked": True}
    assert fediverse.tokens == {}
    assert fediverse.count(REVOKE) == 1


async def test_a_bluesky_session_is_ended(project: Project, pds: Pds) -> None:
    account = await project.blogger()
    assert len(pds.sessions) == 1
    await project.disconnect(account)
    async with project.at_work():
        assert (await ended(project))["result"] == {"revoked": True}
    assert (pds.sessions, pds.count(DELETE)) == ({}, 1)


async def test_disconnecting_waits_for_no_platform(project: Project, pds: Pds) -> None:
    """The tokens move, sealed, from the account to the job."""
    account = await project.blogger()
    known = await secrets(project, account)
    await project.disconnect(account)
    assert pds.asked == []
    assert (await job(project))["args"] == {
        "platform": "bluesky",
        "service_url": pds.url,
        "external_id": pds.did("shop.example"),
    }
    assert await project.workers.pool.fetchval("select count(*) from account_credential") == 0
    assert await project.workers.pool.fetchval("select count(*) from job_secret") == 1
    kept = await everything(project.workers.pool)
    assert not any(token in kept for token in known)


async def test_letting_go_twice_revokes_once(project: Project, pds: Pds) -> None:
    account = await project.blogger()
    await asyncio.gather(*(project.disconnect(account) for _ in range(4)))
    async with project.at_work():
        await ended(project)
    assert pds.count(DELETE) == 1


@pytest.mark.parametrize("platform", ["bluesky", "mastodon"])
async def test_one_that_dies_after_the_platform_has_done_it_ends_all_the_same(
    project: Project, fediverse: Fediverse, pds: Pds, platform: str
) -> None:
    await project.registered()
    account = await (project.blogger() if platform == "bluesky" else project.ada())
    server, path = (pds, DELETE) if platform == "bluesky" else (fediverse, REVOKE)
    await project.disconnect(account)
    server.held[path] = asyncio.Event()
    async with project.at_work():
        job_id = (await job(project))["id"]
        await server.reached(path)
        await project.workers.take_away(job_id)
        await server.reached(path, times=2)
        server.held[path].set()
        assert (await ended(project))["state"] == "completed"
    assert (pds.sessions, fediverse.tokens) == ({}, {})


@pytest.mark.parametrize("told", [Told(503, {}), Told(429, {}, ("Retry-After: 0",))])
@pytest.mark.long
async def test_a_server_in_trouble_is_asked_again(project: Project, pds: Pds, told: Told) -> None:
    account = await project.blogger()
    pds.broken[DELETE] = [told]
    await project.disconnect(account)
    async with project.at_work():
        assert (await ended(project))["result"] == {"revoked": True}
    assert pds.count(DELETE) == 2


async def test_what_opens_nothing_any_more_is_left(project: Project, pds: Pds) -> None:
    account = await project.blogger(refresh_token="secret-old")
    await project.disconnect(account)
    async with project.at_work():
        assert (await ended(project))["result"] == {"revoked": False}


async def test_a_server_that_will_not_ends_it(project: Project, fediverse: Fediverse) -> None:
    await project.registered()
    account = await project.ada()
    fediverse.apps.clear()
    await project.disconnect(account)
    async with project.at_work():
        assert (await ended(project))["state"] == "failed"
    assert fediverse.count(REVOKE) == 1


async def test_it_is_given_up_after_some_tries(project: Project, pds: Pds) -> None:
    account = await project.blogger()
    pds.broken[DELETE] = [Told(503, {})] * 20
    await project.disconnect(account)
    await project.workers.pool.execute("update job set max_attempts = 2 where kind = 'revoke_token'")
    async with project.at_work():
        assert (await ended(project))["state"] == "failed"
    assert pds.count(DELETE) == 2


async def test_access_that_somebody_else_still_uses_is_not_taken(
    project: Project, fediverse: Fediverse
) -> None:
    """To the server we are one application, whoever of our tenants the person came by."""
    await project.registered()
    account = await project.ada()
    async with project.workers.pool.acquire() as conn:
        org = await seeds.organization(conn)
        project_id = await seeds.project(conn, org)
        where = {"platform": "mastodon", "service_url": fediverse.url, "external_id": "101"}
        await seeds.account(conn, org, project_id, **where)
    await project.disconnect(account)
    async with project.at_work():
        assert (await ended(project))["result"] == {"revoked": False}
    assert fediverse.count(REVOKE) == 0


async def test_one_that_was_let_in_again_meanwhile_stays(project: Project, fediverse: Fediverse) -> None:
    await project.registered()
    await project.disconnect(await project.ada())
    again = await project.ada()
    async with project.at_work():
        assert (await ended(project))["result"] == {"revoked": False}
    assert (await project.tokens(again)).access_token in fediverse.tokens


async def disconnected(project: Project, **fields: str) -> int:
    """How many jobs revoke what opened such an account."""
    async with project.workers.pool.acquire() as conn:
        account = await seeds.account(conn, project.workers.org, project.id, **fields)
    await project.disconnect(account)
    return int(await project.workers.pool.fetchval("select count(*) from job where kind = 'revoke_token'"))


async def test_instagram_has_no_call_for_it(project: Project) -> None:
    assert await disconnected(project, platform="instagram") == 0


async def test_a_sandbox_has_nothing_to_give_back(project: Project) -> None:
    sandbox = await project.workers.pool.fetchval("select id from organization where env = 'test'")
    async with project.workers.pool.acquire() as conn:
        project_id = await seeds.project(conn, sandbox)
        account = await seeds.account(conn, sandbox, project_id)
    named = {"organization_id": sandbox, "account_id": account, "api_key_id": None}
    await transact(project.workers.pool, lambda conn: connect.disconnect(conn, **named, keyring=seeds.VAULT))
    assert await project.workers.pool.fetchval("select count(*) from job") == 0


async def test_an_account_without_its_own_credential_gives_nothing_back(project: Project) -> None:
    """A leased one is opened by its owner's."""
    account = await project.blogger()
    await project.workers.pool.execute("delete from account_credential")
    await project.disconnect(account)
    assert await project.workers.pool.fetchval("select count(*) from job") == 0


@pytest.mark.parametrize("days", [0, 2])
async def test_tiktoks_access_is_revoked(project: Project, days: int) -> None:
    """An access token that has ended is refreshed for it."""
    with served(TikTok(rate=0, redirect_uris=[tiktok_user.CALLBACK])) as base:
        async with Sim(base) as sim, httpx.AsyncClient(base_url=base, trust_env=False) as http:
            await sim.account("ada")
            user = await tiktok_user.connected(sim, http)
            grant = Grant(access_token=user.access, refresh_token=user.refresh, redirect_uri=BACK)
            account = await project.connected(Found("tiktok", base, "ada", "ada", None, {}), grant)
            await sim.advance(days * tiktok_user.DAY_S)
            if days:
                await project.workers.pool.execute("update account_credential set expires_at = now()")
            await project.disconnect(account)
            ours = {f"tiktok_{name}": value for name, value in tiktok_user.CLIENT.items()}
            named = {"tiktok_api_url": base, "fetch_allow": base.removeprefix("http://")}
            settings = msgspec.structs.replace(project.workers.settings, **ours, **named)
            async with at_work(settings, project.workers.pool, {REVOKE_TOKEN: revoke_token.open_task}):
                assert (await ended(project))["result"] == {"revoked": True}
            refused = await tiktok_user.refresh(http, user.refresh)
            assert refused.json()["error"] == "invalid_grant"
