"""Token refresh: one call for any number of requests, none too late, and what only an owner can solve."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.accounts import credentials
from tests.http_server import HttpResponse
from tests.leasing import actions
from tests.social_servers import REFUSED, UNKNOWN_CLIENT, Fediverse, LoopbackPds
from tests.workers.accounts.project import ConnectingProject

REFRESH = "/xrpc/com.atproto.server.refreshSession"
WHO = "/api/v1/accounts/verify_credentials"


async def test_ten_concurrent_refreshes_make_one_call(project: ConnectingProject, pds: LoopbackPds) -> None:
    """The session goes on with its next pair of tokens."""
    account = await project.blogger()
    before = await project.tokens(account)
    jobs = await asyncio.gather(*(project.refresh(account) for _ in range(10)))
    job = await project.refreshed(account)
    assert {*jobs} == {job["id"]}
    assert pds.count(REFRESH) == 1
    assert await project.status(account) == "connected"
    after = await project.tokens(account)
    assert (job["state"], job["result"]) == ("completed", {"refreshed": True})
    assert (before.generation, after.generation) == (1, 2)
    assert after.refresh_token in pds.sessions
    assert after.expires_at is not None
    assert abs(after.expires_at - datetime.now(UTC) - pds.lasts) < timedelta(minutes=1)


async def test_a_rotated_token_replaces_the_old_one(project: ConnectingProject, fediverse: Fediverse) -> None:
    fediverse.expires_in = 3600
    account = await project.ada()
    for _ in range(2):
        assert (await project.refreshed(account))["result"] == {"refreshed": True}
    tokens = await project.tokens(account)
    assert (tokens.generation, tokens.refresh_token) == (3, next(iter(fediverse.refreshes)))
    assert tokens.access_token in fediverse.tokens


@pytest.mark.parametrize("life_s", [0, -7200, 10**30])
async def test_a_new_token_that_is_already_expired_is_still_used(
    project: ConnectingProject, fediverse: Fediverse, pds: LoopbackPds, life_s: int
) -> None:
    """Otherwise a post that waits for it would request refreshes in a tight loop."""
    fediverse.expires_in, pds.lasts = life_s, timedelta(seconds=min(life_s, 0))
    fediverse.refreshes["secret-lasting"] = "ada"
    for account in (await project.ada(refresh_token="secret-lasting"), await project.blogger()):
        assert (await project.refreshed(account))["result"] == {"refreshed": True}
        ends = (await project.tokens(account)).expires_at
        assert ends is not None
        assert ends > datetime.now(UTC) + credentials.TOKEN_REFRESH_MARGIN


async def test_the_old_refresh_token_stays_if_the_response_has_none(
    project: ConnectingProject, fediverse: Fediverse
) -> None:
    fediverse.refreshes["secret-lasting"] = "ada"
    account = await project.ada(refresh_token="secret-lasting")
    await project.refreshed(account)
    tokens = await project.tokens(account)
    assert (tokens.refresh_token, tokens.generation, tokens.expires_at) == ("secret-lasting", 2, None)


@pytest.mark.parametrize("error", ["ExpiredToken", "InvalidToken"])
async def test_an_ended_session_requires_a_reconnection(
    project: ConnectingProject, pds: LoopbackPds, error: str
) -> None:
    account = await project.blogger()
    pds.broken[REFRESH] = [HttpResponse(400, {"error": error})]
    job = await project.refreshed(account)
    assert (job["state"], job["result"]) == ("completed", {"reauthRequired": "SESSION_ENDED"})
    assert await project.status(account) == "reauth_required"
    assert (await project.refreshed(account))["result"] in (None, {})
    assert pds.count(REFRESH) == 1
    async with project.workers.pool.acquire() as conn:
        told = await actions(conn, project.workers.org)
    assert told[-2:] == ["social_account.connected", "social_account.reauth_required"]


@pytest.mark.parametrize("told", [REFUSED, UNKNOWN_CLIENT])
async def test_a_revoked_grant_requires_a_reconnection(
    project: ConnectingProject, fediverse: Fediverse, told: HttpResponse
) -> None:
    fediverse.expires_in = 3600
    account = await project.ada()
    fediverse.broken["/oauth/token"] = [told]
    await project.refreshed(account)
    assert await project.status(account) == "reauth_required"


async def test_a_token_without_a_refresh_token_is_tested(project: ConnectingProject, fediverse: Fediverse) -> None:
    for told, status in (
        (HttpResponse(401, {"error": "The access token is invalid"}), "reauth_required"),
        (HttpResponse(422, {}), "reauth_required"),
        (HttpResponse(200, {"id": "101", "username": "ada"}), "connected"),
    ):
        account = await project.ada()
        fediverse.broken[WHO] = [told]
        assert (await project.refreshed(account))["state"] == "completed"
        assert await project.status(account) == status


@pytest.mark.parametrize(
    "told", [HttpResponse(503, {}), HttpResponse(429, {}, ("Retry-After: 0",)), HttpResponse(200, {"no": 1})]
)
@pytest.mark.long
async def test_a_failing_server_requires_no_reconnection(
    project: ConnectingProject, pds: LoopbackPds, told: HttpResponse
) -> None:
    account = await project.blogger()
    pds.broken[REFRESH] = [told]
    job = await project.refreshed(account)
    assert (job["state"], await project.status(account)) == ("completed", "connected")
    assert pds.count(REFRESH) == 2


async def test_a_suspended_account_keeps_its_tokens(project: ConnectingProject, pds: LoopbackPds) -> None:
    account = await project.blogger()
    pds.broken[REFRESH] = [HttpResponse(401, {"error": "AccountTakedown"})]
    job = await project.refreshed(account)
    assert (job["state"], job["error"]["code"]) == ("failed", "ACCOUNT_SUSPENDED")
    assert await project.status(account) == "connected"
    waits = "select cooldown_until > now() + interval '9 minutes' from social_account"
    assert await project.workers.pool.fetchval(waits)


@pytest.mark.parametrize("late", [None, HttpResponse(400, {"error": "ExpiredToken"})])
async def test_a_late_refresh_does_not_overwrite_a_new_connection(
    project: ConnectingProject, pds: LoopbackPds, late: HttpResponse | None
) -> None:
    account = await project.blogger()
    pds.held[REFRESH] = asyncio.Event()
    pds.broken |= {REFRESH: [late]} if late else {}
    async with project.at_work():
        job = await project.refresh(account)
        await pds.reached(REFRESH)
        assert await project.blogger() == account
        newer = await project.tokens(account)
        pds.held[REFRESH].set()
        await project.workers.ended(job)
    assert await project.tokens(account) == newer
    assert await project.status(account) == "connected"


async def test_a_disconnected_account_makes_no_call(project: ConnectingProject, pds: LoopbackPds) -> None:
    account = await project.blogger()
    await project.disconnect(account)
    assert (await project.refreshed(account))["state"] == "completed"
    assert pds.count(REFRESH) == 0
