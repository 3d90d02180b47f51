"""Active users: distinct people in each of several periods, counted one by one."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event_person
from domain.events.people import QUARTER_HOURS_PER_DAY, QUARTER_HOURS_PER_HALF_DAY, keep_first_half_of_day_mask
from domain.metrics.windows import QUARTER_HOUR, TimeWindow

DAY = timedelta(days=1)
ALL_QUARTER_HOURS_OF_DAY_MASK = (1 << QUARTER_HOURS_PER_DAY) - 1

#: Least run of whole days that is read by month: a month has as many rows as one of its days.
MIN_ACTIVE_USER_DAYS_READ_BY_MONTH = 3


class _WindowActiveUserCount(NamedTuple):
    place: int
    n: int
    has_all_people: bool


COUNT_ACTIVE_USERS_IN_WINDOWS = event_person.count_people.typed(_WindowActiveUserCount)


#: Time to keep a number, and so the longest time that a rebuild may stay unnoticed.
ACTIVE_USER_CACHE_TIME = timedelta(minutes=10)


class ActiveUserCountCache:
    """Cache of this process: numbers of people by window, each with the window's number of events.

    Without a new event a window has no new person. So a cached number is as new as the query if the events
    were counted before the people: an event in between is noticed by the next query. A number is
    cached only if no people wait for a fold.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._found: OrderedDict[tuple[UUID, TimeWindow], tuple[int, int, datetime]] = OrderedDict()

    def find_valid_cached_user_count(
        self, project_id: UUID, window: TimeWindow, events: int, now: datetime
    ) -> int | None:
        """Return the cached number of active users in a window; None if missing, old, or for other `events`."""
        cached = self._found.get((project_id, window))
        if cached is None or cached[1] != events or now - cached[2] >= ACTIVE_USER_CACHE_TIME:
            return None
        return cached[0]

    def cache_user_count(self, project_id: UUID, window: TimeWindow, n: int, events: int, now: datetime) -> None:
        """Cache the number `n` of active users in a window with so many events; evict the oldest entry if full."""
        self._found[project_id, window] = n, events, now
        self._found.move_to_end((project_id, window))
        if len(self._found) > self._most:
            self._found.popitem(last=False)


async def count_active_users(
    conn: Conn, counted: ActiveUserCountCache, *, project_id: UUID, events: Mapping[TimeWindow, int], now: datetime
) -> list[int]:
    """Return the number of distinct active users in each window of `events`, cached or freshly counted.

    `events` has the number of events of each window, which the caller has just counted. The result has its order.
    """
    cached = {window: counted.find_valid_cached_user_count(project_id, window, n, now) for window, n in events.items()}
    fresh = await _query_active_user_counts(conn, project_id, [window for window, n in cached.items() if n is None])
    for window, (_, n, has_all_people) in fresh.items():
        if has_all_people:
            counted.cache_user_count(project_id, window, n, events[window], now)
    return [fresh[window].n if n is None else n for window, n in cached.items()]


async def find_active_user_recording_start(conn: Conn, *, project_id: UUID) -> datetime | None:
    """Return the UTC midnight of the first day with a recorded active user of a project; None without one."""
    day: date | None = await event_person.first_day.value(conn, project_id=project_id)
    return None if day is None else datetime.combine(day, time(), UTC)


async def _query_active_user_counts(
    conn: Conn, project_id: UUID, windows: Sequence[TimeWindow]
) -> dict[TimeWindow, _WindowActiveUserCount]:
    if not windows:
        return {}
    quarters, months = list[tuple[int, date, int]](), list[tuple[int, date, int]]()
    for place, window in enumerate(windows):
        days = compute_quarter_hour_masks_of_window(window)
        whole = [day for day, mask in days.items() if mask == ALL_QUARTER_HOURS_OF_DAY_MASK]
        by_month = whole if len(whole) >= MIN_ACTIVE_USER_DAYS_READ_BY_MONTH else []
        quarters += [(place, day, mask) for day, mask in days.items() if day not in {*by_month}]
        months += [(place, month, mask) for month, mask in _day_masks_by_month(by_month).items()]
    rows = await COUNT_ACTIVE_USERS_IN_WINDOWS.all(
        conn,
        project_id=project_id,
        places=[place for place, _, _ in quarters],
        days=[day for _, day, _ in quarters],
        ams=[keep_first_half_of_day_mask(mask) for _, _, mask in quarters],
        pms=[mask >> QUARTER_HOURS_PER_HALF_DAY for _, _, mask in quarters],
        month_places=[place for place, _, _ in months],
        months=[month for _, month, _ in months],
        month_days=[mask for _, _, mask in months],
    )
    return {windows[row.place]: row for row in rows}


def compute_quarter_hour_masks_of_window(window: TimeWindow) -> dict[date, int]:
    """Return the UTC days of a window, each with a bit mask of its quarter-hours in the window."""
    quarters: dict[date, int] = {}
    midnight = datetime.combine(window.since.date(), time(), UTC)
    while midnight < window.until:
        first_quarter = max(window.since - midnight, timedelta(0)) // QUARTER_HOUR
        last = min(window.until - midnight, DAY) // QUARTER_HOUR
        quarters[midnight.date()] = (1 << last) - (1 << first_quarter)
        midnight += DAY
    return quarters


def _day_masks_by_month(days: Iterable[date]) -> dict[date, int]:
    months: dict[date, int] = {}
    for day in days:
        month = day.replace(day=1)
        months[month] = months.get(month, 0) | 1 << (day.day - 1)
    return months
