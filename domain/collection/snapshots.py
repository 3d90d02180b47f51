"""Metric snapshots of posts and accounts: each value is stored with its difference from the last one.

So the difference over any period is a sum: the value at its end minus the value at its start. It may be
negative, since platforms subtract views.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import metric_snapshot
from schemas.metrics import CollectedMetric

#: Age up to which a post's first value counts as a difference from 0. An older post's first value belongs to
#: no known hour or day.
MAX_POST_AGE_FOR_ZERO_METRIC_BASELINE = timedelta(days=7)
#: Largest value of a column; a platform's larger value is ignored.
MAX_METRIC_VALUE = 2**63 - 1


class MetricSubject(NamedTuple):
    """Post, or account itself; `since` is a post's publication time, None for an account."""

    id: UUID
    since: datetime | None


class ReportedMetricsOfSubject(NamedTuple):
    """Values that a platform reported of a subject; a metric without a value is absent.

    `at` is a time before the collection run's that a sandbox's clock skipped.
    """

    subject: MetricSubject
    values: Mapping[CollectedMetric, int]
    at: datetime | None = None


class LatestMetricValue(NamedTuple):
    """Last value of a subject's metric."""

    subject_id: UUID
    metric: CollectedMetric
    value: int


class MetricValueChange(NamedTuple):
    """Metric value to store; `delta` is its difference from the last value, None if that is unknown."""

    subject_id: UUID
    metric: CollectedMetric
    value: int
    delta: int | None
    at: datetime


#: Readings in one statement, of several values each. A platform's collection run has fewer. A sandbox that
#: skipped days has many thousands, and the worker's other jobs run between two statements.
MAX_METRIC_READINGS_PER_STATEMENT = 501

LIST_LATEST_METRIC_VALUES = metric_snapshot.list_latest.typed(LatestMetricValue)


def metric_value_change(
    subject: MetricSubject, metric: CollectedMetric, value: int, *, before: int | None, at: datetime
) -> MetricValueChange | None:
    """Return a reported metric value to store, with its change; None if it is unchanged or out of range.

    A first value has a change only for a post no older than `MAX_POST_AGE_FOR_ZERO_METRIC_BASELINE`.
    """
    if value == before or not 0 <= value <= MAX_METRIC_VALUE:
        return None
    if before is not None:
        return MetricValueChange(subject.id, metric, value, value - before, at)
    from_nothing = subject.since is not None and at - subject.since <= MAX_POST_AGE_FOR_ZERO_METRIC_BASELINE
    return MetricValueChange(subject.id, metric, value, value if from_nothing else None, at)


async def store_metric_snapshots(
    conn: Conn,
    *,
    organization_id: UUID,
    account_id: UUID,
    told: Sequence[ReportedMetricsOfSubject],
    at: datetime,
    ahead: timedelta = timedelta(),
) -> int:
    """Store the reported values that changed since the last snapshots of an account and its posts.

    Returns the number of stored values. One collection run of an account writes at a time, with a later `at`
    than the last one. A subject's values come in the order of their times. A sandbox's rows have
    the time of its clock, which is `ahead` of the server's: they don't age with its other rows.
    """
    if not told:
        return 0
    subject_ids = list({reading.subject.id for reading in told})
    metrics = list({metric for reading in told for metric in reading.values})
    rows = await LIST_LATEST_METRIC_VALUES.all(conn, org=organization_id, subject_ids=subject_ids, metrics=metrics)
    latest = {(row.subject_id, row.metric): row.value for row in rows}
    number = 0
    for start in range(0, len(told), MAX_METRIC_READINGS_PER_STATEMENT):
        changes = _pick_metrics_to_store(told[start : start + MAX_METRIC_READINGS_PER_STATEMENT], latest, at)
        number += len(changes)
        await metric_snapshot.insert_snapshots.run(
            conn,
            org=organization_id,
            account_id=account_id,
            ats=[snapshot.at + ahead for snapshot in changes],
            subject_ids=[snapshot.subject_id for snapshot in changes],
            metrics=[snapshot.metric for snapshot in changes],
            values=[snapshot.value for snapshot in changes],
            deltas=[snapshot.delta for snapshot in changes],
        )
    return number


def _pick_metrics_to_store(
    told: Sequence[ReportedMetricsOfSubject], latest: dict[tuple[UUID, CollectedMetric], int], at: datetime
) -> list[MetricValueChange]:
    """Return the reported values that differ from the last ones in `latest`, and update `latest`."""
    changes = list[MetricValueChange]()
    for subject, values, earlier in told:
        for metric, value in values.items():
            before = latest.get((subject.id, metric))
            if new_snapshot := metric_value_change(subject, metric, value, before=before, at=earlier or at):
                latest[subject.id, metric] = value
                changes.append(new_snapshot)
    return changes
