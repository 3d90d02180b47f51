"""Budgets by measured cost: payers, refusals and their length, and the display in usage."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from redis.asyncio import Redis

from api import ratelimit
from api.budgets import BURST_S, MICROS, RATES, RESOURCES, Bucket, Rates, Traffic, bucket_of
from api.ratelimit import Class, Limiter, open_limiter
from db.pool import Pool
from domain.tenancy import organizations
from domain.tenancy.api_keys import Principal
from jobs.breaker import Breaker
from schemas import ids
from telemetry.costs import Cost
from tests import media
from tests.api.conftest import Caller, client_of, new_key
from tests.api.parties import new_project
from tests.servers import Servers
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("patient")

STANDARD = RATES[Traffic.KEYS]["standard"]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis gets its time on a busy machine: one that is too slow lets requests pass uncharged."""
    monkeypatch.setattr(ratelimit, "BUDGET_S", 60.0)


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


def cost(cpu_s: float = 0.0, database_s: float = 0.0, size: int = 0) -> Cost:
    spent = Cost()
    spent.loop_s, spent.database_s, spent.sent = cpu_s, database_s, size
    return spent


def spending(resource: str, share: float) -> Cost:
    """So much of a full standard bucket."""
    full = dict(zip(RESOURCES, (one * BURST_S * share for one in STANDARD), strict=True))
    match resource:
        case "cpu":
            return cost(cpu_s=full["cpu"] / MICROS)
        case "database":
            return cost(database_s=full["database"] / MICROS)
        case _:
            return cost(size=round(full["bytes"]))


async def charge(limiter: Limiter, bucket: Bucket, spent: Cost) -> None:
    """Charge and write it at once."""
    limiter.spend(bucket, spent)
    await limiter.close()


async def advance(redis: Redis, seconds: float) -> None:
    """As if every bucket had been charged so much earlier."""
    async for key in redis.scan_iter("budget:*"):
        if at := await cast("Awaitable[str | None]", redis.hget(key, "at")):
            await cast("Awaitable[int]", redis.hset(key, "at", f"{float(at) - seconds:.6f}"))


@pytest.mark.parametrize("resource", RESOURCES)
async def test_an_overdrawn_organization_is_refused_until_the_refill(
    app: Litestar, acme: Caller, redis: Redis, pool: Pool, resource: str
) -> None:
    limiter: Limiter = app.state.services.limiter
    bucket = bucket_of(acme.organization_id, "standard")
    await charge(limiter, bucket, spending(resource, 1.5))
    before = await pool.fetchval("select count(*) from project")
    refused = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (429, "RATE_LIMITED")
    assert error["details"] == {"limit": "budget", "resource": resource}
    assert BURST_S / 2 - 5 <= int(refused.headers["Retry-After"]) <= BURST_S / 2 + 1
    assert await pool.fetchval("select count(*) from project") == before
    await advance(redis, BURST_S / 2)
    answer = await acme.http.get("/v1/whoami")
    assert answer.status_code == 200
    assert '"read-light";r=119' in answer.headers["RateLimit"]


async def test_all_keys_of_an_organization_pay_together_and_its_sandbox_apart(
    app: Litestar, pool: Pool, acme: Caller, rival: Caller
) -> None:
    limiter: Limiter = app.state.services.limiter
    async with pool.acquire() as conn:
        found = await organizations.find(conn, organization_id=acme.organization_id)
    sandbox = ids.read(ids.ORGANIZATION, found.sandbox_id)
    assert sandbox
    await charge(limiter, bucket_of(acme.organization_id, "standard"), spending("cpu", 1.1))
    async with (
        client_of(app, await new_key(pool, acme.organization_id)) as other,
        client_of(app, await new_key(pool, sandbox, env="test")) as tester,
    ):
        assert (await other.get("/v1/whoami")).status_code == 429
        assert (await tester.get("/v1/whoami")).status_code == 200
        assert (await rival.http.get("/v1/whoami")).status_code == 200
        await charge(limiter, bucket_of(sandbox, "sandbox"), spending("cpu", 1.1))
        assert (await tester.get("/v1/whoami")).status_code == 429


