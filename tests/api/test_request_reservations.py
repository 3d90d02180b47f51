"""Reservations of requests: processes together never exceed a limit, and unspent requests are returned."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from api.limits import rate_limits
from api.limits.cost_budgets import get_cost_budget_bucket
from api.limits.rate_limits import (
    RateClass,
    RateLimiter,
    RateLimitState,
    RequestLimitsPerMinuteAndDay,
    open_rate_limiter,
)
from api.limits.request_reservations import RATE_LIMIT_REQUEST_RESERVATION_S, RateLimitRequestReservations
from domain.tenancy.api_keys import Principal
from jobs.breaker import CircuitBreaker
from schemas import ids
from tests.api.budgets.charging import cost_of_share
from tests.api.conftest import ApiCaller
from tests.api.test_ratelimit import age_windows, read_reads_left
from tests.servers import ServerPair

LIMIT, DAY_LIMIT, PROCESSES = 200, 100_000, 3


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limit of Redis for a busy machine, and set one limit for every tier and class."""
    monkeypatch.setattr(rate_limits, "MAX_REDIS_WAIT_S", 60.0)
    limits = RequestLimitsPerMinuteAndDay(dict.fromkeys(RateClass, LIMIT), DAY_LIMIT)
    tiers = rate_limits.REQUEST_RATE_LIMITS_BY_TIER
    monkeypatch.setattr(rate_limits, "REQUEST_RATE_LIMITS_BY_TIER", dict.fromkeys(tiers, limits))
    rate_limits._build_rate_limit_keys.cache_clear()


class Process(NamedTuple):
    """A limiter with reservations by a clock that the test advances."""

    limiter: RateLimiter
    ahead_s: list[float]

    def read_clock(self) -> float:
        return time.monotonic() + self.ahead_s[0]

    async def request(self, who: Principal, rate_class: RateClass = RateClass.READ_LIGHT) -> RateLimitState:
        return await self.limiter.count_request(who, rate_class)

    def advance(self) -> None:
        """Let the open reservations end."""
        self.ahead_s[0] += RATE_LIMIT_REQUEST_RESERVATION_S


def principal(organization_id: UUID | None = None) -> Principal:
    owner = organization_id or ids.new_uuid7()
    return Principal(owner, "Acme", ids.new_uuid7(), "k", "live", "standard", frozenset(), (), expires_at=None)


@pytest_asyncio.fixture
async def processes(redis_url: str) -> AsyncIterator[list[Process]]:
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(PROCESSES):
            client = await stack.enter_async_context(Redis.from_url(redis_url))
            limiter = await stack.enter_async_context(
                open_rate_limiter(client, CircuitBreaker(0.0), lambda: datetime.now(UTC))
            )
            process = Process(limiter, [0.0])
            limiter._reservations = RateLimitRequestReservations(process.read_clock)
            opened.append(process)
        yield opened


class Window:
    """Accepted requests by virtual seconds: those of Redis, and those by which the test aged the counts.

    Each has the second before its step, and the last one at which Redis may count it.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis, self.aged_s = redis, 0
        self.accepted = list[tuple[int, int]]()

    async def second(self) -> int:
        return int((await self.redis.time())[0]) + self.aged_s

    async def add(self, began: int, states: list[RateLimitState]) -> None:
        """Record the requests that passed since `began`, and check the sum of the last 60 seconds."""
        now = await self.second()
        self.accepted += [(began, now + 1) for state in states if state.passed]
        assert sum(first > now - 60 for first, _ in self.accepted) <= LIMIT


async def take_step(
    process: Process, who: Principal, rate_class: RateClass, what: str, number: int
) -> list[RateLimitState]:
    """Send requests, let reservations end, or send requests that turn out to be free; return the counted states."""
    if what == "burst":
        return await asyncio.gather(*(process.request(who, rate_class) for _ in range(number)))
    if what == "end":
        process.advance()
    elif rate_class is RateClass.READ_LIGHT:
        states = [await process.request(who) for _ in range(number)]
        await asyncio.gather(*(process.limiter.uncount_request(state) for state in states if state.passed))
    return []


bursts = st.tuples(st.just("burst"), st.integers(0, PROCESSES - 1), st.integers(1, 60))
ends = st.tuples(st.just("end"), st.integers(0, PROCESSES - 1), st.just(0))
frees = st.tuples(st.just("free"), st.integers(0, PROCESSES - 1), st.integers(1, 10))
ages = st.tuples(st.just("age"), st.just(0), st.sampled_from([10, 25, 59]))


@given(course=st.lists(bursts | bursts | ends | frees | ages, min_size=5, max_size=30))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("rate_class", [RateClass.READ_LIGHT, RateClass.WRITE_LIGHT])
async def test_no_minute_has_more_requests_than_the_limit(
    processes: list[Process], redis: Redis, rate_class: RateClass, course: list[Any]
) -> None:
    """At any interleaving of bursts, ends of reservations and free requests. Then exactly the rest passes."""
    who, window = principal(), Window(redis)
    for what, place, number in course:
        if what == "age":
            for each in processes:
                await each.limiter.flush_charges_and_stop()
            window.aged_s += number
            await age_windows(redis, number)
        else:
            await window.add(await window.second(), await take_step(processes[place], who, rate_class, what, number))
    for process in processes:
        await process.limiter.flush_charges_and_stop()
    if rate_class is RateClass.WRITE_LIGHT:
        days = [int(await redis.get(key) or 0) async for key in redis.scan_iter(f"rate:{who.organization_id}:*")]
        assert sum(days) == len(window.accepted)
    began = await window.second()
    rest = LIMIT - sum(last > began - 60 for _, last in window.accepted)
    states = [await processes[0].request(who, rate_class) for _ in range(rest + 1)]
    await window.add(began, states)
    assert sum(state.passed for state in states) >= rest


async def test_sequential_requests_see_each_number_once(processes: list[Process]) -> None:
    """The header's number falls by one with each request, with and without reservations, and the last ones pass."""
    process, who = processes[0], principal()
    states = []
    for turn in range(LIMIT + 3):
        if turn % 17 == 0:
            process.advance()
        states.append(await process.request(who))
    assert [state.left for state in states] == [*range(LIMIT - 1, -1, -1), 0, 0, 0]
    assert [state.passed for state in states] == [True] * LIMIT + [False] * 3


