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
from tests.by_hand import Told
from tests.dumps import everything
from tests.peers.simulators import tiktok_user
from tests.peers.simulators.client import Sim
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok
from tests.social_servers import Fediverse, Pds
from tests.workers.accounts.place import BACK, Place
from tests.workers.runtime.crew import at_work
from workers.tasks import revoke_token

REVOKE, DELETE = "/oauth/revoke", "/xrpc/com.atproto.server.deleteSession"


async def job(place: Place) -> asyncpg.Record:
    """The one that revokes, as it is now."""
    (row,) = await place.crew.pool.fetch("select * from job where kind = 'revoke_token'")
    return row


async def ended(place: Place) -> asyncpg.Record:
    """And once it has ended: nothing secret is left of it."""
    row = await place.crew.ended((await job(place))["id"])
    assert await place.crew.pool.fetchval("select count(*) from job_secret") == 0
    return row


async def secrets(place: Place, account_id: UUID) -> set[str]:
    tokens = await place.tokens(account_id)
    return {token for token in (tokens.access_token, tokens.refresh_token) if token}


async def test_a_mastodon_token_is_revoked(place: Place, fediverse: Fediverse) -> None:
    await place.registered()
    account = await place.ada()
    assert len(fediverse.tokens) == 1
    await place.disconnect(account)
    async with place.at_work():
        assert (await ended(place))["result"] == {"revoked": True}
    assert fediverse.tokens == {}
    assert fediverse.count(REVOKE) == 1


async def test_a_bluesky_session_is_ended(place: Place, pds: Pds) -> None:
    account = await place.blogger()
    assert len(pds.sessions) == 1
    await place.disconnect(account)
    async with place.at_work():
        assert (await ended(place))["result"] == {"revoked": True}
    assert (pds.sessions, pds.count(DELETE)) == ({}, 1)


async def test_disconnecting_waits_for_no_platform(place: Place, pds: Pds) -> None:
    """The tokens move, sealed, from the account to the job."""
    account = await place.blogger()
    known = await secrets(place, account)
    await place.disconnect(account)
    assert pds.asked == []
    assert (await job(place))["args"] == {
        "platform": "bluesky",
        "service_url": pds.url,
        "external_id": pds.did("shop.example"),
    }
    assert await place.crew.pool.fetchval("select count(*) from account_credential") == 0
    assert await place.crew.pool.fetchval("select count(*) from job_secret") == 1
    kept = await everything(place.crew.pool)
    assert not any(token in kept for token in known)


async def test_letting_go_twice_revokes_once(place: Place, pds: Pds) -> None:
    account = await place.blogger()
    await asyncio.gather(*(place.disconnect(account) for _ in range(4)))
    async with place.at_work():
        await ended(place)
    assert pds.count(DELETE) == 1


@pytest.mark.parametrize("platform", ["bluesky", "mastodon"])
async def test_one_that_dies_after_the_platform_has_done_it_ends_all_the_same(
    place: Place, fediverse: Fediverse, pds: Pds, platform: str
) -> None:
    await place.registered()
    account = await (place.blogger() if platform == "bluesky" else place.ada())
    server, path = (pds, DELETE) if platform == "bluesky" else (fediverse, REVOKE)
    await place.disconnect(account)
    server.held[path] = asyncio.Event()
    async with place.at_work():
        job_id = (await job(place))["id"]
        await server.reached(path)
        await place.crew.take_away(job_id)
        await server.reached(path, times=2)
        server.held[path].set()
        assert (await ended(place))["state"] == "completed"
    assert (pds.sessions, fediverse.tokens) == ({}, {})


@pytest.mark.parametrize("told", [Told(503, {}), Told(429, {}, ("Retry-After: 0",))])
@pytest.mark.long
async def test_a_server_in_trouble_is_asked_again(place: Place, pds: Pds, told: Told) -> None:
    account = await place.blogger()
    pds.broken[DELETE] = [told]
    await place.disconnect(account)
    async with place.at_work():
        assert (await ended(place))["result"] == {"revoked": True}
    assert pds.count(DELETE) == 2


async def test_what_opens_nothing_any_more_is_left(place: Place, pds: Pds) -> None:
    account = await place.blogger(refresh_token="secret-old")
    await place.disconnect(account)
    async with place.at_work():
        assert (await ended(place))["result"] == {"revoked": False}


