"""Snapshots: the differences of a period add up to its last value minus its first."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.collection import cadence, snapshots
from domain.collection.snapshots import MAX_AGE_FOR_ZERO_BASELINE, MetricSubject, MetricValueChange

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = st.integers(0, 30 * 24)


class Asked(NamedTuple):
    """Value of a metric at an hour; None: no value was reported."""

    hour: int
    value: int | None


HISTORIES = st.lists(
    st.builds(Asked, HOURS, st.none() | st.integers(0, 9)), max_size=20, unique_by=lambda asked: asked.hour
).map(sorted)


def at(hour: int) -> datetime:
    return BEGAN + timedelta(hours=hour)


def kept(history: list[Asked], published: int | None) -> list[tuple[int, MetricValueChange]]:
    """Return the snapshots that collection runs at these hours would store, with their hours."""
    subject = MetricSubject(UUID(int=1), None if published is None else at(published))
    found, before = list[tuple[int, MetricValueChange]](), None
    for hour, value in history:
        if value is None:
            continue
        made = snapshots.metric_value_change(subject, "views", value, before=before, at=at(hour))
        if made:
            found.append((hour, made))
            before = value
    return found


def known(history: list[Asked], published: int | None, hour: int) -> int | None:
    """Return the last value before the hour by definition; a young post starts at 0."""
    told = [asked for asked in history if asked.value is not None]
    before = [asked.value for asked in told if asked.hour < hour]
    if before:
        return before[-1]
    young = published is not None and told and at(told[0].hour) - at(published) <= MAX_AGE_FOR_ZERO_BASELINE
    return 0 if young else None


@settings(max_examples=300, deadline=None)
@given(HISTORIES, st.none() | HOURS, HOURS, HOURS)
def test_differences_add_up(history: list[Asked], published: int | None, one: int, other: int) -> None:
    """Over any period, also of falling figures. Without an earlier value, from the first one on.

    Only changed values are stored.
    """
    values = [made.value for _, made in kept(history, None)]
    assert all(one != other for one, other in itertools.pairwise(values))
    told = [asked.value for asked in history if asked.value is not None]
    assert (values[-1:], values[:1]) == (told[-1:], told[:1])
    since, until = sorted((one, other))
    history = [asked for asked in history if published is None or asked.hour >= published]
    deltas = [made.delta for hour, made in kept(history, published) if since <= hour < until]
    start, end = known(history, published, since), known(history, published, until)
    if start is None and end is not None:
        first = next(asked.value for asked in history if asked.value is not None)
        assert first is not None
        start = first
    expected = 0 if start is None or end is None else end - start
    assert sum(delta for delta in deltas if delta is not None) == expected


@given(HOURS, st.integers(0, 100 * 24))
def test_a_post_is_never_asked_about_beyond_its_days(published: int, age: int) -> None:
    due = cadence.next_post_poll_time(at(published), at(published + age))
    if due is None:
        assert timedelta(hours=age) > cadence.MAX_POLLED_POST_AGE - timedelta(days=1)
    else:
        assert timedelta(hours=1) <= due - at(published + age) <= timedelta(days=1)
        assert due - at(published) < cadence.MAX_POLLED_POST_AGE


def test_out_of_range_value_is_not_stored() -> None:
    subject = MetricSubject(UUID(int=1), None)
    for value in (-1, 2**63):
        assert snapshots.metric_value_change(subject, "views", value, before=1, at=BEGAN) is None
