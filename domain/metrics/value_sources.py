"""Source of values: for some metrics, what each bucket of a question has, and the whole window."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from domain.metrics.active_users import Counted
from domain.metrics.buckets import Bucket
from domain.metrics.windows import Window
from schemas.metrics import Figure, Metric, MetricScope


class Question(NamedTuple):
    """All that a source needs to know. `subject_id` is the account or the post; None for the project.

    `counted` remembers numbers of people.
    """

    organization_id: UUID
    project_id: UUID
    scope: MetricScope
    subject_id: UUID | None
    metrics: Sequence[Metric]
    window: Window
    buckets: Sequence[Bucket]
    counted: Counted
    now: datetime
    #: How far a sandbox's clock is ahead: its rows, but for snapshots and events, are as much older.
    ahead: timedelta = timedelta()

    @property
    def back(self) -> "Question":
        """The same of times as the rows of a sandbox have them."""
        window = Window(*(bound - self.ahead for bound in self.window))
        buckets = [
            bucket._replace(since=bucket.since - self.ahead, until=bucket.until - self.ahead)
            for bucket in self.buckets
        ]
        return self._replace(window=window, buckets=buckets)

    @property
    def bounds(self) -> list[datetime]:
        """The buckets' beginnings, and the end of the last one."""
        return [*(bucket.since for bucket in self.buckets), self.window.until]


class Values(NamedTuple):
    """Values of one metric: one for each bucket, and of the whole window."""

    series: Sequence[Figure]
    total: Figure


class ValueSource(NamedTuple):
    """Values of these `metrics` in a scope.

    `read` gets a connection to the event store where it is `of_events`, else to the main database. It answers
    for those of its metrics that are asked for; one that it leaves out was never collected. `settles` is how
    long after a bucket's end its values may still change.
    """

    metrics: Mapping[MetricScope, frozenset[Metric]]
    settles: timedelta
    of_events: bool
    read: Callable[[Conn, Question], Awaitable[Mapping[Metric, Values]]]

    def has(self, question: Question) -> bool:
        """True if some of its metrics are asked for."""
        return not self.metrics.get(question.scope, frozenset()).isdisjoint(question.metrics)
