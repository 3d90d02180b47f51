"""Rate limits: requests in 60 seconds for each key and class, writes in a UTC day for each organization.

Concurrent requests share one script call in Redis, and an active key's next requests are counted with an
earlier one (`api/limits/request_reservations.py`). While Redis is away, requests pass, and a metric counts
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
    MAX_COST_CHARGE_REDIS_DELAY_S,
    CostBudgetBucket,
    CostBudgetLevel,
    KeyOrPublicTraffic,
    PendingChargesAndOverdrawnBudgets,
    build_cost_budget_report,
    get_cost_budget_bucket,
)
from api.limits.request_reservations import RATE_LIMIT_REQUEST_RESERVATION_S, RateLimitRequestReservations
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


class RequestLimitsPerMinuteAndDay(NamedTuple):
    """Requests per minute and key by class; writes per day and organization."""

    minute: dict[RateClass, int]
    day: int


def _build_request_rate_limits(reads: int, writes: int, long: int, day: int) -> RequestLimitsPerMinuteAndDay:
    return RequestLimitsPerMinuteAndDay(
        {RateClass.READ_LIGHT: reads, RateClass.WRITE_LIGHT: writes, RateClass.LONG_RUNNING: long}, day
    )


_STANDARD_REQUEST_RATE_LIMITS = _build_request_rate_limits(120, 60, 20, 10_000)
REQUEST_RATE_LIMITS_BY_TIER: dict[OrganizationTier, RequestLimitsPerMinuteAndDay] = {
    # An evaluator tries many jobs in a minute, and a sandbox's jobs cost little.
    "sandbox": _build_request_rate_limits(120, 60, 60, 10_000),
    "standard": _STANDARD_REQUEST_RATE_LIMITS,
    "pilot": _build_request_rate_limits(1200, 600, 60, 100_000),
    "partner": _build_request_rate_limits(6000, 3000, 300, 500_000),
}


class RequestToCountAgainstRateLimits(NamedTuple):
    """One request that the script counts. With `cap` 0 it isn't counted by day.

    With a `second` over 0, the script uncounts a request of that second instead, by day too unless `cap` is 0.

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

    charge: RequestToCountAgainstRateLimits
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

    def with_more_requests_left(self, more: int) -> "RateLimitState":
        """Return the key's limit state before the next `more` requests."""
        return self._replace(left=self.left + more, left_of_day=self.left_of_day + more)

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
            metrics.REQUEST_NOT_RATE_LIMITED_COUNTER.inc(requests)
        return self._breaker.is_open

    async def run(
        self, keys: Sequence[str], arguments: Sequence[str | int], *, requests: int
    ) -> list[list[int]] | None:
        """Run the limit script in Redis, and return its rows; None while Redis is away or slow.

        Without Redis the requests pass uncounted, and a metric shows their number.
        """
        if self._breaker.try_to_reserve_call():
            try:
                with convert_redis_away_errors():
                    async with SlowLoopTolerantTimeout(MAX_REDIS_WAIT_S):
                        rows: list[list[int]] = await self._script(keys, arguments)
            except RedisCallFailed:
                self._breaker.record_failure_and_open()
            else:
                self._breaker.record_success()
                return rows
        metrics.REQUEST_NOT_RATE_LIMITED_COUNTER.inc(requests)
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
        self._reservations = RateLimitRequestReservations()
        self.budgets = PendingChargesAndOverdrawnBudgets()

    def count_request(self, principal: Principal, rate_class: RateClass) -> asyncio.Future[RateLimitState]:
        """Count one request of a key if the limit allows it; return the future of the key's limit state.

        The query starts before the caller awaits it. A reserved request needs none. While Redis is away, the
        request passes uncounted.
        """
        who = principal.key_uuid, principal.organization_id, principal.tier
        charge = _build_rate_limit_keys(*who, rate_class, self._clock().date())
        reserved = None if self.budgets.is_overdrawn(charge.budget) else self._reservations.spend(charge)
        if reserved is None:
            return self._charges.queue_lookup(charge)
        known: asyncio.Future[RateLimitState] = asyncio.get_running_loop().create_future()
        known.set_result(reserved)
        return known

    async def uncount_request(self, standing: RateLimitState) -> None:
        """Remove a request that turned out to be free from its key's count; the daily count of a write stays."""
        # Without a second it passed uncounted, without Redis.
        if standing.second and not self._reservations.put_back_free_request(standing):
            await self._charges.queue_lookup(standing.charge._replace(second=standing.second, cap=0))

    def charge_request_cost(self, bucket: CostBudgetBucket, cost: RequestCostMeter) -> None:
        """Charge a finished request; a background call writes the charge within `MAX_COST_CHARGE_REDIS_DELAY_S`."""
        self.budgets.queue_charge(bucket, cost)
        self._schedule_flush(MAX_COST_CHARGE_REDIS_DELAY_S)

    async def flush_charges_and_stop(self) -> None:
        """Stop the timer of the next write; write the pending charges to Redis, and return all reserved requests."""
        if self._flushing:
            self._flushing.cancel()
            self._flushing = None
        self._reservations.end_all()
        if self._has_unwritten_charges_or_requests():
            await self._levels.queue_lookup(())

    async def read_cost_budget_use(self, organization_id: UUID, tier: OrganizationTier) -> list[BudgetUse]:
        """Return an organization's budgets: available amount (None while Redis is away), capacity and refill."""
        buckets = {traffic: get_cost_budget_bucket(organization_id, tier, traffic) for traffic in KeyOrPublicTraffic}
        return build_cost_budget_report(buckets, await self._levels.queue_lookup(tuple(buckets.values())))

    def _schedule_flush(self, delay_s: float) -> None:
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(delay_s, self._flush_to_redis)

    def _has_unwritten_charges_or_requests(self) -> bool:
        """Return whether charges, or unspent requests of ended reservations, wait for a script call."""
        return self._reservations.has_unspent_requests_to_return or self.budgets.has_pending_charges

    def _flush_to_redis(self) -> None:
        """Write pending charges and return unspent requests, unless a request's script call has done so meanwhile."""
        self._flushing = None
        self._reservations.end_expired()
        if self._has_unwritten_charges_or_requests() and self._script.is_breaker_open(requests=0):
            self._schedule_flush(REDIS_BREAKER_PAUSE_S)
        elif self._has_unwritten_charges_or_requests():
            self._levels.queue_lookup(())
        if not self._reservations.is_empty:
            self._schedule_flush(RATE_LIMIT_REQUEST_RESERVATION_S)

    async def _count_requests(self, charges: Sequence[RequestToCountAgainstRateLimits]) -> list[RateLimitState]:
        day_ends_in = DAY_S - int(self._clock().timestamp()) % DAY_S
        counts, called_at = Counter(charges), self._reservations.clock()
        levels, rows = await self._run_limit_script([charge.budget for charge in counts], counts)
        if levels is None:
            return [_uncounted_rate_limit_state(charge, day_ends_in) for charge in charges]
        answers = {charge: _LimitScriptAnswer(*row) for charge, row in zip(counts, rows, strict=True)}
        states = {
            charge: answer.build_state_after_last_request(charge, levels[charge.budget], day_ends_in)
            for charge, answer in answers.items()
        }
        for charge, answer in answers.items():
            if answer.passed:
                last = states[charge]._replace(second=answer.second + 1)
                self._reservations.open_reservation(last, answer.reserved, used=answer.passed, called_at=called_at)
        return list(_build_request_limit_states(charges, answers, states))

    async def _flush_and_read_budgets(
        self, questions: Sequence[tuple[CostBudgetBucket, ...]]
    ) -> list[list[CostBudgetLevel] | None]:
        levels, _ = await self._run_limit_script([bucket for group in questions for bucket in group], Counter())
        return [None if levels is None else [levels[bucket] for bucket in group] for group in questions]

    async def _run_limit_script(
        self, budgets: Iterable[CostBudgetBucket], counts: "Counter[RequestToCountAgainstRateLimits]"
    ) -> tuple[dict[CostBudgetBucket, CostBudgetLevel] | None, list[list[int]]]:
        """Call the script once: write pending charges, return unspent requests, read `budgets`, count the requests.

        Return the levels and a row for each counted request; None and no rows while Redis is away. While the
        breaker is open, charges and unspent requests stay pending. Those of a failed call are lost: it may have
        written them.
        """
        if self._script.is_breaker_open(requests=counts.total()):
            return None, []
        self._reservations.end_expired()
        unspent = self._reservations.take_unspent()
        places, arguments = self.budgets.take_all_charges_as_script_arguments(budgets)
        keys = [bucket.key for bucket in places]
        for charge, count in (*unspent.items(), *counts.items()):
            wanted = self._reservations.count_requests_to_reserve(charge)
            keys += [charge.window, charge.day]
            arguments += [charge.limit, charge.cap, count, charge.second, places.get(charge.budget, 0), wanted]
        rows = await self._script.run(keys, arguments, requests=counts.total())
        if rows is None:
            self.budgets.forget_overdrawn_levels()
            return None, []
        levels = {bucket: CostBudgetLevel(*row) for bucket, row in zip(places, rows, strict=False)}
        self.budgets.cache_overdrawn_levels(levels)
        return levels, rows[len(places) + len(unspent) :]


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
) -> RequestToCountAgainstRateLimits:
    """Return the Redis keys and limits that count a key's requests of one class on one day; cached."""
    quota = REQUEST_RATE_LIMITS_BY_TIER[tier]
    return RequestToCountAgainstRateLimits(
        rate_class,
        get_cost_budget_bucket(organization_id, tier),
        window=f"rate:{key}:{rate_class}",
        day=f"rate:{organization_id}:{day:%Y-%m-%d}",
        limit=quota.minute[rate_class],
        cap=0 if rate_class is RateClass.READ_LIGHT else quota.day,
    )


