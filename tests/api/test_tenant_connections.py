"""Connection quotas: one organization never gets the whole pool, and waiting ones take turns."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from api.http import paging
from api.http.requests import KEYLESS_CONNECTION_QUOTA_OWNER_ID
from api.limits import tenant_connections
from api.limits.tenant_connections import POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS, FairConnectionPool
from db.pool import Pool, open_postgres_pool
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from tests.api.conftest import ApiCaller
from tests.waiting import run_loop_iterations

ACME, RIVAL, THIRD = uuid4(), uuid4(), uuid4()
SHARED = 6


def build_connections(pool: Pool, shared: int = SHARED) -> FairConnectionPool:
    return FairConnectionPool(pool, size=shared + POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS)


async def test_organization_gets_at_most_half(pool: Pool) -> None:
    of = build_connections(pool).reserve_connection
    async with AsyncExitStack() as stack:
        for _ in range(SHARED // 2):
            await stack.enter_async_context(of(ACME))
        more = asyncio.create_task(stack.enter_async_context(of(ACME)))
        await run_loop_iterations()
        assert not more.done()
        async with of(RIVAL), of(RIVAL):
            assert not more.done()
        more.cancel()


async def test_waiting_organizations_take_turns(pool: Pool) -> None:
    of, order = build_connections(pool, shared=2).reserve_connection, list[UUID]()

    async def use(one: UUID) -> None:
        async with of(one):
            order.append(one)
            await run_loop_iterations()

    async with of(ACME), of(RIVAL):
        tasks = [asyncio.create_task(use(one)) for one in [ACME] * 5 + [RIVAL] * 2 + [THIRD]]
        await run_loop_iterations()
        assert order == []
    await asyncio.gather(*tasks)
    assert THIRD in order[:3]
    assert order.index(RIVAL) < 2


async def test_cancelation_loses_no_connection(pool: Pool) -> None:
    chance, created = random.Random(7), build_connections(pool, shared=4)
    held: Counter[UUID] = Counter()

    async def use(one: UUID) -> None:
        async with created.reserve_connection(one):
            held[one] += 1
            assert held[one] <= 2
            assert held.total() <= 4
            try:
                for _ in range(chance.randrange(3)):
                    await asyncio.sleep(0)
            finally:
                held[one] -= 1

    for _ in range(200):
        tasks = [asyncio.create_task(use(chance.choice((ACME, RIVAL, THIRD)))) for _ in range(12)]
        for _ in range(chance.randrange(6)):
            await asyncio.sleep(0)
        for task in chance.sample(tasks, 5):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with AsyncExitStack() as stack:
        for one in (ACME, ACME, RIVAL, RIVAL):
            await stack.enter_async_context(created.reserve_connection(one))


async def test_long_wait_is_refused_with_advice(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenant_connections, "MAX_DB_CONNECTION_WAIT_S", 0.01)
    of = build_connections(pool, shared=1).reserve_connection
    async with of(ACME):
        with pytest.raises(ServiceUnavailable, match="fewer at once"):
            async with of(ACME):
                pass
    async with of(ACME):
        pass


async def test_a_pool_of_any_size_serves(settings: Settings) -> None:
    for size in (1, 2, 3, 4):
        async with (
            open_postgres_pool(settings.database_url, name="test", size=size) as pool,
            FairConnectionPool(pool, size=size).acquire_connection(ACME) as conn,
        ):
            assert await conn.fetchval("select 1") == 1


async def test_other_organizations_are_served_next_to_a_busy_one(
    app: Litestar, acme: ApiCaller, rival: ApiCaller
) -> None:
    """Key look-ups and other organizations are served while one organization holds its maximum."""
    services = app.state.services
    async with AsyncExitStack() as stack:
        for _ in range((services.settings.pool_size - POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS) // 2):
            await stack.enter_async_context(services.connections.acquire_connection(acme.organization_id))
        waits = asyncio.create_task(acme.http.get("/v1/projects"))
        assert (await rival.http.get("/v1/projects")).status_code == 200
        assert not waits.done()
    assert (await waits).status_code == 200


async def test_callers_without_a_key_share_one_quota(app: Litestar, acme: ApiCaller) -> None:
    services = app.state.services
    path = f"/v1/social/callback/somebody?state={'a' * 43}&code=a"
    async with AsyncExitStack() as stack:
        for _ in range((services.settings.pool_size - POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS) // 2):
            await stack.enter_async_context(services.connections.acquire_connection(KEYLESS_CONNECTION_QUOTA_OWNER_ID))
        waits = [asyncio.create_task(acme.http.get(path)) for _ in range(20)]
        assert (await acme.http.get("/v1/projects")).status_code == 200
        assert not any(one.done() for one in waits)
    assert {(await one).status_code for one in waits} == {422}


async def test_a_list_that_takes_too_long_is_ended(
    acme: ApiCaller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("lock table project in access exclusive mode")
        with monkeypatch.context() as hurried:
            hurried.setattr(paging, "LIST_PAGE_READ_TIMEOUT_S", 0.05)
            answer: httpx.Response = await acme.http.get("/v1/projects?search=a")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert "fewer items" in answer.json()["error"]["message"]
    assert (await acme.http.get("/v1/projects")).status_code == 200
