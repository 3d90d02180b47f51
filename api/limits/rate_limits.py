"""Rate limits: requests in 60 seconds for each key and class, writes in a UTC day for each organization.

Concurrent requests share one script call in Redis. While Redis is away, requests pass, and a metric counts
them. The headers follow the IETF's draft-ietf-httpapi-ratelimit-headers. The same call checks the
organization's budget by measured cost and writes the pending charges (`api/limits/cost_budgets.py`).
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis

from api.limits.cost_budgets import (
    COST_CHARGE_REDIS_FLUSH_S,
    CostBudgetBucket,
    CostBudgetLevel,
    KeyOrPublicTraffic,
    PendingChargesAndOverdrawnBudgets,
    build_cost_budget_report,
    get_cost_budget_bucket,
)
from db.coalescing import LookupCoalescer
from db.redis_reach import convert_redis_away_errors
from domain.tenancy.api_keys import Principal
from jobs.breaker import CircuitBreaker
from jobs.loop_time import SlowLoopTolerantTimeout
from schemas.api_keys import OrganizationTier
from schemas.errors import LimitReached, RedisCallFailed
from schemas.usage import BudgetUse
from telemetry import metrics
from telemetry.costs import RequestCostMeter

#: Seconds: the maximum wait of a request for Redis, by the event loop's clock; the pause after a failure; and
#: the wait at the start of the process.
MAX_REDIS_WAIT_S, REDIS_BREAKER_PAUSE_S, REDIS_START_TIMEOUT_S = 0.05, 1.0, 1.0
REQUEST_LIMIT_WINDOW_S, DAY_S = 60, 86_400


class RateClass(StrEnum):
    """The rate class of a route, by the cost of its requests."""

    READ_LIGHT = "read-light"
    WRITE_LIGHT = "write-light"
    LONG_RUNNING = "long-running"


class RequestRateLimits(NamedTuple):
    """Requests per minute and key by class; writes per day and organization."""

    minute: dict[RateClass, int]
    day: int


def _build_request_rate_limits(reads: int, writes: int, long: int, day: int) -> RequestRateLimits:
    return RequestRateLimits(
        {RateClass.READ_LIGHT: reads, RateClass.WRITE_LIGHT: writes, RateClass.LONG_RUNNING: long}, day
    )


_STANDARD_REQUEST_RATE_LIMITS = _build_request_rate_limits(120, 60, 20, 10_000)
REQUEST_RATE_LIMITS_BY_TIER: dict[OrganizationTier, RequestRateLimits] = {
    # An evaluator tries many jobs in a minute, and a sandbox's jobs cost little.
    "sandbox": _build_request_rate_limits(120, 60, 60, 10_000),
    "standard": _STANDARD_REQUEST_RATE_LIMITS,
    "pilot": _build_request_rate_limits(1200, 600, 60, 100_000),
    "partner": _build_request_rate_limits(6000, 3000, 300, 500_000),
}


class RequestToCount(NamedTuple):
    """One request that the script counts. With `cap` 0 it isn't counted by day.

    With a `second` over 0, the script uncounts a request of that second instead.

    `budget` is the bucket that the organization's keys pay from.
    """

    rate_class: RateClass
    budget: CostBudgetBucket
    window: str
    day: str
    limit: int
    cap: int
    second: int = 0


class RateLimitState(NamedTuple):
    """The state of a key's limits after one request, counted in `second`. Times are seconds from now.

    `level` is set if the organization's budget is overdrawn.
    """

    charge: RequestToCount
    passed: bool
    left: int
    resets_in: int
    left_of_day: int
    day_ends_in: int
    second: int
    level: CostBudgetLevel | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        charge = self.charge
        policy = f'"{charge.rate_class}";q={charge.limit};w={REQUEST_LIMIT_WINDOW_S}'
        state = f'"{charge.rate_class}";r={self.left};t={self.resets_in}'
        if charge.cap:
            policy += f', "daily-writes";q={charge.cap};w={DAY_S}'
            state += f', "daily-writes";r={self.left_of_day};t={self.day_ends_in}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]

    def with_request_uncounted(self) -> "RateLimitState":
        """Return the key's limit state without this request: one more request is left."""
        return self._replace(left=self.left + 1)

    def refusal(self) -> LimitReached:
        """Build the `LimitReached` error of a refused request: the budget's, else the day's, else the minute's."""
        if self.level:
            return self.level.refusal()
        if self.charge.cap and self.left_of_day <= 0:
            message = (
                "the organization's writes of this UTC day are used up: continue tomorrow, or request a higher limit"
            )
            return LimitReached("daily-writes", message, retry_after=self.day_ends_in)
        rate_class = self.charge.rate_class
        message = f"too many {rate_class} requests with this key: wait for the seconds in Retry-After"
        return LimitReached(rate_class, message, retry_after=self.resets_in)


