"""Time window of a query, in whole quarter-hours, which are the unit of the counts."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from domain.values import timezones
from schemas.errors import Invalid

#: Length of a window without a start.
DEFAULT_LENGTH = timedelta(days=30)

#: Years in which every clock change is at a quarter-hour; the last exception: Casey, 2022.
EARLIEST, LATEST = datetime(2023, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

QUARTER = timedelta(minutes=15)


class TimeWindow(NamedTuple):
    """Window from `since` on, and before `until`."""

    since: datetime
    until: datetime


def read(since: str | None, until: str | None, *, now: datetime) -> TimeWindow:
    """Return the window, widened to whole quarter-hours. Raises `Invalid` for an empty or unreadable one.

    Without `until` the window ends now; without `since` it begins `DEFAULT_LENGTH` before its end.
    """
    end = _up(now if until is None else _read("until", until))
    start = max(end - DEFAULT_LENGTH, EARLIEST) if since is None else _down(_read("since", since))
    if start >= end:
        raise Invalid(
            "until" if since is None else "since", "the window is empty: since must be before until"
        )
    return TimeWindow(start, end)


def _read(path: str, text: str) -> datetime:
    moment = timezones.read(text, path=path)
    if not EARLIEST <= moment <= LATEST:
        raise Invalid(path, f"must be from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}")
    return moment


def _down(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _up(moment: datetime) -> datetime:
    below = _down(moment)
    return below if below == moment else below + QUARTER
