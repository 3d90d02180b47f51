"""Rate limits: requests in 60 seconds for each key and class, writes in a UTC day for each organization.

What many requests ask in one moment goes to Redis as one script call. Redis away: they pass, and a metric
counts them. The headers are those of the IETF's draft-ietf-httpapi-ratelimit-headers.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis

from api.coalescing import Coalesced
from db.redis_reach import reaching_redis
from domain.tenancy.api_keys import Principal
from jobs.breaker import Breaker
from jobs.loop_time import LoopTimeout
from schemas.api_keys import Tier
from schemas.errors import Limited, RedisAway
from telemetry import metrics

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
    """One request as the script counts it: `cap` 0 counts no day, `second` names one to give back."""

    rate_class: Class
    window: str
    day: str
    limit: int
    cap: int
    second: int = 0


class Standing(NamedTuple):
    """The standing of a key after one request, counted in `second`. Times are seconds from now."""

    charge: Charge
    passed: bool
    left: int
    resets_in: int
    left_of_day: int
    day_ends_in: int
    second: int

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
        """The reason why it did not pass: the day's cap where that is used up, else the minute's window."""
        if self.charge.cap and self.left_of_day <= 0:
            message = "the organization's writes of this UTC day are used up: go on tomorrow, or ask for more"
            return Limited("daily-writes", message, retry_after=self.day_ends_in)
        rate_class = self.charge.rate_class
        message = f"too many {rate_class} requests with this key: wait as long as Retry-After says"
        return Limited(rate_class, message, retry_after=self.resets_in)


class Probation(NamedTuple):
    """The standing of an address whose key opens nothing: only such failures are counted."""

    limit: int
    left: int
    resets_in: int
    window_s: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        policy = f'"unknown-keys";q={self.limit};w={self.window_s}'
        state = f'"unknown-keys";r={self.left};t={self.resets_in}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


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

    def charge(self, principal: Principal, rate_class: Class) -> asyncio.Future[Standing]:
        """Count one request, if it may pass. It is on its way before it is waited for."""
        who = principal.key_uuid, principal.organization_id, principal.tier
        return self._charges.ask(_charge(*who, rate_class, self._clock().date()))

    async def give_back(self, standing: Standing) -> None:
        """Uncount a request that turned out to be free; of a write, the day's count stays."""
        await self._charges.ask(standing.charge._replace(second=standing.second))

    async def _ask(self, charges: Sequence[Charge]) -> list[Standing]:
        day_ends_in = DAY_S - int(self._clock().timestamp()) % DAY_S
        asked = Counter(charges)
        keys = [key for charge in asked for key in (charge.window, charge.day)]
        words = [word for c, many in asked.items() for word in (c.limit, c.cap, many, c.second)]
        rows = await self._script.run(keys, words, asked=len(charges))
        if rows is None:
            return [_uncounted(charge, day_ends_in) for charge in charges]
        return list(_standings(charges, dict(zip(asked, rows, strict=True)), day_ends_in))


@lru_cache(maxsize=2_000)
def _charge(key: UUID, organization_id: UUID, tier: Tier, rate_class: Class, day: date) -> Charge:
    """The charge of each request of a key, of a class, in a day."""
    quota = QUOTAS[tier]
    return Charge(
        rate_class,
        window=f"rate:{key}:{rate_class}",
        day=f"rate:{organization_id}:{day:%Y-%m-%d}",
        limit=quota.minute[rate_class],
        cap=0 if rate_class is Class.READ_LIGHT else quota.day,
    )


def _standings(
    charges: Sequence[Charge], rows: Mapping[Charge, list[int]], day_ends_in: int
) -> Iterator[Standing]:
    """Those that ask the same were counted together: the first of them pass, each with one less left."""
    counted: Counter[Charge] = Counter()
    for charge in charges:
        passed, left, resets_in, left_of_day, second = rows[charge]
        counted[charge] += 1
        behind = max(0, passed - counted[charge])
        yield Standing(
            charge,
            counted[charge] <= passed,
            left + behind,
            resets_in,
            left_of_day + behind,
            day_ends_in,
            second,
        )


def _uncounted(charge: Charge, day_ends_in: int) -> Standing:
    return Standing(
        charge,
        passed=True,
        left=charge.limit,
        resets_in=WINDOW_S,
        left_of_day=charge.cap,
        day_ends_in=day_ends_in,
        second=0,
    )
