"""Local times become instants in one function, checked against a search over the clock's readings."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values import timezones
from domain.values.timezones import ResolvedLocalTime
from schemas.errors import InvalidValue
from schemas.posts import LocalTimeRule

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)

#: Zones with every kind of change: half an hour, three hours, at midnight, a skipped day.
ZONES = """
    America/New_York Australia/Lord_Howe America/Santiago Asia/Beirut Africa/Cairo Pacific/Apia
    Antarctica/Casey Asia/Kathmandu Pacific/Chatham Africa/Casablanca Europe/Berlin UTC
""".split()

FIXTURES = [
    ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30", "fold_first"),
    ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30", "gap_shifted"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "fold_first"),
    ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45", "gap_shifted"),
    ("America/Santiago", "2026-09-06T00:00", "2026-09-06T04:00", "gap_shifted"),
    ("Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00", "gap_shifted"),
    ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00", "gap_shifted"),
    ("Antarctica/Casey", "2023-03-09T02:00", "2023-03-08T15:00", "fold_first"),
    ("Asia/Kathmandu", "2026-11-24T12:00", "2026-11-24T06:15", "exact"),
    ("Pacific/Chatham", "2026-04-05T03:00", "2026-04-04T13:15", "fold_first"),
]


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the local time of a zone at an instant."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def oracle(local: datetime, zone: ZoneInfo) -> ResolvedLocalTime:
    """Search from two days before: the first instant that shows the local time, or skips it."""
    start = local.replace(tzinfo=UTC) - 2 * DAY
    watched = [start + step * QUARTER for step in range(4 * 96)]
    offsets = {shown(at, zone) - at.replace(tzinfo=None) for at in watched}
    candidates = (local.replace(tzinfo=UTC) - offset for offset in offsets)
    if found := sorted(at for at in candidates if shown(at, zone) == local):
        return ResolvedLocalTime(found[0], "exact" if len(found) == 1 else "fold_first")
    before = max(at for at in watched if shown(at, zone) < local and shown(at + QUARTER, zone) > local)
    return ResolvedLocalTime(before + (local - shown(before, zone)), "gap_shifted")


def resolve(local: str, zone: str) -> ResolvedLocalTime:
    return timezones.resolve_local_time(local, zone=zone, path="localTime")


@pytest.mark.parametrize(("zone", "local", "instant", "rule"), FIXTURES)
def test_clock_changes(zone: str, local: str, instant: str, rule: LocalTimeRule) -> None:
    expected = ResolvedLocalTime(datetime.fromisoformat(f"{instant}Z"), rule)
    assert resolve(local, zone) == oracle(datetime.fromisoformat(local), ZoneInfo(zone)) == expected


@given(st.integers(0, 38 * 366 * 86_400), st.sampled_from(ZONES))
def test_any_time_in_any_zone(seconds: int, zone: str) -> None:
    local = datetime.fromisoformat("2000-01-01T00:00") + timedelta(seconds=seconds)
    assert resolve(local.isoformat(), zone) == oracle(local, ZoneInfo(zone))


@given(st.integers(0, len(FIXTURES) - 1), st.integers(-36 * 60, 36 * 60))
def test_any_time_near_a_change(fixture: int, minutes: int) -> None:
    zone, local, *_ = FIXTURES[fixture]
    near = datetime.fromisoformat(local) + timedelta(minutes=minutes)
    assert resolve(near.isoformat(), zone) == oracle(near, ZoneInfo(zone))


@pytest.mark.parametrize(
    "local",
    [
        *("", "tomorrow", "2026-11-01", "2026-11-01 01:30", "2026-11-01T01:30Z"),
        *("2026-11-01T01:30+01:00", "2026-11-01T01:30:00.5", "2026-11-01T24:00", "2026-02-29T12:00"),
        *("2026-13-01T12:00", "0001-01-01T00:00", "9999-12-31T23:59", "0000-01-01T00:00"),
        *("2026-W45-1T01:30", "٢٠٢٦-11-01T01:30"),
    ],
)
def test_invalid_local_time_is_refused(local: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        resolve(local, "Pacific/Apia" if local.startswith("0001") else "America/New_York")
    assert refused.value.details["issues"][0]["path"] == "localTime"


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11-01T05:30", "2026-11-01T05:30+00:00", "2026-11-01T05:30z", "2026-02-30T05:30Z"]
)
def test_invalid_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="scheduledFor"):
        timezones.parse_utc_time(text, path="scheduledFor")


def test_an_instant_may_have_seconds_and_parts_of_them() -> None:
    half = datetime(2026, 11, 1, 5, 30, 0, 500_000, tzinfo=UTC)
    assert timezones.parse_utc_time("2026-11-01T05:30:00.5Z", path="scheduledFor") == half
    assert timezones.parse_utc_time("2026-11-01T05:30Z", path="scheduledFor") == half.replace(microsecond=0)
