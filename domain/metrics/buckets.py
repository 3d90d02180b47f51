"""Buckets of a zone: hours, days and weeks as its clocks show them, each a stretch of time.

zoneinfo alone says when clocks are put; SQL gets instants, never a zone's name. A day may have 21 to 27
hours, and a day that a zone left out has no bucket. An hour is a stretch in which the clocks show one hour
by one offset: one that is shown twice is two buckets, one that is cut short is a short one.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.metrics.windows import Window
from schemas.errors import Invalid
from schemas.metrics import Granularity

#: Buckets of one answer.
MOST = 1_000

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


class Bucket(NamedTuple):
    """The part of a bucket that is in the window, and the whole bucket's name."""

    label: str
    since: datetime
    until: datetime


def cut(window: Window, zone: ZoneInfo, granularity: Granularity) -> list[Bucket]:
    """The buckets of a window in order, without a gap. Raises `Invalid` for more than `MOST`."""
    found, at = list[Bucket](), window.since
    while at < window.until:
        if len(found) == MOST:
            raise Invalid("granularity", f"the window has more than {MOST} of these: ask for longer ones")
        label, until = _CUTS[granularity](at, zone)
        found.append(Bucket(label, at, min(until, window.until)))
        at = until
    return found


def _hour(at: datetime, zone: ZoneInfo) -> tuple[str, datetime]:
    """The name and the end of the hour that an instant lies in. The name is its first instant."""
    shown = at.astimezone(zone)
    start = at - timedelta(minutes=shown.minute, seconds=shown.second, microseconds=shown.microsecond)
    end = start + HOUR
    if _offset(start, zone) != _offset(at, zone):
        start = _change(start, at, zone)
    if _offset(end, zone) != _offset(at, zone):
        end = _change(at, end, zone)
    return f"{start:%Y-%m-%dT%H:%M:%SZ}", end


def _day(at: datetime, zone: ZoneInfo) -> tuple[str, datetime]:
    day = at.astimezone(zone).date()
    return day.isoformat(), _midnight(day + DAY, zone, after=at)


def _week(at: datetime, zone: ZoneInfo) -> tuple[str, datetime]:
    """ISO's week, named by its Monday."""
    day = at.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    return monday.isoformat(), _midnight(monday + WEEK, zone, after=at)


def _midnight(day: date, zone: ZoneInfo, *, after: datetime) -> datetime:
    """The first instant at which the clocks show the day, or a later one where they pass over it."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone)
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first > second:
        return _change(second, first, zone)
    return first if first > after else second


def _change(before: datetime, behind: datetime, zone: ZoneInfo) -> datetime:
    """The instant, to the second, at which the clocks are put between two that have different offsets."""
    old = _offset(before, zone)
    while (apart := (behind - before) // timedelta(seconds=1)) > 1:
        middle = before + timedelta(seconds=apart // 2)
        if _offset(middle, zone) == old:
            before = middle
        else:
            behind = middle
    return behind


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


_CUTS: Mapping[Granularity, Callable[[datetime, ZoneInfo], tuple[str, datetime]]] = {
    "hour": _hour,
    "day": _day,
    "week": _week,
}
