"""Instagram's tokens: extended while they last, whether posts go out or not, and lost once they end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio

from db.pool import Conn, transact
from domain.accounts import accounts, credentials
from domain.accounts.credentials import Grant, Tokens
from jobs.kinds import REFRESH_TOKEN
from schemas.settings import Settings
from tests import seeds
from tests.peers.simulators.client import Sim
from tests.peers.simulators.faults import Fault
from tests.peers.simulators.instagram import Instagram
from tests.peers.simulators.instagram_oauth import CLIENT_ID, CLIENT_SECRET
from tests.peers.simulators.instagram_user import CALLBACK, DAY_S, long_lived
from tests.peers.simulators.serving import served
from tests.waiting import eventually
from tests.workers.dispatcher.test_dispatcher import dispatching
from tests.workers.runtime.workers import Workers, at_work
from workers.tasks import refresh_token

CALL = "GET /refresh_access_token"


@dataclass
class Project:
    """Ada's account, with a token that Instagram gave `days` ago by its own clock."""

    workers: Workers
    settings: Settings
    sim: Sim
    id: UUID
    account_id: UUID

    async def age(self, days: float) -> None:
        """The token is so old, for Instagram and for us."""
        await self.sim.advance(days * DAY_S)
        await self.workers.pool.execute(
            """update account_credential set rotated_at = now() - $1::interval,
                      expires_at = now() + $2::interval, refresh_at = now() + $3::interval""",
            timedelta(days=days),
            timedelta(days=60 - days),
            timedelta(days=50 - days),
        )

    async def refreshed(self) -> Any:
        """The job's row, once it has ended."""
        ids = {"project_id": self.id, "account_id": self.account_id}
        submit = await transact(
            self.workers.pool, lambda conn: credentials.refresh(conn, organization_id=self.workers.org, **ids)
        )
        async with at_work(self.settings, self.workers.pool, {REFRESH_TOKEN: refresh_token.open_task}):
            return await self.workers.ended(submit.job_id)

    async def tokens(self) -> Tokens:
        account = {"organization_id": self.workers.org, "account_id": self.account_id}
        async with self.workers.pool.acquire() as conn:
            return await credentials.open(conn, **account, keyring=seeds.VAULT)

    async def status(self) -> str:
        found: str = await self.workers.pool.fetchval("select status from social_account")
        return found

    async def due(self) -> int:
        async with self.workers.pool.acquire() as conn:
            return await credentials.refresh_due(conn)

    async def jobs(self) -> list[Any]:
        return await self.workers.pool.fetch("select * from job where kind = 'refresh_token' order by id")

    async def next_s(self) -> float:
        """Until it comes up again."""
        return float(
            await self.workers.pool.fetchval(
                "select extract(epoch from refresh_at - now())::float8 from account_credential"
            )
        )

    async def asked(self) -> int:
        return (await self.sim.requests()).get(CALL, 0)


@pytest_asyncio.fixture
async def project(workers: Workers) -> AsyncIterator[Project]:
    with served(Instagram(rate=0, redirect_uris=[CALLBACK])) as base:
        named = {"instagram_api_url": base, "fetch_allow": base.removeprefix("http://")}
        ours = {"instagram_client_id": CLIENT_ID, "instagram_client_secret": CLIENT_SECRET}
        settings = msgspec.structs.replace(workers.settings, **named, **ours)
        async with Sim(base) as sim, httpx.AsyncClient(base_url=base, trust_env=False) as person:
            made = await sim.account("ada")
            grant = Grant(access_token=await long_lived(sim, person), expires_at=datetime.now(UTC))
            async with workers.pool.acquire() as conn:
                project_id = await seeds.project(conn, workers.org)
                fields = {"platform": "instagram", "external_id": made["user_id"], "grant": grant}
                account_id = await seeds.account(conn, workers.org, project_id, **fields)
            yield Project(workers, settings, sim, project_id, account_id)


async def test_a_token_is_extended_for_another_sixty_days(project: Project) -> None:
    await project.age(50)
    before = await project.tokens()
    assert (await project.refreshed())["result"] == {"refreshed": True}
    after = await project.tokens()
    assert after.access_token != before.access_token
    assert (after.generation, after.refresh_token) == (before.generation + 1, None)
    assert after.expires_at is not None
    assert after.expires_at - datetime.now(UTC) > timedelta(days=59.9)
    assert 49.9 * DAY_S < await project.next_s() <= 50 * DAY_S


@pytest.mark.parametrize("days", [60, 61])
async def test_one_that_has_ended_needs_its_owner(project: Project, days: float) -> None:
    await project.age(days)
    assert (await project.refreshed())["result"] == {"reauthRequired": "TOKEN_ENDED"}
    assert await project.status() == "reauth_required"


