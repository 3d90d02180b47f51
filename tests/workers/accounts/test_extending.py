"""Instagram's tokens: extended while they last, with or without posts, and lost once they end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from db.pool import run_in_transaction
from domain.accounts import accounts, credentials
from domain.accounts.credentials import AccountTokens, TokenGrant
from tests import seeds
from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.instagram import Instagram
from tests.peers.simulators.instagram_oauth import CLIENT_ID, CLIENT_SECRET
from tests.peers.simulators.instagram_user import CALLBACK, DAY_S, long_lived
from tests.peers.simulators.serving import served
from tests.waiting import eventually
from tests.workers.accounts.project import ConnectingProject
from tests.workers.dispatcher.test_dispatcher import run_dispatcher
from tests.workers.runtime.workers import Workers

CALL = "GET /refresh_access_token"


@dataclass
class InstagramTokenAccount:
    """Ada's account with an Instagram token; `settings` point to the simulator."""

    project: ConnectingProject
    settings: dict[str, str]
    sim: Sim
    id: UUID

    @property
    def workers(self) -> Workers:
        return self.project.workers

    async def age(self, days: float) -> None:
        """Make the token this old, for Instagram and in the database."""
        await self.sim.advance(days * DAY_S)
        await self.workers.pool.execute(
            """update account_credential set rotated_at = now() - $1::interval,
                      expires_at = now() + $2::interval, refresh_at = now() + $3::interval""",
            timedelta(days=days),
            timedelta(days=60 - days),
            timedelta(days=50 - days),
        )

    async def refreshed(self) -> Any:
        return await self.project.refreshed(self.id, **self.settings)

    async def tokens(self) -> AccountTokens:
        return await self.project.tokens(self.id)

    async def status(self) -> str:
        return await self.project.status(self.id)

    async def due(self) -> int:
        async with self.workers.pool.acquire() as conn:
            return await credentials.submit_due_token_refreshes(conn)

    async def next_s(self) -> float:
        """Return the seconds until its next refresh."""
        left = "select extract(epoch from refresh_at - now())::float8 from account_credential"
        return float(await self.workers.pool.fetchval(left))

    async def asked(self) -> int:
        return (await self.sim.requests()).get(CALL, 0)


@pytest_asyncio.fixture
async def account(project: ConnectingProject) -> AsyncIterator[InstagramTokenAccount]:
    with served(Instagram(rate=0, redirect_uris=[CALLBACK])) as base:
        settings = {"instagram_api_url": base, "fetch_allow": base.removeprefix("http://")}
        settings |= {"instagram_client_id": CLIENT_ID, "instagram_client_secret": CLIENT_SECRET}
        async with Sim(base) as sim, visiting(base) as person:
            made = await sim.account("ada")
            grant = TokenGrant(access_token=await long_lived(sim, person), expires_at=datetime.now(UTC))
            fields: dict[str, Any] = {"platform": "instagram", "external_id": made["user_id"], "grant": grant}
            async with project.workers.pool.acquire() as conn:
                account_id = await seeds.account(conn, project.workers.org, project.id, **fields)
            yield InstagramTokenAccount(project, settings, sim, account_id)


async def test_a_token_is_extended_for_another_sixty_days(account: InstagramTokenAccount) -> None:
    await account.age(50)
    before = await account.tokens()
    assert (await account.refreshed())["result"] == {"refreshed": True}
    after = await account.tokens()
    assert after.access_token != before.access_token
    assert (after.generation, after.refresh_token) == (before.generation + 1, None)
    assert after.expires_at is not None
    assert after.expires_at - datetime.now(UTC) > timedelta(days=59.9)
    assert 49.9 * DAY_S < await account.next_s() <= 50 * DAY_S


@pytest.mark.parametrize("days", [60, 61])
async def test_an_expired_token_requires_a_reconnection(account: InstagramTokenAccount, days: float) -> None:
    await account.age(days)
    assert (await account.refreshed())["result"] == {"reauthRequired": "TOKEN_ENDED"}
    assert await account.status() == "reauth_required"


