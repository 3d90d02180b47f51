"""Rate limits: requests in 60 seconds for each key and class, writes in a UTC day for each organization.

What many requests ask in one moment goes to Redis as one script call. Redis away: they pass, and a metric
counts them. The headers are those of the IETF's draft-ietf-httpapi-ratelimit-headers. The same call checks
the organization's budget by measured cost and writes the charges that wait (`api/budgets.py`).
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

from api.budgets import FLUSH_S, Bucket, Budgets, Level, Traffic, bucket_of, shown
from api.coalescing import Coalesced
from db.redis_reach import reaching_redis
from domain.tenancy.api_keys import Principal
from jobs.breaker import Breaker
from jobs.loop_time import LoopTimeout
from schemas.api_keys import Tier
from schemas.errors import Limited, RedisAway
from schemas.usage import BudgetUse
from telemetry import metrics
from telemetry.costs import Cost

#: Seconds that a request may wait for Redis, in the loop's own time, and for which it isn't asked again after
#: a failure; and those that the start of the process waits for it.
BUDGET_S, COOL_S, START_S = 0.05, 1.0, 1.0
WINDOW_S, DAY_S = 60, 86_400


class Class(StrEnum):
    """The class of a route, by what its requests cost us."""

    READ_LIGHT = "read-light"
    WRITE_LIGHT = "write-light"
    LONG_RUNNING = "long-running"


class RequestLimits(NamedTuple):
    """Requests a minute and key by class, writes a day and organization."""

    minute: dict[Class, int]
    day: int


def _quota(reads: int, writes: int, long: int, day: int) -> RequestLimits:
    return RequestLimits({Class.READ_LIGHT: reads, Class.WRITE_LIGHT: writes, Class.LONG_RUNNING: long}, day)


_STANDARD = _quota(120, 60, 20, 10_000)
QUOTAS: dict[Tier, RequestLimits] = {
    # Whoever evaluates the product tries many jobs in a minute, and a sandbox's cost little.
    "sandbox": _quota(120, 60, 60, 10_000),
    "standard": _STANDARD,
    "pilot": _quota(1200, 600, 60, 100_000),
    "partner": _quota(6000, 3000, 300, 500_000),
}


class Charge(NamedTuple):
    """One request as the script counts it: `cap` 0 counts no day, `second` names one to give back.

    `budget` is the bucket that its organization's keys pay from.
    """

    rate_class: Class
    budget: Bucket
    window: str
    day: str
    limit: int
    cap: int
    second: int = 0


class Standing(NamedTuple):
    """The standing of a key after one request, counted in `second`. Times are seconds from now.

    `level` is that of the organization's budget where it is overdrawn.
    """

    charge: Charge
    passed: bool
    left: int
    resets_in: int
    left_of_day: int
    day_ends_in: int
    second: int
    level: Level | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        charge = self.charge
        policy = f'"{charge.rate_class}";q={charge.limit};w={WINDOW_S}'
        state = f'"{charge.rate_class}";r={self.left};t={self.resets_in}'
        if charge.cap:
            policy += f', "daily-writes";q={charge.cap};w={DAY_S}'
            state += f', "daily-writes";r={self.left_of_day};t={self.day_ends_in}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]

    def given_back(self) -> "Standing":
        """The standing once this request is uncounted."""
        return self._replace(left=self.left + 1)

    def refusal(self) -> Limited:
        """The reason why it did not pass: the budget, else the day's cap, else the minute's window."""
        if self.level:
            return self.level.refusal()
        if self.charge.cap and self.left_of_day <= 0:
            message = "the organization's writes of this UTC day are used up: go on tomorrow, or ask for more"
            return Limited("daily-writes", message, retry_after=self.day_ends_in)
        rate_class = self.charge.rate_class
        message = f"too many {rate_class} requests with this key: wait as long as Retry-After says"
        return Limited(rate_class, message, retry_after=self.resets_in)


class CountingScript:
    """A script of ours in Redis, for which no request waits long."""

    def __init__(self, redis: Redis, breaker: Breaker, file: str) -> None:
        self._script = redis.register_script(files("api").joinpath(file).read_text("utf-8"))
        self._breaker = breaker

    async def start(self) -> None:
        """Open the connection and load the script, so that no request has to. Redis need not be there."""
        with contextlib.suppress(RedisAway), reaching_redis():
            async with asyncio.timeout(START_S):
                await self._script([], [])

    def rests(self, *, asked: int) -> bool:
        """True while Redis is left alone after a failure; counts requests that ask nevertheless."""
        if self._breaker.rests:
            metrics.RATE_UNCOUNTED.inc(asked)
        return self._breaker.rests

    async def run(
        self, keys: Sequence[str], words: Sequence[str | int], *, asked: int
    ) -> list[list[int]] | None:
        """Its answer; None while Redis is away, and then a metric counts those that asked."""
        if self._breaker.passes():
            try:
                with reaching_redis():
                    async with LoopTimeout(BUDGET_S):
                        rows: list[list[int]] = await self._script(keys, words)
            except RedisAway:
                self._breaker.failed()
            else:
                self._breaker.worked()
                return rows
        metrics.RATE_UNCOUNTED.inc(asked)
        return None


class Limiter:
    """`clock` names the UTC day; the window's clock is Redis's."""

    def __init__(self, redis: Redis, breaker: Breaker, clock: Callable[[], datetime]) -> None:
        self._script = CountingScript(redis, breaker, "ratelimit.lua")
        self.start = self._script.start
        self._clock = clock
        self._charges = Coalesced(self._ask)
        self._levels = Coalesced(self._ask_levels)
        self._flushing: asyncio.TimerHandle | None = None
        self.budgets = Budgets()

    def charge(self, principal: Principal, rate_class: Class) -> asyncio.Future[Standing]:
        """Count one request, if it may pass. It is on its way before it is waited for."""
        who = principal.key_uuid, principal.organization_id, principal.tier
        return self._charges.ask(_charge(*who, rate_class, self._clock().date()))

    async def give_back(self, standing: Standing) -> None:
        """Uncount a request that turned out to be free; of a write, the day's count stays."""
        await self._charges.ask(standing.charge._replace(second=standing.second))

    def spend(self, bucket: Bucket, cost: Cost) -> None:
        """Charge a request that has ended; a background call writes the charge within `FLUSH_S`."""
        self.budgets.charge(bucket, cost)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(FLUSH_S, self._flush)

    async def close(self) -> None:
        """Write the charges that wait."""
        if self._flushing:
            self._flushing.cancel()
            self._flushing = None
        if self.budgets.is_pending:
            await self._levels.ask(())

    async def usage(self, organization_id: UUID, tier: Tier) -> list[BudgetUse]:
        """The budgets of an organization, as they are now."""
        buckets = {traffic: bucket_of(organization_id, tier, traffic) for traffic in Traffic}
        return shown(buckets, await self._levels.ask(tuple(buckets.values())))

    def _flush(self) -> None:
        """Write the charges that wait, unless a request's question has taken them along meanwhile."""
        self._flushing = None
        if self.budgets.is_pending and self._script.rests(asked=0):
            self._flushing = asyncio.get_running_loop().call_later(COOL_S, self._flush)
        elif self.budgets.is_pending:
            self._levels.ask(())

    async def _ask(self, charges: Sequence[Charge]) -> list[Standing]:
        day_ends_in = DAY_S - int(self._clock().timestamp()) % DAY_S
        asked = Counter(charges)
        levels, rows = await self._run([charge.budget for charge in asked], asked)
        if levels is None:
            return [_uncounted(charge, day_ends_in) for charge in charges]
        return list(_standings(charges, dict(zip(asked, rows, strict=True)), levels, day_ends_in))

    async def _ask_levels(self, questions: Sequence[tuple[Bucket, ...]]) -> list[list[Level] | None]:
        levels, _ = await self._run([bucket for asked in questions for bucket in asked], Counter())
        return [None if levels is None else [levels[bucket] for bucket in asked] for asked in questions]

    async def _run(
        self, budgets: Iterable[Bucket], asked: "Counter[Charge]"
    ) -> tuple[dict[Bucket, Level] | None, list[list[int]]]:
        """One call of the script: all charges that wait, the levels of `budgets`, and requests that ask.

        While no call is made, charges wait. Charges of a failed call are lost: it may have written them.
        """
        if self._script.rests(asked=asked.total()):
            return None, []
        places, words = self.budgets.take(budgets)
        keys = [bucket.key for bucket in places]
        keys += [key for charge in asked for key in (charge.window, charge.day)]
        for one, many in asked.items():
            words += [one.limit, one.cap, many, one.second, places[one.budget]]
        rows = await self._script.run(keys, words, asked=asked.total())
        if rows is None:
            self.budgets.forget()
            return None, []
        levels = {bucket: Level(*row) for bucket, row in zip(places, rows, strict=False)}
        self.budgets.note(levels)
        return levels, rows[len(places) :]