@pytest.mark.parametrize("error", ["password_changed", "app_removed", "unknown_token", "session_invalidated"])
@pytest.mark.parametrize("days", [0.5, 50])
async def test_one_that_was_taken_back_needs_its_owner(project: Project, error: str, days: float) -> None:
    """A young one can't be extended, and is tried instead."""
    await project.age(days)
    await project.sim.call("POST", "/tokens", username="ada", error=error)
    assert (await project.refreshed())["state"] == "completed"
    assert await project.status() == "reauth_required"


async def test_a_young_one_that_does_is_kept(project: Project) -> None:
    await project.age(0.5)
    before = await project.tokens()
    assert (await project.refreshed())["result"] == {"refreshed": True}
    after = await project.tokens()
    assert (after.access_token, after.expires_at) == (before.access_token, before.expires_at)
    assert await project.asked() == 0
    assert await project.next_s() > 49 * DAY_S


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.REFUSE_500, Fault.ACCEPT_THEN_DROP])
@pytest.mark.parametrize("days", [0.5, 50])
@pytest.mark.long
async def test_what_the_network_loses_needs_nobody(project: Project, fault: Fault, days: float) -> None:
    await project.age(days)
    await project.sim.fault("refresh" if days > 1 else "me", fault)
    job = await project.refreshed()
    assert (job["state"], job["attempt"]) == ("completed", 2)
    assert await project.status() == "connected"


async def test_a_checkpoint_says_nothing_of_the_token(project: Project) -> None:
    await project.age(50)
    await project.sim.call("POST", "/tokens", username="ada", error="checkpoint")
    job = await project.refreshed()
    assert (job["state"], job["error"]["code"]) == ("failed", "ACCOUNT_CHECKPOINT")
    assert await project.status() == "connected"


async def test_one_that_is_due_is_refreshed_though_nobody_posts(project: Project) -> None:
    await project.age(50)
    assert await project.due() == 1
    (job,) = await project.jobs()
    assert (job["state"], job["project_id"]) == ("queued", project.id)
    assert await project.due() == 0
    assert await project.next_s() == pytest.approx(credentials.AGAIN_S, abs=60)


async def test_the_dispatcher_sees_to_it(project: Project) -> None:
    await project.age(50)
    work = at_work(project.settings, project.workers.pool, {REFRESH_TOKEN: refresh_token.open_task})
    async with dispatching(project.settings), work:

        async def extended() -> bool:
            return (await project.tokens()).generation == 2

        await eventually(extended)
    assert await project.asked() == 1


@pytest.mark.parametrize("days", [0, 49])
async def test_one_that_is_not_due_is_left_alone(project: Project, days: float) -> None:
    await project.age(days)
    assert await project.due() == 0
    assert await project.jobs() == []


async def test_one_of_today_is_left_alone_whatever_is_due(project: Project) -> None:
    """It would be refused."""
    await project.workers.pool.execute("update account_credential set refresh_at = now() - interval '1 day'")
    assert await project.due() == 0


async def test_one_whose_refresh_failed_comes_up_again(project: Project) -> None:
    await project.age(50)
    await project.due()
    await project.workers.pool.execute(
        "update job set state = 'failed', stage = 'failed', finished_at = now(), error = '{\"code\": \"X\"}'"
    )
    await project.workers.pool.execute("update account_credential set refresh_at = now()")
    assert await project.due() == 1
    assert len(await project.jobs()) == 2


async def test_ten_dispatchers_at_once_have_one_job(project: Project) -> None:
    await project.age(50)
    assert sum(await asyncio.gather(*(project.due() for _ in range(10)))) == 1
    assert len(await project.jobs()) == 1


async def test_one_that_waits_for_its_owner_is_not_asked_about(project: Project) -> None:
    await project.age(50)

    async def refuse(conn: Conn) -> None:
        named: dict[str, Any] = {"organization_id": project.workers.org, "account_id": project.account_id}
        await accounts.require_reauth(conn, **named, reason="TOKEN_REFUSED")

    await transact(project.workers.pool, refuse)
    assert await project.due() == 1
    assert await project.jobs() == []
    assert await project.due() == 0


async def test_a_platform_whose_tokens_need_no_extending_has_none_due(project: Project) -> None:
    async with project.workers.pool.acquire() as conn:
        await seeds.account(conn, project.workers.org, project.id)
    await project.workers.pool.execute("update account_credential set rotated_at = now() - interval '1 year'")
    assert await project.due() == 0