async def test_usage_shows_what_requests_have_cost(app: Litestar, acme: Caller) -> None:
    bucket = bucket_of(acme.organization_id, "standard")
    await charge(app.state.services.limiter, bucket, spending("cpu", 0.9))
    answer = (await acme.http.get("/v1/usage")).json()["budgets"]
    found = {(one["traffic"], one["resource"]): one for one in answer}
    assert set(found) == {(traffic, resource) for traffic in Traffic for resource in RESOURCES}
    assert all(0 < one["available"] <= one["capacity"] for one in answer)
    assert found["keys", "cpu"]["capacity"] == pytest.approx(BURST_S * STANDARD.cpu / MICROS)
    assert found["keys", "bytes"]["perSecond"] == STANDARD.bytes
    assert found["keys", "cpu"]["available"] < found["keys", "cpu"]["capacity"]
    assert found["public", "cpu"]["available"] == found["public", "cpu"]["capacity"]


async def test_strangers_use_up_nothing_that_keys_need(app: Litestar, acme: Caller) -> None:
    """An app's key stands in a web page: strangers who send with it must not stop the organization."""
    project = await new_project(acme)
    body = {"name": "Shop", "platform": "web", "webDomain": "shop.example"}
    made = (await acme.http.post(f"/v1/projects/{project}/sdk-apps", json=body)).json()
    at, headers = f"/v1/apps/{made['appId']}/events", {"Authorization": f"Bearer {made['apiKey']}"}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    numbers = itertools.count()

    async def send(client: Any) -> Any:
        one = {"name": "open", "eventId": f"e-{next(numbers)}", "occurredAt": now}
        return await client.post(at, json={"events": [one]}, headers=headers)

    async with client_of(app) as anonymous:
        assert (await send(anonymous)).status_code == 202
        limiter: Limiter = app.state.services.limiter
        public = bucket_of(acme.organization_id, "standard", Traffic.PUBLIC)
        await charge(limiter, public, cost(cpu_s=2.0 * BURST_S * public.rates.cpu / MICROS))
        refused = await send(anonymous)
        assert refused.json()["error"]["details"] == {"limit": "budget", "resource": "cpu"}
        assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
        assert (await acme.http.get("/v1/whoami")).status_code == 200
        limiter.budgets._clock = lambda: float("inf")
        assert (await send(anonymous)).status_code == 202


async def test_a_restarted_redis_has_full_buckets_and_one_that_is_away_refuses_nobody(
    own_servers: Servers, acme_apart: Caller
) -> None:
    async with Redis.from_url(own_servers.valkey.url) as redis:
        limiter = Limiter(redis, Breaker(0.0), lambda: datetime.now(UTC))
        bucket = bucket_of(acme_apart.organization_id, "standard")
        await charge(limiter, bucket, spending("cpu", 1.5))
        assert (await acme_apart.http.get("/v1/whoami")).status_code == 429
        await redis.flushall()
        assert (await acme_apart.http.get("/v1/whoami")).status_code == 200
        await charge(limiter, bucket, spending("cpu", 1.5))
        assert (await acme_apart.http.get("/v1/whoami")).status_code == 429
    own_servers.valkey.stop()
    assert (await acme_apart.http.get("/v1/whoami")).status_code == 200
    answer = await acme_apart.http.get("/v1/usage")
    assert {one["available"] for one in answer.json()["budgets"]} == {None}


