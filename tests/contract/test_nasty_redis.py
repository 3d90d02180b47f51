"""A Redis with connection resets and half answers: its clients recover, under uvloop.

uvloop raises errors of its own for a freshly reset connection.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
import uvloop
from redis.asyncio import Redis

from api.limits import rate_limits
from api.limits.cost_budgets import get_cost_budget_bucket
from api.limits.rate_limits import RateClass, RateLimiter, RequestToCountAgainstRateLimits
from jobs import courier
from jobs.breaker import CircuitBreaker
from jobs.kinds import ARCHIVE_PROJECT_KIND
from jobs.ledger import WakeMessage
from schemas import ids
from tests import nasty_redis
from tests.nasty_redis import NastyRedis
from tests.waiting import eventually
from workers.runtime import listener
from workers.runtime.slots import WorkerSlots

RESTARTS = 100
CONCURRENT_CALLS = 5


def run_with_restarts(redis_url: str, use: Callable[[NastyRedis], Awaitable[None]]) -> None:
    """Run `use` with a Redis that works at first and misbehaves after each restart."""

    async def run() -> None:
        async with nasty_redis.serving(redis_url) as nasty:
            await use(nasty)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def test_rate_limits_pass_requests_and_then_count_again(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    charge = RequestToCountAgainstRateLimits(
        RateClass.READ_LIGHT,
        get_cost_budget_bucket(UUID(int=1), "standard"),
        window="rate:w",
        day="rate:d",
        limit=100,
        cap=0,
    )

    async def use(nasty: NastyRedis) -> None:
        async with Redis.from_url(nasty.url) as client:
            limiter = RateLimiter(client, CircuitBreaker(0.0), lambda: datetime.now(UTC))
            for _ in range(RESTARTS):
                nasty.restart()
                for _ in range(CONCURRENT_CALLS):
                    [standing] = await limiter._count_requests([charge])
                    assert standing.passed
            nasty.restart(well=True)
            [standing] = await limiter._count_requests([charge])
            assert standing.left == charge.limit - 1

    monkeypatch.setattr(rate_limits, "MAX_REDIS_WAIT_S", 5.0)
    run_with_restarts(redis_url, use)


def test_the_listener_recovers(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MIN_REDIS_LISTENER_BACKOFF_S", 0.001)
    monkeypatch.setattr(listener, "MAX_REDIS_LISTENER_BACKOFF_S", 0.001)

    async def use(nasty: NastyRedis) -> None:
        slots = WorkerSlots(3)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(
                listener.listen_for_wakes(nasty.url, pool_name="default", kinds=[ARCHIVE_PROJECT_KIND], slots=slots)
            )
            for _ in range(RESTARTS):
                nasty.restart()
                await nasty.met(CONCURRENT_CALLS)
            nasty.restart(well=True)
            async with courier.open_redis_wake_courier(nasty.url) as sender:

                async def woken() -> bool:
                    await sender.send_or_queue_wake(WakeMessage("default", ARCHIVE_PROJECT_KIND.name, ids.new_uuid7()))
                    return slots.wake.is_set()

                await eventually(woken)
            listening.cancel()

    run_with_restarts(redis_url, use)
