"""Daily budgets of events: the events and bytes that an organization may send in a UTC day.

Each process counts its commits. One statement adds its counts to the table `intake_day` and returns the sums
of all processes. No request waits for it. A process adds an organization's count when it reaches 1/1000 of
the budget, a lot. So each process accepts at most a lot, one request and the commits during that statement
beyond a budget. Redis has no part in it, so a loss of Redis loses no count.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from db.pool import Conn, Pool, acquire_pg_connection
from db.queries import intake_day
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from domain.apps.app_keys import SdkAppOfEventRequest
from schemas.api_keys import OrganizationTier
from schemas.errors import LimitReached

MIB, GIB = 1 << 20, 1 << 30

#: Number of lots in a budget, and seconds after which a smaller count is added too.
EVENT_BUDGET_LOT_COUNT, EVENT_COUNT_FLUSH_INTERVAL_S = 1_000, 5.0

#: Seconds between two additions of a process, and rows of one statement.
EVENT_COUNT_WRITE_PAUSE_S, MAX_BUDGET_DAYS_PER_STATEMENT = 0.05, 500

#: Organizations with sums in this process's memory.
MAX_CACHED_ORG_EVENT_BUDGETS = 10_000

#: Days for which sums are stored, and rows that one run of `prune_old_event_budget_days` deletes.
EVENT_BUDGET_RETENTION_DAYS, MAX_EVENT_BUDGET_ROWS_PER_PRUNE = 35, 500

SECONDS_PER_DAY = 86_400

#: Names of both limits in a refusal.
DAILY_EVENTS_LIMIT_NAME, DAILY_EVENT_BYTES_LIMIT_NAME = "daily-events", "daily-event-bytes"


class TierDailyEventLimits(NamedTuple):
    """Events of a UTC day, and unpacked bytes of their bodies."""

    events: int
    size: int


EVENT_DAY_LIMITS_BY_TIER: Mapping[OrganizationTier, TierDailyEventLimits] = {
    "sandbox": TierDailyEventLimits(200_000, 200 * MIB),
    "standard": TierDailyEventLimits(2_000_000, 2 * GIB),
    "pilot": TierDailyEventLimits(20_000_000, 20 * GIB),
    "partner": TierDailyEventLimits(200_000_000, 200 * GIB),
}

#: Organization and UTC day.
_BudgetDayKey: TypeAlias = tuple[UUID, date]


class InMemoryEventBudgetDay:
    """Counts of an organization's UTC day in this process.

    `sum` is the sum over all processes at this process's last addition. `due` is its own count since then,
    and `held` counts the reserved events, which are queued or being committed.
    """

    __slots__ = ("due_events", "due_size", "held_events", "held_size", "key", "sum_events", "sum_size")

    def __init__(self, key: _BudgetDayKey) -> None:
        self.key = key
        self.sum_events = self.sum_size = 0
        self.due_events = self.due_size = 0
        self.held_events = self.held_size = 0

    @property
    def committed_event_count(self) -> int:
        return self.sum_events + self.due_events

    @property
    def committed_event_bytes(self) -> int:
        return self.sum_size + self.due_size

    @property
    def has_no_unwritten_or_reserved_events(self) -> bool:
        """Return whether the budget day can be dropped from memory: it has no unwritten and no reserved events."""
        return not (self.due_events or self.held_events)


class EventBudgets:
    """Budgets in one process of the API. `clock` gives the UTC day."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._days: dict[_BudgetDayKey, InMemoryEventBudgetDay] = {}
        self._ready: dict[_BudgetDayKey, InMemoryEventBudgetDay] = {}
        self._timer: asyncio.TimerHandle | None = None
        #: Set when counts are ready for the table.
        self.counts_ready = asyncio.Event()

    def check_organization_event_budget(self, app: SdkAppOfEventRequest) -> None:
        """Raise `LimitReached` if the app's organization has used up its events or bytes of this UTC day."""
        self._check_budget_of_day(self._get_or_create_today_event_counts(app), EVENT_DAY_LIMITS_BY_TIER[app.tier])

    def used_budget_share(self, app: SdkAppOfEventRequest) -> float:
        """Return the larger used share, of events or bytes, in the app's organization's daily budget: 0 to about 1."""
        day, budget = self._get_or_create_today_event_counts(app), EVENT_DAY_LIMITS_BY_TIER[app.tier]
        return max(day.committed_event_count / budget.events, day.committed_event_bytes / budget.size)

    def reserve_events_in_daily_budget(
        self, app: SdkAppOfEventRequest, events: int, size: int
    ) -> InMemoryEventBudgetDay:
        """Reserve events in the daily budget of the app's organization until `release_reserved_events`; return the day.

        Raises `LimitReached` if the budget is used up, or if commits under way may use the rest. `size` is in bytes.
        """
        day, budget = self._get_or_create_today_event_counts(app), EVENT_DAY_LIMITS_BY_TIER[app.tier]
        self._check_budget_of_day(day, budget)
        for limit, used, most in (
            (DAILY_EVENTS_LIMIT_NAME, day.committed_event_count + day.held_events, budget.events),
            (DAILY_EVENT_BYTES_LIMIT_NAME, day.committed_event_bytes + day.held_size, budget.size),
        ):
            if used >= most:
                raise LimitReached(limit, "the last events of this UTC day are being stored", retry_after=1)
        day.held_events += events
        day.held_size += size
        return day

    def release_reserved_events(self, day: InMemoryEventBudgetDay, events: int, size: int) -> None:
        day.held_events -= events
        day.held_size -= size

    def charge_budget_after_commit(self, app: SdkAppOfEventRequest, events: int, size: int) -> None:
        """Count an app's new events in its organization's daily budget, after their commit."""
        if not events:
            return
        day, budget = self._get_or_create_today_event_counts(app), EVENT_DAY_LIMITS_BY_TIER[app.tier]
        day.due_events += events
        day.due_size += size
        if (
            day.due_events * EVENT_BUDGET_LOT_COUNT >= budget.events
            or day.due_size * EVENT_BUDGET_LOT_COUNT >= budget.size
        ):
            self._ready[day.key] = day
            self.counts_ready.set()
        if self._timer is None:
            self._start_flush_timer()

    def queue_all_event_counts(self) -> None:
        """Queue all unwritten event counts for the next `add_ready_counts_to_postgres`, also those below a lot."""
        self._timer = None
        self._ready |= {key: day for key, day in self._days.items() if day.due_events}
        if self._ready:
            self.counts_ready.set()

    async def add_ready_counts_to_postgres(self, pool: Pool) -> None:
        """Add the ready event counts to the stored sums; while Postgres is unreachable, keep them for later.

        If Postgres' answer is lost they are added twice: at most a lot of each organization.
        """
        self.counts_ready.clear()
        try:
            while self._ready:
                keys = sorted(self._ready)[:MAX_BUDGET_DAYS_PER_STATEMENT]
                with convert_postgres_away_errors():
                    async with acquire_pg_connection(pool) as conn:
                        await _add_event_counts_to_budget_day_sums(conn, [self._ready[key] for key in keys])
                for key in keys:
                    del self._ready[key]
        except TRANSIENT_POSTGRES_ERRORS:
            pass
        finally:
            self._drop_settled_days()
            if self._timer is None and any(day.due_events for day in self._days.values()):
                self._start_flush_timer()

    def _get_or_create_today_event_counts(self, app: SdkAppOfEventRequest) -> InMemoryEventBudgetDay:
        key = app.organization_id, self._clock().date()
        day = self._days.get(key)
        if day is None:
            day = self._days[key] = InMemoryEventBudgetDay(key)
            if len(self._days) > MAX_CACHED_ORG_EVENT_BUDGETS:
                self._drop_settled_days()
        return day

    def _drop_settled_days(self) -> None:
        """Drop past budget days, and today's oldest above a maximum; keep unwritten or reserved ones."""
        today = self._clock().date()
        spare = len(self._days) - MAX_CACHED_ORG_EVENT_BUDGETS
        settled = [key for key, day in self._days.items() if day.has_no_unwritten_or_reserved_events]
        for place, key in enumerate(settled):
            if key[1] != today or place < spare:
                del self._days[key]

    def _start_flush_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(EVENT_COUNT_FLUSH_INTERVAL_S, self.queue_all_event_counts)

    def _check_budget_of_day(self, day: InMemoryEventBudgetDay, budget: TierDailyEventLimits) -> None:
        for limit, used, most in (
            (DAILY_EVENTS_LIMIT_NAME, day.committed_event_count, budget.events),
            (DAILY_EVENT_BYTES_LIMIT_NAME, day.committed_event_bytes, budget.size),
        ):
            if used >= most:
                message = "the organization's budget of events for this UTC day is used up: send these tomorrow"
                raise LimitReached(
                    limit, message, retry_after=SECONDS_PER_DAY - int(self._clock().timestamp()) % SECONDS_PER_DAY
                )


