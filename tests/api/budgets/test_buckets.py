"""Buckets in Redis: arithmetic, races of processes, and an open circuit breaker."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from api.limits import rate_limits
from api.limits.cost_budgets import (
    COST_BUDGET_CAPACITY_S,
    COST_REFILLS_BY_TRAFFIC_AND_TIER,
    MICROSECONDS_PER_SECOND,
    BudgetRefillRates,
    CostBudgetBucket,
    KeyOrPublicTraffic,
    get_cost_budget_bucket,
)
from api.limits.rate_limits import RateClass, RateLimiter, open_rate_limiter
from domain.tenancy.api_keys import Principal
from jobs.breaker import CircuitBreaker
from schemas import ids
from tests.api.budgets.charging import STANDARD, advance, charge, cost
from tests.waiting import eventually

CENT = BudgetRefillRates(MICROSECONDS_PER_SECOND // 100, MICROSECONDS_PER_SECOND // 50, 10_000)


def principal(organization_id: UUID) -> Principal:
    return Principal(organization_id, "Acme", ids.new_uuid7(), "k", "live", "partner", frozenset(), (), expires_at=None)


@pytest_asyncio.fixture
async def limiter(redis_url: str) -> AsyncIterator[RateLimiter]:
    async with (
        Redis.from_url(redis_url) as client,
        open_rate_limiter(client, CircuitBreaker(0.0), lambda: datetime.now(UTC)) as created,
    ):
        yield created


spends = st.tuples(
    st.just("spend"), *(st.integers(0, most) for most in (2 * MICROSECONDS_PER_SECOND, MICROSECONDS_PER_SECOND, 10**6))
)
advances = st.tuples(st.just("advance"), st.integers(0, 200))
steps = st.lists(spends | advances, max_size=12)


@given(course=steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_bucket_matches_the_arithmetic(limiter: RateLimiter, redis: Redis, course: list[Any]) -> None:
    """Starts full; refills up to its burst; is charged without a floor; refuses exactly below 0."""
    bucket = CostBudgetBucket(f"budget:{ids.new_uuid7()}:keys", CENT)
    left = [float(rate * COST_BUDGET_CAPACITY_S) for rate in CENT]
    began = (await redis.time())[0]
    for what, *numbers in course:
        if what == "advance":
            await advance(redis, numbers[0])
            refilled = (one + rate * numbers[0] for rate, one in zip(CENT, left, strict=True))
            left = [min(rate * COST_BUDGET_CAPACITY_S, one) for rate, one in zip(CENT, refilled, strict=True)]
        else:
            await charge(
                limiter,
                bucket,
                cost(numbers[0] / MICROSECONDS_PER_SECOND, numbers[1] / MICROSECONDS_PER_SECOND, numbers[2]),
            )
            left = [one - spent for one, spent in zip(left, numbers, strict=True)]
    [levels] = await limiter._flush_and_read_budgets([(bucket,)])
    assert levels
    took_s = (await redis.time())[0] - began + 1
    for rate, expected, found in zip(CENT, left, levels[0][2:], strict=True):
        assert expected - 15 <= found <= min(rate * COST_BUDGET_CAPACITY_S, expected + rate * took_s)
    assert levels[0].is_overdrawn == (min(levels[0][2:]) < 0)
    debts_ms = (-one / rate * 1000 for rate, one in zip(CENT, levels[0][2:], strict=True))
    assert levels[0].wait_ms == pytest.approx(max(0, *debts_ms), abs=2)


async def test_concurrent_processes_grant_at_most_rate_and_burst(
    redis_url: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five processes with eight concurrent requests each: only running requests exceed the bucket."""
    each, at_once, processes = 0.05, 8, 5
    rates = BudgetRefillRates(MICROSECONDS_PER_SECOND // 100, MICROSECONDS_PER_SECOND, 10**9)
    monkeypatch.setitem(
        cast("dict[Any, Any]", COST_REFILLS_BY_TRAFFIC_AND_TIER[KeyOrPublicTraffic.KEYS]), "partner", rates
    )
    get_cost_budget_bucket.cache_clear()
    rate_limits._build_rate_limit_keys.cache_clear()
    who, served = principal(ids.new_uuid7()), itertools.count()

    async def call(limiter: RateLimiter) -> None:
        while True:
            standing = await limiter.count_request(who, RateClass.READ_LIGHT)
            if not standing.passed:
                assert standing.refusal().details == {"limit": "budget", "resource": "cpu"}
                return
            next(served)
            await asyncio.sleep(0)
            limiter.charge_request_cost(standing.charge.budget, cost(cpu_s=each))

    async with AsyncExitStack() as stack:
        limiters = []
        for _ in range(processes):
            client = await stack.enter_async_context(Redis.from_url(redis_url))
            opened = open_rate_limiter(client, CircuitBreaker(0.0), lambda: datetime.now(UTC))
            limiters.append(await stack.enter_async_context(opened))
        began = (await redis.time())[0]
        await asyncio.gather(*(call(one) for one in limiters for _ in range(at_once)))
        took_s = (await redis.time())[0] - began + 1
    granted_s = next(served) * each
    burst_s = COST_BUDGET_CAPACITY_S * rates.cpu / MICROSECONDS_PER_SECOND
    assert burst_s <= granted_s <= burst_s + took_s * rates.cpu / MICROSECONDS_PER_SECOND + processes * at_once * each
    key = get_cost_budget_bucket(who.organization_id, "partner").key
    left = float(await cast("Awaitable[str]", redis.hget(key, "cpu")))
    assert left <= burst_s * MICROSECONDS_PER_SECOND - granted_s * MICROSECONDS_PER_SECOND + took_s * rates.cpu + 1
    get_cost_budget_bucket.cache_clear()
    rate_limits._build_rate_limit_keys.cache_clear()


async def test_charges_wait_while_the_breaker_is_open(redis: Redis) -> None:
    """A failure opens the breaker for a second: charges in that time are written afterwards, once."""
    now = [100.0]
    breaker = CircuitBreaker(1.0, lambda: now[0])
    bucket = get_cost_budget_bucket(ids.new_uuid7(), "standard")
    async with open_rate_limiter(redis, breaker, lambda: datetime.now(UTC)) as limiter:
        breaker.record_failure_and_open()
        for _ in range(2):
            await charge(limiter, bucket, cost(size=1000))
        assert not await redis.exists(bucket.key)
        now[0] += 1.0
        await charge(limiter, bucket, cost(size=500))
        left = float(await cast("Awaitable[str]", redis.hget(bucket.key, "bytes")))
        assert left == STANDARD.bytes * COST_BUDGET_CAPACITY_S - 2500
        assert not limiter.budgets.has_pending_charges


async def test_many_requests_share_one_background_write(limiter: RateLimiter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request's script call also writes earlier charges. It must not leave a timer for each of them."""
    monkeypatch.setattr(rate_limits, "MAX_COST_CHARGE_REDIS_DELAY_S", 3_600.0)
    who, timers = principal(ids.new_uuid7()), set[Any]()
    for _ in range(5):
        standing = await limiter.count_request(who, RateClass.READ_LIGHT)
        limiter.charge_request_cost(standing.charge.budget, cost(size=1))
        timers.add(limiter._flushing)
    assert len(timers) == 1


async def test_charges_after_a_background_write_get_the_next_one(
    limiter: RateLimiter, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "MAX_COST_CHARGE_REDIS_DELAY_S", 0.0)
    for _ in range(3):
        bucket = get_cost_budget_bucket(ids.new_uuid7(), "standard")
        limiter.charge_request_cost(bucket, cost(size=1_000))
        await eventually(partial(redis.exists, bucket.key))
