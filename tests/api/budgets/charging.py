"""Costs to charge, and a way to advance the clock of buckets."""

from collections.abc import Awaitable
from typing import cast

from redis.asyncio import Redis

from api.limits.cost_budgets import (
    COST_BUDGET_CAPACITY_S,
    COST_BUDGET_RESOURCES,
    COST_REFILLS_BY_TRAFFIC_AND_TIER,
    MICROSECONDS_PER_SECOND,
    CostBudgetBucket,
    KeyOrPublicTraffic,
)
from api.limits.rate_limits import RateLimiter
from telemetry.costs import RequestCostMeter

STANDARD = COST_REFILLS_BY_TRAFFIC_AND_TIER[KeyOrPublicTraffic.KEYS]["standard"]


def cost(cpu_s: float = 0.0, database_s: float = 0.0, size: int = 0) -> RequestCostMeter:
    spent = RequestCostMeter()
    spent.loop_s, spent.database_s, spent.sent = cpu_s, database_s, size
    return spent


def cost_of_share(resource: str, share: float) -> RequestCostMeter:
    """Return a share of a full standard bucket as a cost."""
    full = dict(zip(COST_BUDGET_RESOURCES, (one * COST_BUDGET_CAPACITY_S * share for one in STANDARD), strict=True))
    match resource:
        case "cpu":
            return cost(cpu_s=full["cpu"] / MICROSECONDS_PER_SECOND)
        case "database":
            return cost(database_s=full["database"] / MICROSECONDS_PER_SECOND)
        case _:
            return cost(size=round(full["bytes"]))


async def charge(limiter: RateLimiter, bucket: CostBudgetBucket, spent: RequestCostMeter) -> None:
    """Charge a cost and write it at once."""
    limiter.charge_request_cost(bucket, spent)
    await limiter.flush_charges_and_stop()


async def advance(redis: Redis, seconds: float) -> None:
    """Advance the buckets: move each charge into the past."""
    async for key in redis.scan_iter("budget:*"):
        if at := await cast("Awaitable[str | None]", redis.hget(key, "at")):
            await cast("Awaitable[int]", redis.hset(key, "at", f"{float(at) - seconds:.6f}"))
