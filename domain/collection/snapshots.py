"""Snapshots: values of a post's or an account's metrics, each kept with its difference from the one before.

So the difference over any stretch of time is a sum: what was known at its end minus what was known at its
beginning. It may be negative, since platforms take views back.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import metric_snapshot
from schemas.metrics import Collected

#: A post's first value of a metric counts from nothing where the post is so young. What it had before that is
#: nobody's hour or day.
FROM_NOTHING = timedelta(days=7)
#: What a row can hold; a platform that says more is not believed.
MOST = 2**63 - 1


class Subject(NamedTuple):
    """A post, or an account itself; `since` is when a post was published, None of an account."""

    id: UUID
    since: datetime | None


class Told(NamedTuple):
    """The values that a platform told of a subject; a metric that it didn't tell is not there.

    `at`: an earlier time than the visit's, which a sandbox's clock went past.
    """

    subject: Subject
    values: Mapping[Collected, int]
    at: datetime | None = None


class Latest(NamedTuple):
    """The last value of a subject's metric."""

    subject_id: UUID
    metric: Collected
    value: int


class Change(NamedTuple):
    """A value to keep."""

    subject_id: UUID
    metric: Collected
    value: int
    delta: int | None
    at: datetime


#: Figures of one statement, of several values each. A visit of a platform tells no more; a sandbox that went
#: ahead by days tells many thousands, and other jobs of the worker have their turn between two statements.
TOLD = 501

LATEST = metric_snapshot.list_latest.typed(Latest)


def change(
    subject: Subject, metric: Collected, value: int, *, before: int | None, at: datetime
) -> Change | None:
    """The value to keep; None: it is as before, or none that can be."""
    if value == before or not 0 <= value <= MOST:
        return None
    if before is not None:
        return Change(subject.id, metric, value, value - before, at)
    from_nothing = subject.since is not None and at - subject.since <= FROM_NOTHING
    return Change(subject.id, metric, value, value if from_nothing else None, at)


async def keep(
    conn: Conn,
    *,
    organization_id: UUID,
    account_id: UUID,
    told: Sequence[Told],
    at: datetime,
    ahead: timedelta = timedelta(),
) -> int:
    """Keep what has changed since the last snapshots of the account's subjects; how many values.

    One visit of an account writes at a time, `at` a later time than the one before. Several values of a
    subject come in the order of their times. A sandbox's are kept with the time of its clock, which is
    `ahead`: so they don't get older with its other rows.
    """
    if not told:
        return 0
    asked = list({one.subject.id for one in told})
    metrics = list({metric for one in told for metric in one.values})
    rows = await LATEST.all(conn, org=organization_id, subject_ids=asked, metrics=metrics)
    latest = {(row.subject_id, row.metric): row.value for row in rows}
    number = 0
    for some in _batches(told, TOLD):
        changes = _changes(some, latest, at)
        number += len(changes)
        await metric_snapshot.insert_snapshots.run(
            conn,
            org=organization_id,
            account_id=account_id,
            ats=[one.at + ahead for one in changes],
            subject_ids=[one.subject_id for one in changes],
            metrics=[one.metric for one in changes],
            values=[one.value for one in changes],
            deltas=[one.delta for one in changes],
        )
    return number


def _batches(told: Sequence[Told], size: int) -> Iterator[Sequence[Told]]:
    return (told[start : start + size] for start in range(0, len(told), size))


def _changes(told: Sequence[Told], latest: dict[tuple[UUID, Collected], int], at: datetime) -> list[Change]:
    """The changes since `latest`, which then has their values."""
    changes = list[Change]()
    for subject, values, earlier in told:
        for metric, value in values.items():
            before = latest.get((subject.id, metric))
            if found := change(subject, metric, value, before=before, at=earlier or at):
                latest[subject.id, metric] = value
                changes.append(found)
    return changes