class _OrganizationEventDaySum(NamedTuple):
    organization_id: UUID
    day: date
    events: int
    bytes: int


class _EventBudgetDayUsageRow(NamedTuple):
    events: int
    bytes: int


_ADD_TO_EVENT_BUDGET_DAYS = intake_day.add_days.typed(_OrganizationEventDaySum)
_GET_ORGANIZATION_EVENT_DAY_USAGE = intake_day.get_day.typed(_EventBudgetDayUsageRow)


async def _add_event_counts_to_budget_day_sums(conn: Conn, days: list[InMemoryEventBudgetDay]) -> None:
    """Add the unwritten event counts of these days to the stored sums, and store the new sums in the days.

    A count stays unwritten until Postgres has answered.
    """
    counted = {day.key: (day, day.due_events, day.due_size) for day in days}
    sums = await _ADD_TO_EVENT_BUDGET_DAYS.all(
        conn,
        orgs=[org for org, _ in counted],
        days=[date for _, date in counted],
        events=[events for _, events, _ in counted.values()],
        bytes=[size for _, _, size in counted.values()],
    )
    for added in sums:
        day, events, size = counted[added.organization_id, added.day]
        day.due_events -= events
        day.due_size -= size
        day.sum_events, day.sum_size = added.events, added.bytes


async def read_used_event_budget(conn: Conn, *, organization_id: UUID, now: datetime) -> tuple[int, int]:
    """Return events and bytes of the organization's UTC day, as far as the processes have added them.

    Returns (0, 0) before the first addition of the day.
    """
    return await _GET_ORGANIZATION_EVENT_DAY_USAGE.one(conn, org=organization_id, day=now.astimezone(UTC).date()) or (
        0,
        0,
    )


def next_utc_midnight(now: datetime) -> datetime:
    """Return the first moment of the UTC day after `now`."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


async def prune_old_event_budget_days(conn: Conn) -> int:
    """Delete a batch of daily event sums older than `EVENT_BUDGET_RETENTION_DAYS`; return their number."""
    before = datetime.now(UTC).date() - timedelta(days=EVENT_BUDGET_RETENTION_DAYS)
    return await intake_day.prune_days.run(conn, before=before, limit=MAX_EVENT_BUDGET_ROWS_PER_PRUNE)
