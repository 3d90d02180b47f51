"""Buckets by zone: each instant is in the bucket of its local time, through all clock changes."""

import random
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.metrics import buckets
from domain.metrics.buckets import LabelledTimeBucket
from domain.metrics.windows import EARLIEST_WINDOW_TIME, LATEST_WINDOW_TIME, QUARTER_HOUR, TimeWindow
from domain.values import timezones
from schemas.errors import InvalidValue
from schemas.metrics import Granularity

SECOND = timedelta(seconds=1)
LENGTHS: dict[Granularity, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
#: No zone has shown a midnight twice across a date change after that.
FIRST, LAST = datetime(2011, 1, 1, tzinfo=UTC), LATEST_WINDOW_TIME


def shown(at: datetime, zone: ZoneInfo, granularity: Granularity) -> Any:
    """Return the local time of an instant at the bucket's precision, computed in another way than the
    buckets.
    """
    local = at.astimezone(zone)
    if granularity == "hour":
        return local.date(), local.hour, local.utcoffset()
    if granularity == "day":
        return local.date().isoformat()
    year, week, _ = local.isocalendar()
    return datetime.fromisocalendar(year, week, 1).date().isoformat()


def at_random(dice: random.Random) -> tuple[ZoneInfo, TimeWindow, Granularity]:
    """Return a window of up to 60 buckets; half of the windows are around a clock change."""
    zone = ZoneInfo(dice.choice(sorted(timezones.known_timezone_names())))
    granularity = dice.choice(sorted(LENGTHS))
    middle = FIRST + (LAST - FIRST) * dice.random()
    if dice.random() < 0.5:
        steps = (middle + timedelta(days=day) for day in range(400))
        middle = next((step for step in steps if _put(step, zone)), middle)
    since = max(FIRST, middle - LENGTHS[granularity] * dice.uniform(0.1, 30)).replace(second=0, microsecond=0)
    until = middle + LENGTHS[granularity] * dice.uniform(0.1, 30)
    return zone, TimeWindow(since, until.replace(second=0, microsecond=0) + QUARTER_HOUR), granularity


def _put(step: datetime, zone: ZoneInfo) -> bool:
    return step.astimezone(zone).utcoffset() != (step + timedelta(days=1)).astimezone(zone).utcoffset()


def wrong(dice: random.Random) -> list[Any]:
    """Return instants of a random window in a wrong bucket, some of them at its ends."""
    zone, window, granularity = at_random(dice)
    cut = buckets.split_window_into_buckets(window, zone, granularity)
    assert [bucket.until for bucket in cut] == [bucket.since for bucket in cut[1:]] + [window.until]
    assert cut[0].since == window.since
    instants = [window.since + (window.until - window.since) * dice.random() for _ in range(12)]
    instants += [bucket.since for bucket in cut] + [bucket.until - SECOND for bucket in cut]
    starts = [bucket.since for bucket in cut]
    found = [(at, cut[bisect_right(starts, at) - 1]) for at in instants]
    return [(zone, at, bucket) for at, bucket in found if not _is_right(at, bucket, zone, granularity)]


def _is_right(at: datetime, bucket: LabelledTimeBucket, zone: ZoneInfo, granularity: Granularity) -> bool:
    """An hour's name is the first instant with that local hour and offset."""
    said = shown(at, zone, granularity)
    if granularity != "hour":
        return bool(said == bucket.label)
    first = datetime.fromisoformat(bucket.label)
    return bool(said == shown(first, zone, "hour") and said != shown(first - SECOND, zone, "hour"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("windows", [300, pytest.param(1_500, marks=pytest.mark.long)])
def test_no_instant_is_in_a_wrong_bucket(windows: int) -> None:
    dice = random.Random(windows)
    assert [bad for _ in range(windows) for bad in wrong(dice)] == []


def labels(zone: str, since: str, until: str, granularity: Granularity = "day") -> list[tuple[str, int]]:
    """Return the buckets' names with their minutes."""
    window = TimeWindow(datetime.fromisoformat(since), datetime.fromisoformat(until))
    cut = buckets.split_window_into_buckets(window, ZoneInfo(zone), granularity)
    return [(bucket.label, (bucket.until - bucket.since) // timedelta(minutes=1)) for bucket in cut]


@pytest.mark.parametrize(
    ("zone", "since", "until", "granularity", "expected"),
    [
        # A skipped day.
        ("Pacific/Apia", "2011-12-29T10:00Z", "2012-01-01T10:00Z", "day",
         [("2011-12-29", 1440), ("2011-12-31", 1440), ("2012-01-01", 1440)]),
        # Midnight is skipped: the day begins at one.
        ("America/Santiago", "2026-09-05T04:00Z", "2026-09-07T03:00Z", "day",
         [("2026-09-05", 1440), ("2026-09-06", 1380)]),
        # Midnight is repeated: the day begins with the first.
        ("America/Havana", "2026-11-01T04:00Z", "2026-11-02T05:00Z", "day", [("2026-11-01", 1500)]),
        # Half an hour, repeated and skipped.
        ("Australia/Lord_Howe", "2026-04-04T14:00Z", "2026-04-04T16:00Z", "hour",
         [("2026-04-04T14:00:00Z", 60), ("2026-04-04T15:00:00Z", 30), ("2026-04-04T15:30:00Z", 30)]),
        ("Australia/Lord_Howe", "2026-10-03T14:30Z", "2026-10-03T16:00Z", "hour",
         [("2026-10-03T14:30:00Z", 60), ("2026-10-03T15:30:00Z", 30)]),
        # The first zone to start a day.
        ("Pacific/Kiritimati", "2026-11-26T10:00Z", "2026-11-28T00:00Z", "day",
         [("2026-11-27", 1440), ("2026-11-28", 840)]),
        # Parts of buckets have the whole one's name.
        ("Asia/Kathmandu", "2026-11-25T00:00Z", "2026-11-30T00:00Z", "week",
         [("2026-11-23", 6855), ("2026-11-30", 345)]),
    ],
)  # fmt: skip
def test_clock_changes(
    zone: str, since: str, until: str, granularity: Granularity, expected: list[tuple[str, int]]
) -> None:
    assert labels(zone, since, until, granularity) == expected


def test_all_clock_changes_are_at_quarter_hours() -> None:
    """Otherwise a bound could split a quarter-hour, the unit of counts. After 2040 the rules repeat."""
    week, off = timedelta(weeks=1), []
    times = [EARLIEST_WINDOW_TIME + number * week for number in range(17 * 53 + 1)]
    for zone in map(ZoneInfo, sorted(timezones.known_timezone_names())):
        offsets = [at.astimezone(zone).utcoffset() for at in times]
        for at, (before, after) in zip(times, pairwise(offsets), strict=False):
            if before != after:
                change = buckets._find_clock_change(at, at + week, zone)
                off += [(zone, change)] if change.timestamp() % 900 else []
    assert off == []


def test_more_buckets_than_an_answer_has_are_refused() -> None:
    window = TimeWindow(EARLIEST_WINDOW_TIME, EARLIEST_WINDOW_TIME + timedelta(hours=buckets.MAX_METRIC_BUCKETS))
    assert len(buckets.split_window_into_buckets(window, ZoneInfo("UTC"), "hour")) == buckets.MAX_METRIC_BUCKETS
    with pytest.raises(InvalidValue):
        buckets.split_window_into_buckets(window._replace(until=window.until + QUARTER_HOUR), ZoneInfo("UTC"), "hour")