async def test_a_server_that_will_not_ends_it(place: Place, fediverse: Fediverse) -> None:
    await place.registered()
    account = await place.ada()
    fediverse.apps.clear()
    await place.disconnect(account)
    async with place.at_work():
        assert (await ended(place))["state"] == "failed"
    assert fediverse.count(REVOKE) == 1


async def test_it_is_given_up_after_some_tries(place: Place, pds: Pds) -> None:
    account = await place.blogger()
    pds.broken[DELETE] = [Told(503, {})] * 20
    await place.disconnect(account)
    await place.crew.pool.execute("update job set max_attempts = 2 where kind = 'revoke_token'")
    async with place.at_work():
        assert (await ended(place))["state"] == "failed"
    assert pds.count(DELETE) == 2


async def test_access_that_somebody_else_still_uses_is_not_taken(place: Place, fediverse: Fediverse) -> None:
    """To the server we are one application, whoever of our tenants the person came by."""
    await place.registered()
    account = await place.ada()
    async with place.crew.pool.acquire() as conn:
        org = await seeds.organization(conn)
        project_id = await seeds.project(conn, org)
        where = {"platform": "mastodon", "service_url": fediverse.url, "external_id": "101"}
        await seeds.account(conn, org, project_id, **where)
    await place.disconnect(account)
    async with place.at_work():
        assert (await ended(place))["result"] == {"revoked": False}
    assert fediverse.count(REVOKE) == 0


async def test_one_that_was_let_in_again_meanwhile_stays(place: Place, fediverse: Fediverse) -> None:
    await place.registered()
    await place.disconnect(await place.ada())
    again = await place.ada()
    async with place.at_work():
        assert (await ended(place))["result"] == {"revoked": False}
    assert (await place.tokens(again)).access_token in fediverse.tokens


async def disconnected(place: Place, **fields: str) -> int:
    """How many jobs revoke what opened such an account."""
    async with place.crew.pool.acquire() as conn:
        account = await seeds.account(conn, place.crew.org, place.project_id, **fields)
    await place.disconnect(account)
    return int(await place.crew.pool.fetchval("select count(*) from job where kind = 'revoke_token'"))


async def test_instagram_has_no_call_for_it(place: Place) -> None:
    assert await disconnected(place, platform="instagram") == 0


async def test_a_sandbox_has_nothing_to_give_back(place: Place) -> None:
    sandbox = await place.crew.pool.fetchval("select id from organization where env = 'test'")
    async with place.crew.pool.acquire() as conn:
        project_id = await seeds.project(conn, sandbox)
        account = await seeds.account(conn, sandbox, project_id)
    named = {"organization_id": sandbox, "account_id": account, "api_key_id": None}
    await transact(place.crew.pool, lambda conn: connect.disconnect(conn, **named, keyring=seeds.VAULT))
    assert await place.crew.pool.fetchval("select count(*) from job") == 0


async def test_an_account_without_its_own_credential_gives_nothing_back(place: Place) -> None:
    """A leased one is opened by its owner's."""
    account = await place.blogger()
    await place.crew.pool.execute("delete from account_credential")
    await place.disconnect(account)
    assert await place.crew.pool.fetchval("select count(*) from job") == 0


@pytest.mark.parametrize("days", [0, 2])
async def test_tiktoks_access_is_revoked(place: Place, days: int) -> None:
    """An access token that has ended is refreshed for it."""
    with served(TikTok(rate=0, redirect_uris=[tiktok_user.CALLBACK])) as base:
        async with Sim(base) as sim, httpx.AsyncClient(base_url=base, trust_env=False) as http:
            await sim.account("ada")
            user = await tiktok_user.connected(sim, http)
            grant = Grant(access_token=user.access, refresh_token=user.refresh, redirect_uri=BACK)
            account = await place.connected(Found("tiktok", base, "ada", "ada", None, {}), grant)
            await sim.advance(days * tiktok_user.DAY_S)
            if days:
                await place.crew.pool.execute("update account_credential set expires_at = now()")
            await place.disconnect(account)
            ours = {f"tiktok_{name}": value for name, value in tiktok_user.CLIENT.items()}
            named = {"tiktok_api_url": base, "fetch_allow": base.removeprefix("http://")}
            settings = msgspec.structs.replace(place.crew.settings, **ours, **named)
            async with at_work(settings, place.crew.pool, {REVOKE_TOKEN: revoke_token.open_task}):
                assert (await ended(place))["result"] == {"revoked": True}
            refused = await tiktok_user.refresh(http, user.refresh)
            assert refused.json()["error"] == "invalid_grant"