@pytest.mark.parametrize("days", [0.5, 50])
async def test_a_revoked_token_requires_a_reconnection(account: InstagramTokenAccount, days: float) -> None:
    """A young token can't be extended, so it is tested instead."""
    await account.age(days)
    for error in ("password_changed", "app_removed", "unknown_token", "session_invalidated"):
        await account.sim.call("POST", "/tokens", username="ada", error=error)
        await account.workers.pool.execute("update social_account set status = 'connected'")
        assert (await account.refreshed())["state"] == "completed"
        assert await account.status() == "reauth_required", error


async def test_a_young_token_that_works_is_kept(account: InstagramTokenAccount) -> None:
    await account.age(0.5)
    before = await account.tokens()
    assert (await account.refreshed())["result"] == {"refreshed": True}
    after = await account.tokens()
    assert (after.access_token, after.expires_at) == (before.access_token, before.expires_at)
    assert await account.asked() == 0
    assert await account.next_s() > 49 * DAY_S


@pytest.mark.parametrize("fault", [SimFault.DROP_BEFORE, SimFault.REFUSE_500, SimFault.ACCEPT_THEN_DROP])
@pytest.mark.parametrize("days", [0.5, 50])
@pytest.mark.long
async def test_a_network_fault_requires_no_reconnection(
    account: InstagramTokenAccount, fault: SimFault, days: float
) -> None:
    await account.age(days)
    await account.sim.fault("refresh" if days > 1 else "me", fault)
    job = await account.refreshed()
    assert (job["state"], job["attempt"]) == ("completed", 2)
    assert await account.status() == "connected"


async def test_a_checkpoint_keeps_the_token(account: InstagramTokenAccount) -> None:
    await account.age(50)
    await account.sim.call("POST", "/tokens", username="ada", error="checkpoint")
    job = await account.refreshed()
    assert (job["state"], job["error"]["code"]) == ("failed", "ACCOUNT_CHECKPOINT")
    assert await account.status() == "connected"


async def test_the_dispatcher_extends_tokens_without_posts(account: InstagramTokenAccount) -> None:
    await account.age(50)
    settings = msgspec.structs.replace(account.workers.settings, **account.settings)
    async with run_dispatcher(settings), account.project.at_work(**account.settings):

        async def extended() -> bool:
            return (await account.tokens()).generation == 2

        await eventually(extended)
    assert await account.asked() == 1


async def test_ten_concurrent_dispatchers_submit_one_job(account: InstagramTokenAccount) -> None:
    await account.age(50)
    assert sum(await asyncio.gather(*(account.due() for _ in range(10)))) == 1
    (job,) = await account.workers.pool.fetch("select * from job")
    found = (job["kind"], job["state"], job["project_id"])
    assert found == ("refresh_token", "queued", account.project.id)
    assert await account.due() == 0
    assert await account.next_s() == pytest.approx(credentials.TOKEN_REFRESH_RETRY_S, abs=60)
    await account.workers.pool.execute(
        "update job set state = 'failed', stage = 'failed', finished_at = now(), error = '{\"code\": \"X\"}'"
    )
    await account.workers.pool.execute("update account_credential set refresh_at = now()")
    assert (await account.due(), await account.project.count("job")) == (1, 2)


async def test_tokens_not_due_of_today_or_of_other_platforms_are_not_extended(account: InstagramTokenAccount) -> None:
    """Instagram would refuse to extend a token of today."""
    for days in (49, 0):
        await account.age(days)
        assert await account.due() == 0
    await account.workers.pool.execute("update account_credential set refresh_at = now()")
    assert await account.due() == 0
    await account.workers.pool.execute("delete from account_credential")
    async with account.workers.pool.acquire() as conn:
        await seeds.account(conn, account.workers.org, account.project.id)
    await account.workers.pool.execute("update account_credential set rotated_at = now() - interval '1 year'")
    assert (await account.due(), await account.project.count("job")) == (0, 0)


async def test_a_token_of_an_account_to_reconnect_is_not_refreshed(account: InstagramTokenAccount) -> None:
    await account.age(50)
    need = partial(accounts.mark_account_for_reauth, organization_id=account.workers.org, account_id=account.id)
    await run_in_transaction(account.workers.pool, partial(need, reason="TOKEN_REFUSED"))
    assert (await account.due(), await account.project.count("job")) == (1, 0)
    assert await account.due() == 0
