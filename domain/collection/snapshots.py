"""Metric snapshots of posts and accounts: each value is stored with its difference from the last one.

So the difference over any period is a sum: the value at its end minus the value at its start. It may be
negative, since platforms subtract views.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import metric_snapshot
from schemas.metrics import Collected

#: Age up to which a post's first value counts as a difference from 0. An older post's first value belongs to
#: no known hour or day.
COUNTS_FROM_ZERO_AGE = timedelta(days=7)
#: Largest value of a column; a platform's larger value is ignored.
MAX_VALUE = 2**63 - 1


class CollectedSubject(NamedTuple):
    """Post, or account itself; `since` is a post's publication time, None for an account."""

    id: UUID
    since: datetime | None


class SubjectValues(NamedTuple):
    """Values that a platform reported of a subject; a metric without a value is absent.

    `at` is a time before the collection run's that a sandbox's clock skipped.
    """

    subject: CollectedSubject
    values: Mapping[Collected, int]
    at: datetime | None = None


class Latest(NamedTuple):
    """Last value of a subject's metric."""

    subject_id: UUID
    metric: Collected
    value: int


class Change(NamedTuple):
    """Metric value to store; `delta` is its difference from the last value, None if that is unknown."""

    subject_id: UUID
    metric: Collected
    value: int
    delta: int | None
    at: datetime


#: Readings in one statement, of several values each. A platform's collection run has fewer. A sandbox that
#: skipped days has many thousands, and the worker's other jobs run between two statements.
READINGS_PER_STATEMENT = 501

LATEST = metric_snapshot.list_latest.typed(Latest)


def metric_change(
    subject: CollectedSubject, metric: Collected, value: int, *, before: int | None, at: datetime
) -> Change | None:
    """Return the value to store; None if it is unchanged or out of range."""
    if value == before or not 0 <= value <= MAX_VALUE:
        return None
    if before is not None:
        return Change(subject.id, metric, value, value - before, at)
    from_nothing = subject.since is not None and at - subject.since <= COUNTS_FROM_ZERO_AGE
    return Change(subject.id, metric, value, value if from_nothing else None, at)


async def store_snapshots(
    conn: Conn,
    *,
    organization_id: UUID,
    account_id: UUID,
    told: Sequence[SubjectValues],
    at: datetime,
    ahead: timedelta = timedelta(),
) -> int:
    """Store the values that changed since the last snapshots of the account's subjects; return their number.

    One collection run of an account writes at a time, with a later `at` than the last one. A subject's values
    come in the order of their times. A sandbox's rows are stored with its clock's time, `ahead` of ours, so
    they don't age with its other rows.
    """
    if not told:
        return 0
    subject_ids = list({reading.subject.id for reading in told})
    metrics = list({metric for reading in told for metric in reading.values})
    rows = await LATEST.all(conn, org=organization_id, subject_ids=subject_ids, metrics=metrics)
    latest = {(row.subject_id, row.metric): row.value for row in rows}
    number = 0
    for batch in _batches(told, READINGS_PER_STATEMENT):
        changes = _changes(batch, latest, at)
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


def _batches(told: Sequence[SubjectValues], size: int) -> Iterator[Sequence[SubjectValues]]:
    return (told[start : start + size] for start in range(0, len(told), size))


def _changes(
    told: Sequence[SubjectValues], latest: dict[tuple[UUID, Collected], int], at: datetime
) -> list[Change]:
    """Return the changes since `latest`, and update `latest`."""
    changes = list[Change]()
    for subject, values, earlier in told:
        for metric, value in values.items():
            before = latest.get((subject.id, metric))
            if new_snapshot := metric_change(subject, metric, value, before=before, at=earlier or at):
                latest[subject.id, metric] = value
                changes.append(new_snapshot)
    return changes