CENT = Rates(MICROS // 100, MICROS // 50, 10_000)


def principal(organization_id: UUID) -> Principal:
    return Principal(
        organization_id, "Acme", ids.new(), "k", "live", "partner", frozenset(), (), expires_at=None
    )


@pytest_asyncio.fixture
async def limiter(redis_url: str) -> AsyncIterator[Limiter]:
    async with (
        Redis.from_url(redis_url) as client,
        open_limiter(client, Breaker(0.0), lambda: datetime.now(UTC)) as made,
    ):
        yield made


spends = st.tuples(st.just("spend"), *(st.integers(0, most) for most in (2 * MICROS, MICROS, 10**6)))
advances = st.tuples(st.just("advance"), st.integers(0, 200))
steps = st.lists(spends | advances, max_size=12)


@given(course=steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_bucket_is_what_arithmetic_says(limiter: Limiter, redis: Redis, course: list[Any]) -> None:
    """Full at first; refilled by time up to its burst; charged without a floor; refused exactly below 0."""
    bucket = Bucket(f"budget:{ids.new()}:keys", CENT)
    left = [float(rate * BURST_S) for rate in CENT]
    began = (await redis.time())[0]
    for what, *numbers in course:
        if what == "advance":
            await advance(redis, numbers[0])
            refilled = (one + rate * numbers[0] for rate, one in zip(CENT, left, strict=True))
            left = [min(rate * BURST_S, one) for rate, one in zip(CENT, refilled, strict=True)]
        else:
            await charge(limiter, bucket, cost(numbers[0] / MICROS, numbers[1] / MICROS, numbers[2]))
            left = [one - spent for one, spent in zip(left, numbers, strict=True)]
    [levels] = await limiter._ask_levels([(bucket,)])
    assert levels
    took_s = (await redis.time())[0] - began + 1
    for rate, expected, found in zip(CENT, left, levels[0][2:], strict=True):
        assert expected - 15 <= found <= min(rate * BURST_S, expected + rate * took_s)
    assert levels[0].overdrawn == (min(levels[0][2:]) < 0)
    debts_ms = (-one / rate * 1000 for rate, one in zip(CENT, levels[0][2:], strict=True))
    assert levels[0].wait_ms == pytest.approx(max(0, *debts_ms), abs=2)


async def test_processes_at_once_grant_no_more_than_rate_and_burst(
    redis_url: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five processes, eight requests each at once: beyond the bucket only requests under way are served."""
    each, at_once, processes = 0.05, 8, 5
    rates = Rates(MICROS // 100, MICROS, 10**9)
    monkeypatch.setitem(cast("dict[Any, Any]", RATES[Traffic.KEYS]), "partner", rates)
    bucket_of.cache_clear()
    ratelimit._charge.cache_clear()
    who, served = principal(ids.new()), itertools.count()

    async def call(limiter: Limiter) -> None:
        while True:
            standing = await limiter.charge(who, Class.READ_LIGHT)
            if not standing.passed:
                assert standing.refusal().details == {"limit": "budget", "resource": "cpu"}
                return
            next(served)
            await asyncio.sleep(0)
            limiter.spend(standing.charge.budget, cost(cpu_s=each))

    async with AsyncExitStack() as stack:
        limiters = []
        for _ in range(processes):
            client = await stack.enter_async_context(Redis.from_url(redis_url))
            opened = open_limiter(client, Breaker(0.0), lambda: datetime.now(UTC))
            limiters.append(await stack.enter_async_context(opened))
        began = (await redis.time())[0]
        await asyncio.gather(*(call(one) for one in limiters for _ in range(at_once)))
        took_s = (await redis.time())[0] - began + 1
    granted_s = next(served) * each
    burst_s = BURST_S * rates.cpu / MICROS
    assert burst_s <= granted_s <= burst_s + took_s * rates.cpu / MICROS + processes * at_once * each
    key = bucket_of(who.organization_id, "partner").key
    left = float(await cast("Awaitable[str]", redis.hget(key, "cpu")))
    assert left <= burst_s * MICROS - granted_s * MICROS + took_s * rates.cpu + 1
    bucket_of.cache_clear()
    ratelimit._charge.cache_clear()


async def test_a_key_at_its_request_limit_gets_no_more_than_its_tiers_cpu(
    limiter: Limiter, redis: Redis
) -> None:
    """60 uploads a minute of the picture that costs most, 1.35 s each, for ten minutes."""
    who = principal(ids.new())._replace(tier="standard")
    granted, minutes, each = 0.0, 10, 1.35
    for second in range(minutes * 60):
        if second % 60 == 0:  # The key's own window is whole again.
            await redis.delete(f"rate:{who.key_uuid}:{Class.WRITE_LIGHT}")
        standing = await limiter.charge(who, Class.WRITE_LIGHT)
        if standing.passed:
            granted += each
            await charge(limiter, standing.charge.budget, cost(cpu_s=each))
        await advance(redis, 1)
    asked = minutes * 60 * each
    allowed = (minutes * 60 + BURST_S) * STANDARD.cpu / MICROS + each
    assert 0.9 * allowed <= granted <= 1.1 * allowed < asked / 2


async def test_redis_is_asked_as_often_as_before(app: Litestar, acme: Caller, redis: Redis) -> None:
    """The check and the charge are in the one script call that counts the request."""
    await acme.http.get("/v1/whoami")
    await app.state.services.limiter.close()
    before = await _calls(redis)
    await acme.http.get("/v1/whoami")
    assert await _calls(redis) == before + 1


async def _calls(redis: Redis) -> int:
    """Calls of scripts so far."""
    found = await redis.info("commandstats")
    return sum(int(one["calls"]) for name, one in found.items() if "evalsha" in name)


async def test_charges_wait_while_redis_is_left_alone(redis: Redis) -> None:
    """A failure rests the breaker for a second: what is charged meanwhile is written afterwards, once."""
    now = [100.0]
    breaker = Breaker(1.0, lambda: now[0])
    bucket = bucket_of(ids.new(), "standard")
    async with open_limiter(redis, breaker, lambda: datetime.now(UTC)) as limiter:
        breaker.failed()
        for _ in range(2):
            await charge(limiter, bucket, cost(size=1000))
        assert not await redis.exists(bucket.key)
        now[0] += 1.0
        await charge(limiter, bucket, cost(size=500))
        left = float(await cast("Awaitable[str]", redis.hget(bucket.key, "bytes")))
        assert left == STANDARD.bytes * BURST_S - 2500
        assert not limiter.budgets.is_pending


async def upload(caller: Caller, project: str) -> httpx.Response:
    files = {"file": ("shop.png", media.picture(), "image/png")}
    return await caller.http.post(f"/v1/projects/{project}/content/upload", files=files)


async def test_an_upload_pays_for_the_process_that_looks_into_it(
    app: Litestar, acme: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, charged = await new_project(acme), list[Cost]()
    monkeypatch.setattr(app.state.services.limiter, "spend", lambda _, spent: charged.append(spent))
    answer = await upload(acme, project)
    assert answer.status_code == 201
    [paid] = charged
    assert paid.children_s > 0.01
    assert paid.received > len(media.picture())
    assert min(paid.loop_s, paid.database_s) > 0
    assert paid.sent == len(answer.content)


async def test_uploads_that_wait_for_their_turn_are_refused_once_one_has_overdrawn_the_budget(
    app: Litestar, acme: Caller, pool: Pool
) -> None:
    limiter: Limiter = app.state.services.limiter
    project, bucket = await new_project(acme), bucket_of(acme.organization_id, "standard")
    async with app.state.services.probes.turn(acme.organization_id):
        waiting = asyncio.create_task(upload(acme, project))

        async def is_stored() -> bool:
            return bool(await pool.fetchval("select count(*) from media_upload where size_bytes > 0"))

        await eventually(is_stored)
        await charge(limiter, bucket, spending("cpu", 1.5))
    refused = await waiting
    assert refused.status_code == 429
    assert refused.json()["error"]["details"] == {"limit": "budget", "resource": "cpu"}
    assert await pool.fetchval("select count(*) from content_item") == 0
    assert await pool.fetchval("select count(*) from media_upload") == 0


async def test_readers_of_public_files_pay_from_the_public_budget(
    app: Litestar, acme: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter: Limiter = app.state.services.limiter
    made = (await upload(acme, await new_project(acme))).json()
    path = "/media/" + made["assets"][0]["url"].rpartition("/")[2]
    public, paid = bucket_of(acme.organization_id, "standard", Traffic.PUBLIC), list[tuple[Bucket, int]]()
    async with client_of(app) as anonymous:
        with monkeypatch.context() as patched:
            patched.setattr(limiter, "spend", lambda bucket, spent: paid.append((bucket, spent.sent)))
            answer = await anonymous.get(path)
        assert paid == [(public, len(answer.content))]
        await charge(limiter, public, cost(size=2 * BURST_S * public.rates.bytes))
        refused = await anonymous.get(path)
        assert refused.json()["error"]["details"] == {"limit": "budget", "resource": "bytes"}
        assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
        assert (await acme.http.get("/v1/whoami")).status_code == 200