class RateLimitScript:
    """A Lua script in Redis, called with a short timeout and a circuit breaker."""

    def __init__(self, redis: Redis, breaker: CircuitBreaker, file: str) -> None:
        self._script = redis.register_script(files("api.limits").joinpath(file).read_text("utf-8"))
        self._breaker = breaker

    async def load_script(self) -> None:
        """Connect to Redis and load the script, so that no request has to. Do nothing if Redis is away."""
        with contextlib.suppress(RedisCallFailed), convert_redis_away_errors():
            async with asyncio.timeout(REDIS_START_TIMEOUT_S):
                await self._script([], [])

    def is_breaker_open(self, *, requests: int) -> bool:
        """Return whether the breaker is open after a failure of Redis; if so, add `requests` to a metric.

        The metric counts the requests that pass uncounted.
        """
        if self._breaker.is_open:
            metrics.RATE_LIMIT_UNCOUNTED_COUNTER.inc(requests)
        return self._breaker.is_open

    async def run(
        self, keys: Sequence[str], arguments: Sequence[str | int], *, requests: int
    ) -> list[list[int]] | None:
        """Run the limit script in Redis, and return its rows; None while Redis is away or slow.

        Without Redis the requests pass uncounted, and a metric shows their number.
        """
        if self._breaker.reserve_call():
            try:
                with convert_redis_away_errors():
                    async with SlowLoopTolerantTimeout(MAX_REDIS_WAIT_S):
                        rows: list[list[int]] = await self._script(keys, arguments)
            except RedisCallFailed:
                self._breaker.record_failure_and_open()
            else:
                self._breaker.record_success()
                return rows
        metrics.RATE_LIMIT_UNCOUNTED_COUNTER.inc(requests)
        return None


class RateLimiter:
    """Counts requests per key and class, and charges costs, by one script in Redis.

    `clock` gives the UTC day; the window of a minute uses the clock of Redis.
    """

    def __init__(self, redis: Redis, breaker: CircuitBreaker, clock: Callable[[], datetime]) -> None:
        self._script = RateLimitScript(redis, breaker, "rate_limits.lua")
        self.load_script = self._script.load_script
        self._clock = clock
        self._charges = LookupCoalescer(self._count_requests)
        self._levels = LookupCoalescer(self._flush_and_read_budgets)
        self._flushing: asyncio.TimerHandle | None = None
        self.budgets = PendingChargesAndOverdrawnBudgets()

    def count_request(self, principal: Principal, rate_class: RateClass) -> asyncio.Future[RateLimitState]:
        """Count one request of a key if the limit allows it; return the future of the key's limit state.

        The query starts before the caller awaits it. While Redis is away, the request passes uncounted.
        """
        who = principal.key_uuid, principal.organization_id, principal.tier
        return self._charges.queue_lookup(_build_rate_limit_keys(*who, rate_class, self._clock().date()))

    async def uncount_request(self, standing: RateLimitState) -> None:
        """Remove a request that turned out to be free from its key's count; the daily count of a write stays."""
        if standing.second:  # else it passed uncounted, without Redis
            await self._charges.queue_lookup(standing.charge._replace(second=standing.second))

    def charge_request_cost(self, bucket: CostBudgetBucket, cost: RequestCostMeter) -> None:
        """Charge a finished request; a background call writes the charge within `COST_CHARGE_REDIS_FLUSH_S`."""
        self.budgets.queue_charge(bucket, cost)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(
                COST_CHARGE_REDIS_FLUSH_S, self._flush_charges_to_redis
            )

    async def flush_charges_and_stop(self) -> None:
        """Stop the timer of the next write, and write the pending charges to Redis."""
        if self._flushing:
            self._flushing.cancel()
            self._flushing = None
        if self.budgets.has_pending_charges:
            await self._levels.queue_lookup(())

    async def read_cost_budget_use(self, organization_id: UUID, tier: OrganizationTier) -> list[BudgetUse]:
        """Return an organization's budgets: available amount (None while Redis is away), capacity and refill."""
        buckets = {traffic: get_cost_budget_bucket(organization_id, tier, traffic) for traffic in KeyOrPublicTraffic}
        return build_cost_budget_report(buckets, await self._levels.queue_lookup(tuple(buckets.values())))

    def _flush_charges_to_redis(self) -> None:
        """Write the pending charges, unless a request's script call has written them meanwhile."""
        self._flushing = None
        if self.budgets.has_pending_charges and self._script.is_breaker_open(requests=0):
            self._flushing = asyncio.get_running_loop().call_later(REDIS_BREAKER_PAUSE_S, self._flush_charges_to_redis)
        elif self.budgets.has_pending_charges:
            self._levels.queue_lookup(())

    async def _count_requests(self, charges: Sequence[RequestToCount]) -> list[RateLimitState]:
        day_ends_in = DAY_S - int(self._clock().timestamp()) % DAY_S
        counts = Counter(charges)
        levels, rows = await self._run_limit_script([charge.budget for charge in counts], counts)
        if levels is None:
            return [_uncounted_rate_limit_state(charge, day_ends_in) for charge in charges]
        return list(_build_request_limit_states(charges, dict(zip(counts, rows, strict=True)), levels, day_ends_in))

    async def _flush_and_read_budgets(
        self, questions: Sequence[tuple[CostBudgetBucket, ...]]
    ) -> list[list[CostBudgetLevel] | None]:
        levels, _ = await self._run_limit_script([bucket for group in questions for bucket in group], Counter())
        return [None if levels is None else [levels[bucket] for bucket in group] for group in questions]

    async def _run_limit_script(
        self, budgets: Iterable[CostBudgetBucket], counts: "Counter[RequestToCount]"
    ) -> tuple[dict[CostBudgetBucket, CostBudgetLevel] | None, list[list[int]]]:
        """Call the script once: write all pending charges, read the levels of `budgets`, count the requests.

        Return the levels and a row for each counted request; None and no rows while Redis is away. While the
        breaker is open, charges stay pending. Charges of a failed call are lost: it may have written them.
        """
        if self._script.is_breaker_open(requests=counts.total()):
            return None, []
        places, arguments = self.budgets.take_charges_for_script(budgets)
        keys = [bucket.key for bucket in places]
        keys += [key for charge in counts for key in (charge.window, charge.day)]
        for charge, count in counts.items():
            arguments += [charge.limit, charge.cap, count, charge.second, places[charge.budget]]
        rows = await self._script.run(keys, arguments, requests=counts.total())
        if rows is None:
            self.budgets.forget_overdrawn_levels()
            return None, []
        levels = {bucket: CostBudgetLevel(*row) for bucket, row in zip(places, rows, strict=False)}
        self.budgets.cache_overdrawn_levels(levels)
        return levels, rows[len(places) :]


