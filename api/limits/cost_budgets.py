"""Budgets by measured cost: token buckets of CPU, connection time and bytes for each organization.

The cost of a request is charged after its end, so a bucket may go into debt. While a bucket is in debt,
requests of its organization are refused. Charges are write-behind: they wait in this process until the next
call of the rate limit script, `FLUSH_INTERVAL_S` at most. No request waits for them.

An organization has two buckets. Requests with its keys pay from the first. Public traffic, which is events of
its apps and downloads of its public files, pays from the second: strangers must not use up the budget of the
keys.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from schemas.api_keys import Tier
from schemas.errors import Limited
from schemas.usage import BudgetUse, Resource
from telemetry.costs import RequestCost

#: Maximum seconds that a charge waits in this process. Requests with events and downloads don't call the
#: script themselves, so one call per `FLUSH_INTERVAL_S` carries all their charges.
FLUSH_INTERVAL_S = 1.0

#: Seconds of refill in a full bucket.
BURST_S = 60

#: Maximum number of overdrawn buckets that a process remembers.
MAX_REMEMBERED = 10_000

#: Microseconds in a second: times are counted in microseconds.
MICROS = 1_000_000

MIB = 1 << 20


class Traffic(StrEnum):
    """The two kinds of requests; each kind has its own bucket."""

    KEYS = "keys"
    PUBLIC = "public"


#: In the order of the fields of `Rates`, which is the order of `budgets` in `rate_limits.lua`.
RESOURCES: tuple[Resource, ...] = ("cpu", "database", "bytes")

_WHY: Mapping[Resource, str] = {
    "cpu": "its requests used more CPU time than its tier allows",
    "database": "its requests used more database time than its tier allows",
    "bytes": "its requests moved more bytes than its tier allows",
}


class Rates(NamedTuple):
    """Refill of a bucket per second: microseconds of CPU and of connection time, and bytes."""

    cpu: int
    database: int
    bytes: int


NO_COST = Rates(0, 0, 0)


def _rates(*, cores: float, connections: float, mib: float) -> Rates:
    return Rates(int(cores * MICROS), int(connections * MICROS), int(mib * MIB))


_STANDARD = _rates(cores=0.4, connections=1, mib=8)
_STANDARD_PUBLIC = _rates(cores=1, connections=1, mib=16)
RATES: Mapping[Traffic, Mapping[Tier, Rates]] = {
    Traffic.KEYS: {
        "sandbox": _STANDARD,
        "standard": _STANDARD,
        "pilot": _rates(cores=0.8, connections=2, mib=32),
        "partner": _rates(cores=2, connections=6, mib=128),
    },
    Traffic.PUBLIC: {
        "sandbox": _STANDARD_PUBLIC,
        "standard": _STANDARD_PUBLIC,
        "pilot": _rates(cores=3, connections=2, mib=64),
        "partner": _rates(cores=10, connections=6, mib=256),
    },
}


class BudgetBucket(NamedTuple):
    """A bucket in Redis: its key and its refill."""

    key: str
    rates: Rates


@lru_cache(maxsize=10_000)
def bucket_of(organization_id: UUID, tier: Tier, traffic: Traffic = Traffic.KEYS) -> BudgetBucket:
    """Return the bucket that pays for an organization's requests; a sandbox is a separate organization."""
    return BudgetBucket(f"budget:{organization_id}:{traffic}", RATES[traffic][tier])


class BucketLevel(NamedTuple):
    """The level of a bucket, as the script returns it.

    `worst` is the 1-based index of the resource with the longest debt, or 0. `wait_ms` is the time until that
    debt is refilled. The other fields are the amounts left, in the units of `Rates`; a negative amount is
    debt.
    """

    worst: int
    wait_ms: int
    cpu: int
    database: int
    bytes: int

    @property
    def overdrawn(self) -> bool:
        return self.worst > 0

    def refusal(self, waited_s: float = 0.0) -> Limited:
        """Build the refusal of a request, `waited_s` seconds after the script's answer."""
        resource = RESOURCES[self.worst - 1]
        wait_s = max(1, math.ceil(self.wait_ms / 1000 - waited_s))
        message = (
            f"the organization is over its budget: {_WHY[resource]}; wait for the seconds in Retry-After"
        )
        return Limited("budget", message, retry_after=wait_s, resource=resource)


class CostBudgets:
    """Pending charges, and the overdrawn buckets as of this process's last call of the script.

    `clock` counts seconds; the clock of Redis refills the buckets.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pending: dict[BudgetBucket, Rates] = {}
        #: The level of each overdrawn bucket, and the time of its reading.
        self._overdrawn: OrderedDict[str, tuple[BucketLevel, float]] = OrderedDict()

    def charge(self, bucket: BudgetBucket, cost: RequestCost) -> None:
        """Queue the cost of a request for the next write."""
        spent = (round(cost.cpu_s * MICROS), round(cost.database_s * MICROS), cost.bytes)
        before = self._pending.get(bucket, NO_COST)
        self._pending[bucket] = Rates(*(old + added for old, added in zip(before, spent, strict=True)))

    @property
    def is_pending(self) -> bool:
        """Return whether charges are pending."""
        return bool(self._pending)

    def take(self, buckets: Iterable[BudgetBucket]) -> tuple[dict[BudgetBucket, int], list[str | int]]:
        """Return bucket indexes and the script's first arguments; take all pending charges.

        Indexes cover `buckets` and the buckets with pending charges. Charges of a call that fails because
        Redis is away are lost.
        """
        spent, self._pending = self._pending, {}
        places = {bucket: place for place, bucket in enumerate(dict.fromkeys((*buckets, *spent)), 1)}
        arguments: list[str | int] = [len(places), BURST_S]
        for bucket in places:
            arguments += [*bucket.rates, *spent.get(bucket, NO_COST)]
        return places, arguments

    def note(self, levels: Mapping[BudgetBucket, BucketLevel]) -> None:
        """Remember the overdrawn buckets among the levels that the script returned."""
        for bucket, level in levels.items():
            self._overdrawn.pop(bucket.key, None)
            if level.overdrawn:
                self._overdrawn[bucket.key] = level, self._clock()
        while len(self._overdrawn) > MAX_REMEMBERED:
            self._overdrawn.popitem(last=False)

    def forget(self) -> None:
        """Forget all levels: while Redis is away no request is refused."""
        self._overdrawn.clear()

    def check(self, bucket: BudgetBucket) -> None:
        """Raise `Limited` if the bucket was overdrawn at this process's last write. Makes no round trip."""
        if bucket.key not in self._overdrawn:
            return
        level, read_at = self._overdrawn[bucket.key]
        waited_s = self._clock() - read_at
        if waited_s * 1000 < level.wait_ms:
            raise level.refusal(waited_s)


def show_levels(
    buckets: Mapping[Traffic, BudgetBucket], levels: Sequence[BucketLevel] | None
) -> list[BudgetUse]:
    """Return the levels of an organization's buckets for `GET /v1/usage`; None: Redis is away."""
    return [
        _show_level(traffic, bucket.rates, place, levels[number] if levels else None)
        for number, (traffic, bucket) in enumerate(buckets.items())
        for place in range(len(RESOURCES))
    ]


def _show_level(traffic: Traffic, rates: Rates, place: int, level: BucketLevel | None) -> BudgetUse:
    unit = 1 if RESOURCES[place] == "bytes" else MICROS
    refill = rates[place] / unit
    return BudgetUse(
        resource=RESOURCES[place],
        traffic=traffic.value,
        available=None if level is None else round(level[2 + place] / unit, 3),
        capacity=refill * BURST_S,
        per_second=refill,
    )
