"""Budgets by measured cost: token buckets of CPU, connection time and bytes for each organization.

The cost of a request is charged after its end, so a bucket may go into debt. While a bucket is in debt,
requests of its organization are refused. Charges are write-behind: they wait in this process until the next
call of the rate limit script, `MAX_COST_CHARGE_REDIS_DELAY_S` at most. No request waits for them.

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

from schemas.api_keys import OrganizationTier
from schemas.errors import LimitReached
from schemas.usage import BudgetResource, BudgetUse
from telemetry.costs import RequestCostMeter

#: Maximum seconds that a charge waits in this process. Requests with events and downloads don't call the
#: script themselves, so one call per `MAX_COST_CHARGE_REDIS_DELAY_S` carries all their charges.
MAX_COST_CHARGE_REDIS_DELAY_S = 1.0

#: Seconds of refill in a full bucket.
COST_BUDGET_CAPACITY_S = 60

#: Maximum number of overdrawn buckets that a process remembers.
MAX_CACHED_OVERDRAWN_BUCKETS = 10_000

#: Microseconds in a second: times are counted in microseconds.
MICROSECONDS_PER_SECOND = 1_000_000

MIB = 1 << 20


class KeyOrPublicTraffic(StrEnum):
    """Kind of a request: with an API key, or public (app events, files by URL). Each has its own bucket."""

    KEYS = "keys"
    PUBLIC = "public"


#: In the order of the fields of `BudgetRefillRates`, which is the order of `budgets` in `rate_limits.lua`.
COST_BUDGET_RESOURCES: tuple[BudgetResource, ...] = ("cpu", "database", "bytes")

_COST_BUDGET_REFUSAL_REASONS: Mapping[BudgetResource, str] = {
    "cpu": "its requests used more CPU time than its tier allows",
    "database": "its requests used more database time than its tier allows",
    "bytes": "its requests moved more bytes than its tier allows",
}


class BudgetRefillRates(NamedTuple):
    """Refill of a bucket per second: microseconds of CPU and of connection time, and bytes."""

    cpu: int
    database: int
    bytes: int


def _budget_refill_rates(*, cores: float, connections: float, mib: float) -> BudgetRefillRates:
    return BudgetRefillRates(
        int(cores * MICROSECONDS_PER_SECOND), int(connections * MICROSECONDS_PER_SECOND), int(mib * MIB)
    )


_STANDARD_API_KEY_REFILL_RATES = _budget_refill_rates(cores=0.4, connections=1, mib=8)
_STANDARD_PUBLIC_BUDGET_REFILL_RATES = _budget_refill_rates(cores=1, connections=1, mib=16)
COST_REFILLS_BY_TRAFFIC_AND_TIER: Mapping[KeyOrPublicTraffic, Mapping[OrganizationTier, BudgetRefillRates]] = {
    KeyOrPublicTraffic.KEYS: {
        "sandbox": _STANDARD_API_KEY_REFILL_RATES,
        "standard": _STANDARD_API_KEY_REFILL_RATES,
        "pilot": _budget_refill_rates(cores=0.8, connections=2, mib=32),
        "partner": _budget_refill_rates(cores=2, connections=6, mib=128),
    },
    KeyOrPublicTraffic.PUBLIC: {
        "sandbox": _STANDARD_PUBLIC_BUDGET_REFILL_RATES,
        "standard": _STANDARD_PUBLIC_BUDGET_REFILL_RATES,
        "pilot": _budget_refill_rates(cores=3, connections=2, mib=64),
        "partner": _budget_refill_rates(cores=10, connections=6, mib=256),
    },
}


class CostBudgetBucket(NamedTuple):
    """A bucket in Redis: its key and its refill."""

    key: str
    rates: BudgetRefillRates


@lru_cache(maxsize=10_000)
def get_cost_budget_bucket(
    organization_id: UUID, tier: OrganizationTier, traffic: KeyOrPublicTraffic = KeyOrPublicTraffic.KEYS
) -> CostBudgetBucket:
    """Return the bucket for an organization's requests of one kind of traffic; a sandbox is its own organization."""
    return CostBudgetBucket(f"budget:{organization_id}:{traffic}", COST_REFILLS_BY_TRAFFIC_AND_TIER[traffic][tier])


class CostBudgetLevel(NamedTuple):
    """The level of a bucket, as the script returns it.

    `worst` is the 1-based index of the resource with the longest debt, or 0. `wait_ms` is the time until that
    debt is refilled. The other fields are the amounts left, in the units of `BudgetRefillRates`; a negative
    amount is debt.
    """

    worst: int
    wait_ms: int
    cpu: int
    database: int
    bytes: int

    @property
    def is_overdrawn(self) -> bool:
        return self.worst > 0

    def refusal(self, waited_s: float = 0.0) -> LimitReached:
        """Build the `LimitReached` of a refused request; `waited_s`, this level's age, shortens its `Retry-After`."""
        resource = COST_BUDGET_RESOURCES[self.worst - 1]
        wait_s = max(1, math.ceil(self.wait_ms / 1000 - waited_s))
        message = (
            f"the organization is over its budget: {_COST_BUDGET_REFUSAL_REASONS[resource]}; wait for the "
            "seconds in Retry-After"
        )
        return LimitReached("budget", message, retry_after=wait_s, resource=resource)