@contextlib.asynccontextmanager
async def open_limiter(
    redis: Redis, breaker: Breaker, clock: Callable[[], datetime]
) -> AsyncIterator[Limiter]:
    """A limiter that has its connection, and has written all charges at the end of the block."""
    limiter = Limiter(redis, breaker, clock)
    await limiter.start()
    try:
        yield limiter
    finally:
        await limiter.close()


@lru_cache(maxsize=2_000)
def _charge(key: UUID, organization_id: UUID, tier: Tier, rate_class: Class, day: date) -> Charge:
    """The charge of each request of a key, of a class, in a day."""
    quota = QUOTAS[tier]
    return Charge(
        rate_class,
        bucket_of(organization_id, tier),
        window=f"rate:{key}:{rate_class}",
        day=f"rate:{organization_id}:{day:%Y-%m-%d}",
        limit=quota.minute[rate_class],
        cap=0 if rate_class is Class.READ_LIGHT else quota.day,
    )


def _standings(
    charges: Sequence[Charge],
    rows: Mapping[Charge, list[int]],
    levels: Mapping[Bucket, Level],
    day_ends_in: int,
) -> Iterator[Standing]:
    """Those that ask the same were counted together: the first of them pass, each with one less left."""
    counted: Counter[Charge] = Counter()
    for charge in charges:
        passed, left, resets_in, left_of_day, second = rows[charge]
        counted[charge] += 1
        behind, level = max(0, passed - counted[charge]), levels[charge.budget]
        yield Standing(
            charge,
            counted[charge] <= passed,
            left + behind,
            resets_in,
            left_of_day + behind,
            day_ends_in,
            second,
            level if level.overdrawn else None,
        )


def _uncounted(charge: Charge, day_ends_in: int) -> Standing:
    return Standing(
        charge, passed=True, left=charge.limit, resets_in=WINDOW_S, left_of_day=charge.cap,
        day_ends_in=day_ends_in, second=0,
    )  # fmt: skip
