"""Values of a project's events: their number, and the number of people."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from db.pool import Conn
from domain.events.checks import MAX_AGE
from domain.events.event_names import OTHER
from domain.metrics import active_users, rollup_counts
from domain.metrics.value_sources import SourceQuery, Values, ValueSource
from domain.metrics.windows import TimeWindow
from schemas.metrics import Figure, Metric

#: Longest wait of a request's events for their commit, with a margin.
MAX_COMMIT_DELAY = timedelta(minutes=10)


async def read(conn: Conn, question: SourceQuery) -> Mapping[Metric, Values]:
    """Return events and people of each bucket, those of the latest 202 included."""
    counts = await _events(conn, question, rollup_counts.ALL_NAMES)
    values: dict[Metric, Values] = {"events": Values(counts, sum(counts))}
    if "other_events" in question.metrics:
        other_counts = await _events(conn, question, (OTHER,))
        values["other_events"] = Values(other_counts, sum(other_counts))
    if "active_users" in question.metrics:
        values["active_users"] = await _active_users(conn, question, counts)
    return values


async def _events(conn: Conn, question: SourceQuery, names: Sequence[str]) -> list[int]:
    rows = await rollup_counts.count(
        conn, project_id=question.project_id, names=names, bounds=question.bounds
    )
    counts = [0] * len(question.buckets)
    for row in rows:
        counts[row.place - 1] += row.n
    return counts


async def _active_users(conn: Conn, question: SourceQuery, events: Sequence[int]) -> Values:
    """Count the people of each bucket, and of the whole window, each person once.

    None for events before people were recorded, such as those of an earlier release.
    """
    buckets = [TimeWindow(bucket.since, bucket.until) for bucket in question.buckets]
    event_counts = {question.window: sum(events)} | dict(zip(buckets, events, strict=True))
    people_counts = await active_users.count(
        conn, question.counted, project_id=question.project_id, events=event_counts, now=question.now
    )
    people: dict[TimeWindow, Figure] = dict(zip(event_counts, people_counts, strict=True))
    empty = [window for window, n in people.items() if event_counts[window] and not n]
    people |= dict.fromkeys(await _unknown(conn, question.project_id, empty))
    return Values([people[bucket] for bucket in buckets], people[question.window])


async def _unknown(conn: Conn, project_id: UUID, empty: Sequence[TimeWindow]) -> list[TimeWindow]:
    """Return the windows without people that end before people were first recorded."""
    if not empty:
        return []
    since = await active_users.first_recorded_at(conn, project_id=project_id)
    return [window for window in empty if since is None or window.until <= since]


#: Time after its end in which a bucket may get an event.
SETTLES = MAX_AGE + MAX_COMMIT_DELAY

EVENT_VALUE_SOURCE = ValueSource(
    metrics={"project": frozenset({"events", "other_events", "active_users"})},
    settles=SETTLES,
    of_events=True,
    read=read,
)
