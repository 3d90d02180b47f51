"""Budgets by measured cost: payers, refusals with their length, and the display in usage."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from litestar import Litestar
from redis.asyncio import Redis

from api.limits.cost_budgets import (
    COST_BUDGET_CAPACITY_S,
    COST_BUDGET_RESOURCES,
    MICROSECONDS_PER_SECOND,
    CostBudgetBucket,
    KeyOrPublicTraffic,
    get_cost_budget_bucket,
)
from api.limits.rate_limits import RateLimiter
from db.pool import Pool
from domain.tenancy import organizations
from jobs.breaker import CircuitBreaker
from telemetry.costs import RequestCostMeter
from tests import media
from tests.api.budgets.charging import STANDARD, advance, charge, cost, cost_of_share
from tests.api.conftest import ApiCaller, client_of, new_key, uuid_of
from tests.api.events.sender import event, sender
from tests.api.participants import new_project
from tests.servers import ServerPair
from tests.waiting import eventually


async def test_an_overdrawn_organization_is_refused_until_the_refill(
    app: Litestar, acme: ApiCaller, redis: Redis, pool: Pool
) -> None:
    limiter: RateLimiter = app.state.services.limiter
    bucket = get_cost_budget_bucket(acme.organization_id, "standard")
    for resource in COST_BUDGET_RESOURCES:
        await limiter.flush_charges_and_stop()
        await redis.flushdb()
        await charge(limiter, bucket, cost_of_share(resource, 1.5))
        refused = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (429, "RATE_LIMITED")
        assert error["details"] == {"limit": "budget", "resource": resource}
        assert COST_BUDGET_CAPACITY_S / 2 - 5 <= int(refused.headers["Retry-After"]) <= COST_BUDGET_CAPACITY_S / 2 + 1
        assert await pool.fetchval("select count(*) from project") == 0
        await advance(redis, COST_BUDGET_CAPACITY_S / 2)
        answer = await acme.http.get("/v1/whoami")
        assert answer.status_code == 200
        assert '"read-light";r=119' in answer.headers["RateLimit"]


async def test_all_keys_of_an_organization_pay_together_and_its_sandbox_apart(
    app: Litestar, pool: Pool, acme: ApiCaller, rival: ApiCaller
) -> None:
    limiter: RateLimiter = app.state.services.limiter
    async with pool.acquire() as conn:
        found = await organizations.read_organization(conn, organization_id=acme.organization_id)
    sandbox = uuid_of(found.sandbox_id)
    await charge(limiter, get_cost_budget_bucket(acme.organization_id, "standard"), cost_of_share("cpu", 1.1))
    async with (
        client_of(app, await new_key(pool, acme.organization_id)) as other,
        client_of(app, await new_key(pool, sandbox, env="test")) as tester,
    ):
        assert (await other.get("/v1/whoami")).status_code == 429
        assert (await tester.get("/v1/whoami")).status_code == 200
        assert (await rival.http.get("/v1/whoami")).status_code == 200
        await charge(limiter, get_cost_budget_bucket(sandbox, "sandbox"), cost_of_share("cpu", 1.1))
        assert (await tester.get("/v1/whoami")).status_code == 429


async def test_usage_shows_what_requests_have_cost(app: Litestar, acme: ApiCaller) -> None:
    bucket = get_cost_budget_bucket(acme.organization_id, "standard")
    await charge(app.state.services.limiter, bucket, cost_of_share("cpu", 0.9))
    answer = (await acme.http.get("/v1/usage")).json()["budgets"]
    found = {(one["traffic"], one["resource"]): one for one in answer}
    assert set(found) == {(traffic, resource) for traffic in KeyOrPublicTraffic for resource in COST_BUDGET_RESOURCES}
    assert all(0 < one["available"] <= one["capacity"] for one in answer)
    assert found["keys", "cpu"]["capacity"] == pytest.approx(
        COST_BUDGET_CAPACITY_S * STANDARD.cpu / MICROSECONDS_PER_SECOND
    )
    assert found["keys", "bytes"]["perSecond"] == STANDARD.bytes
    assert found["keys", "cpu"]["available"] < found["keys", "cpu"]["capacity"]
    assert found["public", "cpu"]["available"] == found["public", "cpu"]["capacity"]


async def test_public_traffic_does_not_use_the_keys_budget(
    app: Litestar, acme: ApiCaller, anonymous: httpx.AsyncClient
) -> None:
    """An app's key is public in a web page: strangers who send with it must not block the organization."""
    shop = await sender(acme, anonymous)
    assert (await shop.send(event(1))).status_code == 202
    limiter: RateLimiter = app.state.services.limiter
    public = get_cost_budget_bucket(acme.organization_id, "standard", KeyOrPublicTraffic.PUBLIC)
    await charge(limiter, public, cost(cpu_s=2.0 * COST_BUDGET_CAPACITY_S * public.rates.cpu / MICROSECONDS_PER_SECOND))
    refused = await shop.send(event(2))
    assert refused.json()["error"]["details"] == {"limit": "budget", "resource": "cpu"}
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert (await acme.http.get("/v1/whoami")).status_code == 200
    limiter.budgets._clock = lambda: float("inf")
    assert (await shop.send(event(3))).status_code == 202