class _LimitScriptAnswer(NamedTuple):
    """Answer of the script for a group of equal requests: those that passed, and the limits after the reserved ones."""

    passed: int
    left: int
    resets_in: int
    left_of_day: int
    second: int
    reserved: int

    def build_state_after_last_request(
        self, charge: RequestToCountAgainstRateLimits, level: CostBudgetLevel, day_ends_in: int
    ) -> RateLimitState:
        """Return the limit state after the last reserved request of the group."""
        return RateLimitState(
            charge, True, self.left, self.resets_in, self.left_of_day, day_ends_in, self.second,  # noqa: FBT003
            level if level.is_overdrawn else None,
        )  # fmt: skip


def _build_request_limit_states(
    charges: Sequence[RequestToCountAgainstRateLimits],
    answers: Mapping[RequestToCountAgainstRateLimits, _LimitScriptAnswer],
    states: Mapping[RequestToCountAgainstRateLimits, RateLimitState],
) -> Iterator[RateLimitState]:
    """Yield each request's limit state, in order; of equal requests, the first pass, as many as the script allows."""
    counted: Counter[RequestToCountAgainstRateLimits] = Counter()
    for charge in charges:
        answer = answers[charge]
        counted[charge] += 1
        behind = answer.passed - counted[charge]
        state = states[charge].with_more_requests_left(max(0, behind) + answer.reserved)
        yield state if behind >= 0 else state._replace(passed=False)


def _uncounted_rate_limit_state(charge: RequestToCountAgainstRateLimits, day_ends_in: int) -> RateLimitState:
    return RateLimitState(
        charge, passed=True, left=charge.limit, resets_in=REQUEST_LIMIT_WINDOW_S, left_of_day=charge.cap,
        day_ends_in=day_ends_in, second=0,
    )  # fmt: skip
