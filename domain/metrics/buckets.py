"""Buckets of a zone: hours, days and weeks of its local time, each as a period of UTC.

Only zoneinfo knows the clock changes; SQL gets instants, never a zone's name. A day may have 21 to 27 hours,
and a day that a zone skipped has no bucket. An hour is a period with one local hour and one offset: a
repeated hour is two buckets, a shortened one is a short bucket.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.metrics.windows import TimeWindow
from schemas.errors import InvalidValue
from schemas.metrics import Granularity

#: Buckets of one answer.
MAX_METRIC_BUCKETS = 1_000

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


class LabelledTimeBucket(NamedTuple):
    """Part of a bucket inside the window, with the whole bucket's name."""

    label: str
    since: datetime
    until: datetime


def split_window_into_buckets(window: TimeWindow, zone: ZoneInfo, granularity: Granularity) -> list[LabelledTimeBucket]:
    """Return the hours, days or weeks of a zone in a window, in order and without a gap.

    The first and the last one are cut at the window's bounds. Raises `InvalidValue` above `MAX_METRIC_BUCKETS`.
    """
    buckets, at = list[LabelledTimeBucket](), window.since
    while at < window.until:
        if len(buckets) == MAX_METRIC_BUCKETS:
            raise InvalidValue(
                "granularity", f"the window has more than {MAX_METRIC_BUCKETS} of these: ask for longer ones"
            )
        label, until = _BUCKET_END_FINDER_BY_GRANULARITY[granularity](at, zone)
        buckets.append(LabelledTimeBucket(label, at, min(until, window.until)))
        at = until
    return buckets


def _find_label_and_end_of_hour_bucket(at: datetime, zone: ZoneInfo) -> tuple[str, datetime]:
    """Return the label and the end of the local hour with this instant. The label is the hour's first instant."""
    local = at.astimezone(zone)
    start = at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    end = start + HOUR
    if _utc_offset_at(start, zone) != _utc_offset_at(at, zone):
        start = _find_clock_change(start, at, zone)
    if _utc_offset_at(end, zone) != _utc_offset_at(at, zone):
        end = _find_clock_change(at, end, zone)
    return f"{start:%Y-%m-%dT%H:%M:%SZ}", end


def _find_label_and_end_of_day_bucket(at: datetime, zone: ZoneInfo) -> tuple[str, datetime]:
    day = at.astimezone(zone).date()
    return day.isoformat(), _find_local_midnight(day + DAY, zone, after=at)


def _find_label_and_end_of_week_bucket(at: datetime, zone: ZoneInfo) -> tuple[str, datetime]:
    """Return the label and the end of the local ISO week with this instant. The label is its Monday."""
    day = at.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    return monday.isoformat(), _find_local_midnight(monday + WEEK, zone, after=at)


def _find_local_midnight(day: date, zone: ZoneInfo, *, after: datetime) -> datetime:
    """Return the first instant of a local day, or the first one after a day that the zone skipped."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone)
    by_old_offset, by_new_offset = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if by_old_offset > by_new_offset:
        return _find_clock_change(by_new_offset, by_old_offset, zone)
    return by_old_offset if by_old_offset > after else by_new_offset


def _find_clock_change(before: datetime, behind: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a clock change, to the second, between two instants with different offsets."""
    old = _utc_offset_at(before, zone)
    while (apart := (behind - before) // timedelta(seconds=1)) > 1:
        middle = before + timedelta(seconds=apart // 2)
        if _utc_offset_at(middle, zone) == old:
            before = middle
        else:
            behind = middle
    return behind


def _utc_offset_at(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


_BUCKET_END_FINDER_BY_GRANULARITY: Mapping[Granularity, Callable[[datetime, ZoneInfo], tuple[str, datetime]]] = {
    "hour": _find_label_and_end_of_hour_bucket,
    "day": _find_label_and_end_of_day_bucket,
    "week": _find_label_and_end_of_week_bucket,
}