async def test_restarted_redis_has_full_buckets_and_absent_redis_refuses_no_request(
    own_servers: ServerPair, acme_apart: ApiCaller
) -> None:
    async with Redis.from_url(own_servers.valkey.url) as redis:
        limiter = RateLimiter(redis, CircuitBreaker(0.0), lambda: datetime.now(UTC))
        bucket = get_cost_budget_bucket(acme_apart.organization_id, "standard")
        await charge(limiter, bucket, cost_of_share("cpu", 1.5))
        assert (await acme_apart.http.get("/v1/whoami")).status_code == 429
        await redis.flushall()
        assert (await acme_apart.http.get("/v1/whoami")).status_code == 200
        await charge(limiter, bucket, cost_of_share("cpu", 1.5))
        assert (await acme_apart.http.get("/v1/whoami")).status_code == 429
    own_servers.valkey.stop()
    assert (await acme_apart.http.get("/v1/whoami")).status_code == 200
    answer = await acme_apart.http.get("/v1/usage")
    assert {one["available"] for one in answer.json()["budgets"]} == {None}


async def test_budgets_cost_no_additional_script_call(app: Litestar, acme: ApiCaller, redis: Redis) -> None:
    """The check and the charge are part of the script call that counts the request."""
    await acme.http.get("/v1/whoami")
    await app.state.services.limiter.flush_charges_and_stop()
    before = await _calls(redis)
    await acme.http.get("/v1/whoami")
    assert await _calls(redis) == before + 1


async def _calls(redis: Redis) -> int:
    """Return the number of script calls so far."""
    found = await redis.info("commandstats")
    return sum(int(one["calls"]) for name, one in found.items() if "evalsha" in name)


async def upload(caller: ApiCaller, project: str) -> httpx.Response:
    files = {"file": ("shop.png", media.picture(), "image/png")}
    return await caller.http.post(f"/v1/projects/{project}/content/upload", files=files)


async def test_upload_pays_for_its_probe_process(
    app: Litestar, acme: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, charged = await new_project(acme), list[RequestCostMeter]()
    monkeypatch.setattr(app.state.services.limiter, "charge_request_cost", lambda _, spent: charged.append(spent))
    answer = await upload(acme, project)
    assert answer.status_code == 201
    [paid] = charged
    assert paid.children_s > 0.01
    assert paid.received > len(media.picture())
    assert min(paid.loop_s, paid.database_s) > 0
    assert paid.sent == len(answer.content)


async def test_queued_uploads_are_refused_once_the_budget_is_overdrawn(
    app: Litestar, acme: ApiCaller, pool: Pool
) -> None:
    limiter: RateLimiter = app.state.services.limiter
    project, bucket = await new_project(acme), get_cost_budget_bucket(acme.organization_id, "standard")
    async with app.state.services.probes.hold_turn(acme.organization_id):
        waiting = asyncio.create_task(upload(acme, project))
        stored = "select count(*) from media_upload where size_bytes > 0"
        await eventually(lambda: pool.fetchval(stored))
        await charge(limiter, bucket, cost_of_share("cpu", 1.5))
    refused = await waiting
    assert refused.status_code == 429
    assert refused.json()["error"]["details"] == {"limit": "budget", "resource": "cpu"}
    assert await pool.fetchval("select count(*) from content_item") == 0
    assert await pool.fetchval("select count(*) from media_upload") == 0


async def test_readers_of_public_files_pay_from_the_public_budget(
    app: Litestar, acme: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter: RateLimiter = app.state.services.limiter
    created = (await upload(acme, await new_project(acme))).json()
    path = "/media/" + created["assets"][0]["url"].rpartition("/")[2]
    public = get_cost_budget_bucket(acme.organization_id, "standard", KeyOrPublicTraffic.PUBLIC)
    paid = list[tuple[CostBudgetBucket, int]]()
    async with client_of(app) as anonymous:
        with monkeypatch.context() as patched:
            patched.setattr(limiter, "charge_request_cost", lambda bucket, spent: paid.append((bucket, spent.sent)))
            answer = await anonymous.get(path)
        assert paid == [(public, len(answer.content))]
        await charge(limiter, public, cost(size=2 * COST_BUDGET_CAPACITY_S * public.rates.bytes))
        refused = await anonymous.get(path)
        assert refused.json()["error"]["details"] == {"limit": "budget", "resource": "bytes"}
        assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
        assert (await acme.http.get("/v1/whoami")).status_code == 200
