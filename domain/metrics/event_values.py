"""Values of a project's events: their number, and the number of people."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from db.pool import Conn
from domain.events import folds
from domain.events.checks import MAX_EVENT_AGE
from domain.events.event_names import OTHER_EVENTS_NAME
from domain.metrics import active_users, rollup_counts
from domain.metrics.value_sources import MetricSeriesQuery, MetricSeriesSource, SeriesAndTotal
from domain.metrics.windows import TimeWindow
from schemas.metrics import MetricFigure, MetricName

#: Longest wait of a request's events for their commit, with a margin.
MAX_COMMIT_DELAY_OF_RECEIVED_EVENTS = timedelta(minutes=10)


async def read_event_count_metrics(conn: Conn, question: MetricSeriesQuery) -> Mapping[MetricName, SeriesAndTotal]:
    """Return the number of events by bucket and for the window, and other metrics of events if requested.

    These are active users, and events counted without a name.
    """
    counts = await _sum_rollups_by_bucket(conn, question, rollup_counts.ROLLUP_NAMES_MEANING_ALL_EVENTS)
    values: dict[MetricName, SeriesAndTotal] = {"events": SeriesAndTotal(counts, sum(counts))}
    if "other_events" in question.metrics:
        other_counts = await _sum_rollups_by_bucket(conn, question, (OTHER_EVENTS_NAME,))
        values["other_events"] = SeriesAndTotal(other_counts, sum(other_counts))
    if "active_users" in question.metrics:
        values["active_users"] = await _count_active_users_by_bucket(conn, question, counts)
    return values


async def _sum_rollups_by_bucket(conn: Conn, question: MetricSeriesQuery, names: Sequence[str]) -> list[int]:
    rows = await rollup_counts.count_rolled_up_events(
        conn, project_id=question.project_id, names=names, bounds=question.bucket_bounds
    )
    counts = [0] * len(question.buckets)
    for row in rows:
        counts[row.place - 1] += row.n
    return counts


async def _count_active_users_by_bucket(
    conn: Conn, question: MetricSeriesQuery, events: Sequence[int]
) -> SeriesAndTotal:
    """Return the number of distinct active users in each bucket, and in the window; `events` are events by bucket.

    None for a period with events before active users were recorded, such as those of an earlier release.
    """
    if not question.lacks_events:
        # Fold what has arrived since the counts, which may contain events of people that still wait.
        await folds.fold_project_for_read(conn, project_id=question.project_id)
    buckets = [TimeWindow(bucket.since, bucket.until) for bucket in question.buckets]
    event_counts = {question.window: sum(events)} | dict(zip(buckets, events, strict=True))
    people_counts = await active_users.count_active_users(
        conn, question.counted, project_id=question.project_id, events=event_counts, now=question.now
    )
    people: dict[TimeWindow, MetricFigure] = dict(zip(event_counts, people_counts, strict=True))
    empty = [window for window, n in people.items() if event_counts[window] and not n]
    people |= dict.fromkeys(await _find_periods_before_active_users(conn, question.project_id, empty))
    return SeriesAndTotal([people[bucket] for bucket in buckets], people[question.window])


async def _find_periods_before_active_users(
    conn: Conn, project_id: UUID, empty: Sequence[TimeWindow]
) -> list[TimeWindow]:
    """Return those of the `empty` windows that end before the project's active users were first recorded."""
    if not empty:
        return []
    since = await active_users.find_active_user_recording_start(conn, project_id=project_id)
    return [window for window in empty if since is None or window.until <= since]


#: Time after its end in which a bucket may get an event.
EVENT_SETTLING_TIME = MAX_EVENT_AGE + MAX_COMMIT_DELAY_OF_RECEIVED_EVENTS

EVENT_METRIC_SERIES_SOURCE = MetricSeriesSource(
    metrics={"project": frozenset({"events", "other_events", "active_users"})},
    settles=EVENT_SETTLING_TIME,
    of_events=True,
    read=read_event_count_metrics,
)
