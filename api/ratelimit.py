"""Rate limits: requests in 60 seconds for each key and class, writes in a UTC day for each organization.

What many requests ask in one moment goes to Redis as one script call. Redis away: they pass, and a metric
counts them. The headers are those of the IETF's draft-ietf-httpapi-ratelimit-headers.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from importlib.resources import files
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.coalescing import Coalesced
from domain.keys import Principal
from jobs.breaker import Breaker
from schemas.errors import Limited
from schemas.keys import Tier
from telemetry import metrics

BUDGET_S, COOL_S = 0.05, 1.0
WINDOW_S, DAY_S = 60, 86_400


class Class(StrEnum):
    """What a request costs us, by its route (api.md 5)."""

    READ_LIGHT = "read-light"
    WRITE_LIGHT = "write-light"
    LONG_RUNNING = "long-running"


class Quota(NamedTuple):
    """Requests a minute and key by class, writes a day and organization."""

    minute: dict[Class, int]
    day: int


def _quota(reads: int, writes: int, long: int, day: int) -> Quota:
    return Quota({Class.READ_LIGHT: reads, Class.WRITE_LIGHT: writes, Class.LONG_RUNNING: long}, day)


_STANDARD = _quota(120, 60, 20, 10_000)
QUOTAS: dict[Tier, Quota] = {
    "sandbox": _STANDARD,
    "standard": _STANDARD,
    "pilot": _quota(1200, 600, 60, 100_000),
    "partner": _quota(6000, 3000, 300, 500_000),
}


class Charge(NamedTuple):
    """What one request asks of the script: `cap` 0 counts no day, `second` names one to give back."""

    window: str
    day: str
    limit: int
    cap: int
    second: int = 0


class Standing(NamedTuple):
    """Where a key stands after one request. Times are seconds from now."""

    kind: Class
    charge: Charge
    passed: bool
    left: int
    resets_in: int
    left_of_day: int
    day_ends_in: int
    second: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        charge, policy, state = self.charge, f'"{self.kind}";q={{}};w=60', f'"{self.kind}";r={{}};t={{}}'
        policy, state = policy.format(charge.limit), state.format(self.left, self.resets_in)
        if charge.cap:
            policy += f', "daily-writes";q={charge.cap};w={DAY_S}'
            state += f', "daily-writes";r={self.left_of_day};t={self.day_ends_in}'
        return [
            (b"ratelimit-policy", policy.encode()),
            (b"ratelimit", state.encode()),
            (b"x-ratelimit-endpoint-class", self.kind.encode()),
        ]

    def given_back(self) -> "Standing":
        """Where the key stands once this request is uncounted."""
        return self._replace(left=self.left + 1)

    def refusal(self) -> Limited:
        """Why it did not pass: the day's cap where that is used up, else the minute's window."""
        if self.charge.cap and self.left_of_day <= 0:
            message = "the organization's writes of this UTC day are used up: go on tomorrow, or ask for more"
            return Limited("daily-writes", message, retry_after=self.day_ends_in)
        message = f"too many {self.kind} requests with this key: wait as long as Retry-After says"
        return Limited(self.kind, message, retry_after=self.resets_in)


class _Verdict(NamedTuple):
    passed: bool
    left: int
    resets_in: int
    left_of_day: int
    second: int


class Limiter:
    """`clock` names the UTC day; the window's clock is Redis's."""

    def __init__(self, redis: Redis, breaker: Breaker, clock: Callable[[], datetime]) -> None:
        script = files("api").joinpath("ratelimit.lua").read_text("utf-8")
        self._script = redis.register_script(script)
        self._breaker = breaker
        self._clock = clock
        self._charges = Coalesced(self._ask)

    async def charge(self, principal: Principal, kind: Class) -> Standing:
        """Count one request, if it may pass."""
        now = self._clock().astimezone(UTC)
        quota, org = QUOTAS[principal.tier], principal.organization_id
        charge = Charge(
            window=f"rate:{principal.key_uuid}:{kind}",
            day=f"rate:{org}:{now:%Y-%m-%d}",
            limit=quota.minute[kind],
            cap=0 if kind is Class.READ_LIGHT else quota.day,
        )
        verdict = await self._charges.get(charge)
        day_ends_in = DAY_S - (now.hour * 3600 + now.minute * 60 + now.second)
        return Standing(
            kind, charge, verdict.passed, verdict.left, verdict.resets_in, verdict.left_of_day, day_ends_in,
            verdict.second,
        )  # fmt: skip

    async def give_back(self, standing: Standing) -> None:
        """Uncount a read that turned out to be free."""
        await self._charges.get(standing.charge._replace(second=standing.second))

    async def _ask(self, charges: Sequence[Charge]) -> list[_Verdict]:
        if self._breaker.passes():
            try:
                async with asyncio.timeout(BUDGET_S):
                    verdicts = await self._run(charges)
            except (RedisError, OSError):
                self._breaker.failed()
            else:
                self._breaker.worked()
                return verdicts
        metrics.RATE_UNCOUNTED.inc(len(charges))
        return [
            _Verdict(passed=True, left=c.limit, resets_in=WINDOW_S, left_of_day=c.cap, second=0)
            for c in charges
        ]

    async def _run(self, charges: Sequence[Charge]) -> list[_Verdict]:
        """Those that ask the same are counted together; the first of them pass first."""
        asked = Counter(charges)
        keys = [key for charge in asked for key in (charge.window, charge.day)]
        words = [word for c, many in asked.items() for word in (c.limit, c.cap, many, c.second)]
        rows = dict(zip(asked, await self._script(keys, words), strict=True))
        turns: Counter[Charge] = Counter()
        verdicts = []
        for charge in charges:
            passed, left, resets_in, left_of_day, now = rows[charge]
            turns[charge] += 1
            behind = max(0, passed - turns[charge])
            verdicts.append(
                _Verdict(turns[charge] <= passed, left + behind, resets_in, left_of_day + behind, now)
            )
        return verdicts


def _uncounted(charge: Charge) -> _Verdict:
    return _Verdict(passed=True, left=charge.limit, resets_in=WINDOW_S, left_of_day=charge.cap, second=0)