@contextlib.asynccontextmanager
async def open_rate_limiter(
    redis: Redis, breaker: CircuitBreaker, clock: Callable[[], datetime]
) -> AsyncIterator[RateLimiter]:
    """Yield a rate limiter with its script loaded; write all pending charges at the end of the block."""
    limiter = RateLimiter(redis, breaker, clock)
    await limiter.load_script()
    try:
        yield limiter
    finally:
        await limiter.flush_charges_and_stop()


@lru_cache(maxsize=2_000)
def _build_rate_limit_keys(
    key: UUID, organization_id: UUID, tier: OrganizationTier, rate_class: RateClass, day: date
) -> RequestToCount:
    """Return the Redis keys and limits that count a key's requests of one class on one day; cached."""
    quota = REQUEST_RATE_LIMITS_BY_TIER[tier]
    return RequestToCount(
        rate_class,
        get_cost_budget_bucket(organization_id, tier),
        window=f"rate:{key}:{rate_class}",
        day=f"rate:{organization_id}:{day:%Y-%m-%d}",
        limit=quota.minute[rate_class],
        cap=0 if rate_class is RateClass.READ_LIGHT else quota.day,
    )


def _build_request_limit_states(
    charges: Sequence[RequestToCount],
    rows: Mapping[RequestToCount, list[int]],
    levels: Mapping[CostBudgetBucket, CostBudgetLevel],
    day_ends_in: int,
) -> Iterator[RateLimitState]:
    """Yield each request's limit state, in order; of equal requests, the first pass, as many as the script allows."""
    counted: Counter[RequestToCount] = Counter()
    for charge in charges:
        passed, left, resets_in, left_of_day, second = rows[charge]
        counted[charge] += 1
        behind, level = max(0, passed - counted[charge]), levels[charge.budget]
        yield RateLimitState(
            charge,
            counted[charge] <= passed,
            left + behind,
            resets_in,
            left_of_day + behind,
            day_ends_in,
            second,
            level if level.is_overdrawn else None,
        )


def _uncounted_rate_limit_state(charge: RequestToCount, day_ends_in: int) -> RateLimitState:
    return RateLimitState(
        charge, passed=True, left=charge.limit, resets_in=REQUEST_LIMIT_WINDOW_S, left_of_day=charge.cap,
        day_ends_in=day_ends_in, second=0,
    )  # fmt: skip