async def test_a_process_reserves_at_most_a_twentieth_of_the_rest(processes: list[Process]) -> None:
    """Another process sees a 429 early by no more than that, and not once the reservation has ended."""
    first, second, *_ = processes
    who = principal()
    used = [await first.request(who) for _ in range(40)]
    states = await asyncio.gather(*(second.request(who) for _ in range(LIMIT)))
    passed = sum(state.passed for state in states)
    assert LIMIT - len(used) - LIMIT // 20 <= passed <= LIMIT - len(used)
    await first.limiter.flush_charges_and_stop()
    last = [await second.request(who) for _ in range(LIMIT // 20)]
    assert passed + sum(state.passed for state in last) + len(used) == LIMIT


async def test_a_free_request_is_not_put_back_after_its_second() -> None:
    now = [0.0]
    reservations = RateLimitRequestReservations(lambda: now[0])
    charge = rate_limits._build_rate_limit_keys(
        ids.new_uuid7(), ids.new_uuid7(), "standard", RateClass.READ_LIGHT, datetime.now(UTC).date()
    )
    counted = RateLimitState(charge, passed=True, left=9, resets_in=60, left_of_day=0, day_ends_in=1, second=7)
    reservations.open_reservation(counted, 2, used=1, called_at=0.0)
    spent = reservations.spend(charge)
    assert spent
    now[0] = RATE_LIMIT_REQUEST_RESERVATION_S
    reservations.end_expired()
    assert not reservations.put_back_free_request(spent)
    assert reservations.spend(charge) is None


async def test_a_slow_caller_reserves_nothing(processes: list[Process], redis: Redis) -> None:
    process, who = processes[0], principal()
    for _ in range(5):
        assert (await process.request(who)).passed
        process.advance()
        process.limiter._reservations.end_expired()
        process.advance()
        process.limiter._reservations.end_expired()
    [window] = [key async for key in redis.scan_iter(f"rate:{who.key_uuid}:*")]
    counts = await cast("Awaitable[list[str]]", redis.hvals(window))
    assert sum(int(count) for count in counts) == 5


async def test_an_active_caller_needs_few_script_calls(processes: list[Process], redis: Redis) -> None:
    process, who = processes[0], principal()

    async def count_calls() -> int:
        found = await redis.info("commandstats")
        return sum(int(one["calls"]) for name, one in found.items() if "evalsha" in name)

    before = await count_calls()
    for _ in range(LIMIT // 2):
        await process.request(who)
    assert await count_calls() - before <= LIMIT // 10


async def test_an_overdrawn_budget_refuses_reserved_requests(processes: list[Process]) -> None:
    process, who = processes[0], principal()
    for _ in range(3):
        await process.request(who)
    bucket = get_cost_budget_bucket(who.organization_id, "standard")
    process.limiter.charge_request_cost(bucket, cost_of_share("cpu", 1.5))
    await process.limiter._levels.queue_lookup(())
    state = await process.request(who)
    assert not state.passed
    assert state.refusal().details == {"limit": "budget", "resource": "cpu"}


async def test_half_a_budget_left_is_the_least_for_a_reservation(processes: list[Process]) -> None:
    process, who = processes[0], principal()
    bucket = get_cost_budget_bucket(who.organization_id, "standard")
    process.limiter.charge_request_cost(bucket, cost_of_share("database", 0.6))
    for _ in range(5):
        assert (await process.request(who)).passed
    assert all(not reservation.unspent for reservation in process.limiter._reservations._open.values())


async def test_requests_pass_while_redis_is_silent(
    own_servers: ServerPair, acme_apart: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reserved ones as counted, the others uncounted."""
    monkeypatch.setattr(rate_limits, "MAX_REDIS_WAIT_S", 0.05)
    for _ in range(10):
        assert (await acme_apart.http.get("/v1/whoami")).status_code == 200
    own_servers.valkey.pause()
    answers = await asyncio.gather(*(acme_apart.http.get("/v1/whoami") for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert {read_reads_left(answer) for answer in answers} >= {LIMIT}
