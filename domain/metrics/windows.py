"""Time window of a query, in whole quarter-hours, which are the unit of the counts."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from domain.values import timezones
from schemas.errors import InvalidValue

#: Length of a window without a start.
DEFAULT_METRIC_WINDOW_LENGTH = timedelta(days=30)

#: Years in which every clock change is at a quarter-hour; the last exception: Casey, 2022.
EARLIEST_WINDOW_TIME, LATEST_WINDOW_TIME = datetime(2023, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

QUARTER_HOUR = timedelta(minutes=15)


class TimeWindow(NamedTuple):
    """Window from `since` on, and before `until`."""

    since: datetime
    until: datetime


def parse_metric_window(since: str | None, until: str | None, *, now: datetime) -> TimeWindow:
    """Return the time window of a metrics query, widened to whole quarter-hours.

    Without `until` the window ends now; without `since` it begins `DEFAULT_METRIC_WINDOW_LENGTH` before its end. Raises
    `InvalidValue` for an empty window, and for a bound that is unreadable or not from 2023 to 2100.
    """
    end = _round_up_to_quarter_hour(now if until is None else _parse_window_bound("until", until))
    start = (
        max(end - DEFAULT_METRIC_WINDOW_LENGTH, EARLIEST_WINDOW_TIME)
        if since is None
        else _round_down_to_quarter_hour(_parse_window_bound("since", since))
    )
    if start >= end:
        raise InvalidValue("until" if since is None else "since", "the window is empty: since must be before until")
    return TimeWindow(start, end)


def _parse_window_bound(path: str, text: str) -> datetime:
    moment = timezones.parse_utc_time(text, path=path)
    if not EARLIEST_WINDOW_TIME <= moment <= LATEST_WINDOW_TIME:
        raise InvalidValue(path, f"must be from {EARLIEST_WINDOW_TIME:%Y-%m-%d} to {LATEST_WINDOW_TIME:%Y-%m-%d}")
    return moment


def _round_down_to_quarter_hour(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _round_up_to_quarter_hour(moment: datetime) -> datetime:
    below = _round_down_to_quarter_hour(moment)
    return below if below == moment else below + QUARTER_HOUR
