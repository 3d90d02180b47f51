"""Revocation of a disconnected account's tokens: once, by a job, and only if no other account uses them."""

import asyncio
from typing import Any

import pytest

from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import TokenGrant
from tests import seeds
from tests.dumps import dump_database
from tests.http_server import HttpResponse
from tests.peers.simulators import tiktok_user
from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok
from tests.social_servers import Fediverse, LoopbackPds
from tests.workers.accounts.project import BACK, ConnectingProject

REVOKE, DELETE = "/oauth/revoke", "/xrpc/com.atproto.server.deleteSession"


async def test_disconnecting_waits_for_no_platform(project: ConnectingProject, pds: LoopbackPds) -> None:
    """The sealed tokens move from the account to the job."""
    account = await project.blogger()
    tokens = await project.tokens(account)
    await project.disconnect(account)
    assert pds.asked == []
    assert (await project.revoking())["args"] == {
        "platform": "bluesky",
        "service_url": pds.url,
        "external_id": pds.did("shop.example"),
    }
    assert (await project.count("account_credential"), await project.count("job_secret")) == (0, 1)
    kept = await dump_database(project.workers.pool)
    assert tokens.access_token not in kept
    assert tokens.refresh_token
    assert tokens.refresh_token not in kept


async def test_disconnecting_twice_revokes_once(project: ConnectingProject, pds: LoopbackPds) -> None:
    account = await project.blogger()
    await asyncio.gather(*(project.disconnect(account) for _ in range(4)))
    await project.revoked(account)
    assert pds.count(DELETE) == 1


@pytest.mark.parametrize("dies", [False, True])
@pytest.mark.parametrize("platform", ["bluesky", "mastodon"])
async def test_a_job_that_dies_after_the_revocation_ends_as_revoked(
    project: ConnectingProject, fediverse: Fediverse, pds: LoopbackPds, platform: str, *, dies: bool
) -> None:
    account = await (project.blogger() if platform == "bluesky" else project.ada())
    server, path = (pds, DELETE) if platform == "bluesky" else (fediverse, REVOKE)
    assert len(pds.sessions) + len(fediverse.tokens) == 1
    await project.disconnect(account)
    server.held[path] = asyncio.Event()
    async with project.at_work():
        job_id = (await project.revoking())["id"]
        await server.reached(path)
        if dies:
            await project.workers.return_to_line(job_id)
            await server.reached(path, times=2)
        server.held[path].set()
        job = await project.workers.ended(job_id)
    assert job["state"] == "completed"
    assert dies or job["result"] == {"revoked": True}
    assert (pds.sessions, fediverse.tokens, await project.count("job_secret")) == ({}, {}, 0)
    assert server.count(path) == 1 + dies


@pytest.mark.parametrize("told", [HttpResponse(503, {}), HttpResponse(429, {}, ("Retry-After: 0",))])
@pytest.mark.long
async def test_a_failing_server_is_retried(project: ConnectingProject, pds: LoopbackPds, told: HttpResponse) -> None:
    account = await project.blogger()
    pds.broken[DELETE] = [told]
    assert (await project.revoked(account))["result"] == {"revoked": True}
    assert pds.count(DELETE) == 2


async def test_a_dead_token_is_not_revoked(project: ConnectingProject) -> None:
    account = await project.blogger(refresh_token="secret-old")
    assert (await project.revoked(account))["result"] == {"revoked": False}


async def test_a_refusal_ends_the_revocation(project: ConnectingProject, fediverse: Fediverse) -> None:
    account = await project.ada()
    fediverse.apps.clear()
    assert (await project.revoked(account))["state"] == "failed"
    assert fediverse.count(REVOKE) == 1


async def test_the_revocation_fails_after_its_last_attempt(project: ConnectingProject, pds: LoopbackPds) -> None:
    account = await project.blogger()
    pds.broken[DELETE] = [HttpResponse(503, {})] * 20
    await project.disconnect(account)
    await project.workers.pool.execute("update job set max_attempts = 2 where kind = 'revoke_token'")
    assert (await project.revoked(account))["state"] == "failed"
    assert pds.count(DELETE) == 2


async def test_access_shared_with_another_account_is_not_revoked(
    project: ConnectingProject, fediverse: Fediverse
) -> None:
    """For the server all tenants are one application, so a person's consent to one covers the others."""
    account = await project.ada()
    async with project.workers.pool.acquire() as conn:
        org = await seeds.organization(conn)
        same: dict[str, Any] = {"platform": "mastodon", "service_url": fediverse.url, "external_id": "101"}
        await seeds.account(conn, org, await seeds.project(conn, org), **same)
    assert (await project.revoked(account))["result"] == {"revoked": False}
    assert fediverse.count(REVOKE) == 0


async def test_an_account_reconnected_meanwhile_keeps_its_access(
    project: ConnectingProject, fediverse: Fediverse
) -> None:
    account = await project.ada()
    await project.disconnect(account)
    again = await project.ada()
    assert (await project.revoked(account))["result"] == {"revoked": False}
    assert (await project.tokens(again)).access_token in fediverse.tokens


async def test_an_account_without_revocable_tokens_has_no_job(project: ConnectingProject) -> None:
    """Instagram has no call for it, a sandbox no platform, and a leased account its owner's credential."""
    sandbox = await project.workers.pool.fetchval("select id from organization where env = 'test'")
    async with project.workers.pool.acquire() as conn:
        instagram = await seeds.account(conn, project.workers.org, project.id, platform="instagram")
        pretended = await seeds.account(conn, sandbox, await seeds.project(conn, sandbox))
    await project.disconnect(instagram)
    await project.disconnect(pretended, org=sandbox)
    account = await project.blogger()
    await project.workers.pool.execute("delete from account_credential")
    await project.disconnect(account)
    assert await project.count("job") == 0


@pytest.mark.parametrize("days", [0, 2])
async def test_tiktoks_access_is_revoked(project: ConnectingProject, days: int) -> None:
    """An expired access token is refreshed for the revocation."""
    with served(TikTok(rate=0, redirect_uris=[tiktok_user.CALLBACK])) as base:
        async with Sim(base) as sim, visiting(base) as http:
            await sim.account("ada")
            user = await tiktok_user.connected(sim, http)
            grant = TokenGrant(access_token=user.access, refresh_token=user.refresh, redirect_uri=BACK)
            account = await project.connected(AccountIdentity("tiktok", base, "ada", "ada", None, {}), grant)
            await sim.advance(days * tiktok_user.DAY_S)
            if days:
                await project.workers.pool.execute("update account_credential set expires_at = now()")
            ours = {f"tiktok_{name}": value for name, value in tiktok_user.CLIENT.items()}
            named = {"tiktok_api_url": base, "fetch_allow": base.removeprefix("http://")}
            assert (await project.revoked(account, **ours, **named))["result"] == {"revoked": True}
            refused = await tiktok_user.refresh(http, user.refresh)
            assert refused.json()["error"] == "invalid_grant"
