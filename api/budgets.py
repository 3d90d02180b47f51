"""Budgets by measured cost: token buckets of CPU, connection time and bytes for each organization.

The cost of a request is known after its end, so it is charged then and a bucket may owe. While it owes, its
organization's requests are refused. Charges are write-behind: they wait in this process until the next call
of the rate limit's script takes them along, `FLUSH_S` at most, so no request waits for them.

An organization has two buckets. Its keys pay from the one. Traffic of strangers, which is events of its apps
and readers of its public files, pays from the other: a stranger must not use up what the keys need.
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
from telemetry.costs import Cost

#: Seconds for which a charge waits in this process at most. Requests with events, and readers of files, ask
#: no script that could take their charges along: all of them together cost one call of it in so long.
FLUSH_S = 1.0

#: A full bucket holds the refill of so many seconds.
BURST_S = 60

#: Overdrawn buckets that a process remembers, at most.
MAX_REMEMBERED = 10_000

#: Times are counted in microseconds.
MICROS = 1_000_000

MIB = 1 << 20


class Traffic(StrEnum):
    """The two kinds of requests, each with a bucket of its own."""

    KEYS = "keys"
    PUBLIC = "public"


#: In the order of `Rates`, which is the order of `budgets` in `ratelimit.lua`.
RESOURCES: tuple[Resource, ...] = ("cpu", "database", "bytes")

_WHY: Mapping[Resource, str] = {
    "cpu": "its requests took more CPU time than its tier has",
    "database": "its requests took more database time than its tier has",
    "bytes": "its requests moved more bytes than its tier has",
}


class Rates(NamedTuple):
    """Refill of a bucket in a second: microseconds of CPU and of connection time, and bytes."""

    cpu: int
    database: int
    bytes: int


NOTHING = Rates(0, 0, 0)


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


class Bucket(NamedTuple):
    """A bucket in Redis: its key and its refill."""

    key: str
    rates: Rates


@lru_cache(maxsize=10_000)
def bucket_of(organization_id: UUID, tier: Tier, traffic: Traffic = Traffic.KEYS) -> Bucket:
    """The bucket that pays for an organization's requests; a sandbox is an organization of its own."""
    return Bucket(f"budget:{organization_id}:{traffic}", RATES[traffic][tier])


class Level(NamedTuple):
    """The level of a bucket, as the script answers it.

    `worst` is 0, or the place of the resource that it owes for longest, counted from 1; `wait_ms` is for how
    long. The other fields are the amounts left, in the units of `Rates`; a negative amount is owed.
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
        """The refusal of a request, `waited_s` seconds after the script's answer."""
        resource = RESOURCES[self.worst - 1]
        wait_s = max(1, math.ceil(self.wait_ms / 1000 - waited_s))
        message = f"the organization is over its budget: {_WHY[resource]}; wait as long as Retry-After says"
        return Limited("budget", message, retry_after=wait_s, resource=resource)


class Budgets:
    """Charges that wait to be written, and the buckets that owe as this process saw them last.

    `clock` counts seconds; Redis's own clock refills the buckets.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pending: dict[Bucket, Rates] = {}
        #: The level of each, and when it was read.
        self._overdrawn: OrderedDict[str, tuple[Level, float]] = OrderedDict()

    def charge(self, bucket: Bucket, cost: Cost) -> None:
        """Keep the cost of a request for the next write."""
        spent = (round(cost.cpu_s * MICROS), round(cost.database_s * MICROS), cost.bytes)
        before = self._pending.get(bucket, NOTHING)
        self._pending[bucket] = Rates(*(one + more for one, more in zip(before, spent, strict=True)))

    @property
    def is_pending(self) -> bool:
        """True while charges wait."""
        return bool(self._pending)

    def take(self, buckets: Iterable[Bucket]) -> tuple[dict[Bucket, int], list[str | int]]:
        """The places of buckets in a call of the script, and its first arguments, with all charges that wait.

        Places are of `buckets` and of those with charges. Charges taken while Redis is away are lost.
        """
        spent, self._pending = self._pending, {}
        places = {bucket: place for place, bucket in enumerate(dict.fromkeys((*buckets, *spent)), 1)}
        words: list[str | int] = [len(places), BURST_S]
        for bucket in places:
            words += [*bucket.rates, *spent.get(bucket, NOTHING)]
        return places, words

    def note(self, levels: Mapping[Bucket, Level]) -> None:
        """Remember the levels of buckets as the script answered them."""
        for bucket, level in levels.items():
            self._overdrawn.pop(bucket.key, None)
            if level.overdrawn:
                self._overdrawn[bucket.key] = level, self._clock()
        while len(self._overdrawn) > MAX_REMEMBERED:
            self._overdrawn.popitem(last=False)

    def forget(self) -> None:
        """Forget all levels: while Redis is away no request is refused."""
        self._overdrawn.clear()

    def check(self, bucket: Bucket) -> None:
        """Raises `Limited` for a bucket that owed at this process's last write. Makes no round trip."""
        if bucket.key not in self._overdrawn:
            return
        level, read_at = self._overdrawn[bucket.key]
        waited_s = self._clock() - read_at
        if waited_s * 1000 < level.wait_ms:
            raise level.refusal(waited_s)


def shown(buckets: Mapping[Traffic, Bucket], levels: Sequence[Level] | None) -> list[BudgetUse]:
    """Levels of an organization's buckets as `GET /v1/usage` has them; None: Redis is away."""
    return [
        _shown(traffic, bucket.rates, place, levels[number] if levels else None)
        for number, (traffic, bucket) in enumerate(buckets.items())
        for place in range(len(RESOURCES))
    ]


def _shown(traffic: Traffic, rates: Rates, place: int, level: Level | None) -> BudgetUse:
    unit = 1 if RESOURCES[place] == "bytes" else MICROS
    refill = rates[place] / unit
    return BudgetUse(
        resource=RESOURCES[place],
        traffic=traffic.value,
        available=None if level is None else round(level[2 + place] / unit, 3),
        capacity=refill * BURST_S,
        per_second=refill,
    )