class PendingChargesAndOverdrawnBudgets:
    """Pending charges, and the overdrawn buckets as of this process's last call of the script.

    `clock` counts seconds; the clock of Redis refills the buckets.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        #: The amounts in the order of `BudgetRefillRates`.
        self._pending: dict[CostBudgetBucket, list[int]] = {}
        #: The level of each overdrawn bucket, and the time of its reading.
        self._overdrawn: OrderedDict[str, tuple[CostBudgetLevel, float]] = OrderedDict()

    def queue_charge(self, bucket: CostBudgetBucket, cost: RequestCostMeter) -> None:
        """Add the measured cost of a request to a bucket's pending charges, for the next write to Redis."""
        spent = self._pending.setdefault(bucket, [0, 0, 0])
        spent[0] += round(cost.cpu_s * MICROSECONDS_PER_SECOND)
        spent[1] += round(cost.database_s * MICROSECONDS_PER_SECOND)
        spent[2] += cost.bytes

    @property
    def has_pending_charges(self) -> bool:
        """Return whether charges wait for the next write to Redis."""
        return bool(self._pending)

    def take_all_charges_as_script_arguments(
        self, buckets: Iterable[CostBudgetBucket]
    ) -> tuple[dict[CostBudgetBucket, int], list[str | int]]:
        """Remove all pending charges; return them within the first arguments of the Redis script.

        The arguments cover `buckets` and all other buckets with pending charges. Return also the 1-based index
        of each of these buckets. The charges are lost if the script's call fails.
        """
        spent, self._pending = self._pending, {}
        places = {bucket: place for place, bucket in enumerate(dict.fromkeys((*buckets, *spent)), 1)}
        arguments: list[str | int] = [len(places), COST_BUDGET_CAPACITY_S]
        for bucket in places:
            arguments += [*bucket.rates, *spent.get(bucket, (0, 0, 0))]
        return places, arguments

    def cache_overdrawn_levels(self, levels: Mapping[CostBudgetBucket, CostBudgetLevel]) -> None:
        """Remember the script's overdrawn buckets, forget others; keep at most `MAX_CACHED_OVERDRAWN_BUCKETS`."""
        for bucket, level in levels.items():
            self._overdrawn.pop(bucket.key, None)
            if level.is_overdrawn:
                self._overdrawn[bucket.key] = level, self._clock()
        while len(self._overdrawn) > MAX_CACHED_OVERDRAWN_BUCKETS:
            self._overdrawn.popitem(last=False)

    def forget_overdrawn_levels(self) -> None:
        """Forget all overdrawn buckets, after Redis failed: no request is refused while it is away."""
        self._overdrawn.clear()

    def is_overdrawn(self, bucket: CostBudgetBucket) -> bool:
        """Return whether the bucket was overdrawn at the script's last call."""
        return bucket.key in self._overdrawn

    def check_bucket_not_overdrawn(self, bucket: CostBudgetBucket) -> None:
        """Raise `LimitReached` if the bucket was overdrawn at the script's last call and can't be refilled yet.

        The check uses this process's memory only, without a round trip.
        """
        if bucket.key not in self._overdrawn:
            return
        level, read_at = self._overdrawn[bucket.key]
        waited_s = self._clock() - read_at
        if waited_s * 1000 < level.wait_ms:
            raise level.refusal(waited_s)


def build_cost_budget_report(
    buckets: Mapping[KeyOrPublicTraffic, CostBudgetBucket], levels: Sequence[CostBudgetLevel] | None
) -> list[BudgetUse]:
    """Return the state of an organization's request budgets for `GET /v1/usage`: one for each bucket and resource.

    If `levels` is None, because Redis is away, the available amounts are None.
    """
    return [
        _build_budget_usage_of_resource(traffic, bucket.rates, place, levels[number] if levels else None)
        for number, (traffic, bucket) in enumerate(buckets.items())
        for place in range(len(COST_BUDGET_RESOURCES))
    ]


def _build_budget_usage_of_resource(
    traffic: KeyOrPublicTraffic, rates: BudgetRefillRates, place: int, level: CostBudgetLevel | None
) -> BudgetUse:
    unit = 1 if COST_BUDGET_RESOURCES[place] == "bytes" else MICROSECONDS_PER_SECOND
    refill = rates[place] / unit
    return BudgetUse(
        resource=COST_BUDGET_RESOURCES[place],
        traffic=traffic.value,
        available=None if level is None else round(level[2 + place] / unit, 3),
        capacity=refill * COST_BUDGET_CAPACITY_S,
        per_second=refill,
    )
