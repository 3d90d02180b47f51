"""Source of values: for its metrics, the value of each bucket of a query, and of the whole window."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from domain.metrics.active_users import ActiveUserCountCache
from domain.metrics.buckets import LabelledTimeBucket
from domain.metrics.windows import TimeWindow
from schemas.metrics import MetricFigure, MetricName, MetricScope


class MetricSeriesQuery(NamedTuple):
    """Input of a source. `subject_id` is the account or the post; None for the project.

    `counted` caches numbers of people. `lacks_events`: some deltas of events wait for a fold.
    """

    organization_id: UUID
    project_id: UUID
    scope: MetricScope
    subject_id: UUID | None
    metrics: Sequence[MetricName]
    window: TimeWindow
    buckets: Sequence[LabelledTimeBucket]
    counted: ActiveUserCountCache
    now: datetime
    #: Time by which a sandbox's clock is ahead: its rows, but for snapshots and events, are older by it.
    ahead: timedelta = timedelta()
    lacks_events: bool = False

    @property
    def with_sandbox_row_times(self) -> "MetricSeriesQuery":
        """Return the metrics query with its times moved back by `ahead`, to the clock of a sandbox's rows."""
        window = TimeWindow(*(bound - self.ahead for bound in self.window))
        buckets = [
            bucket._replace(since=bucket.since - self.ahead, until=bucket.until - self.ahead) for bucket in self.buckets
        ]
        return self._replace(window=window, buckets=buckets)

    @property
    def bucket_bounds(self) -> list[datetime]:
        """Return the start of each bucket of the metrics query, then the end of the last one."""
        return [*(bucket.since for bucket in self.buckets), self.window.until]


class SeriesAndTotal(NamedTuple):
    """Values of one metric: one for each bucket, and one for the whole window."""

    series: Sequence[MetricFigure]
    total: MetricFigure


class MetricSeriesSource(NamedTuple):
    """Source of these `metrics` in a scope.

    `read` gets a connection to the event store if it is `of_events`, else to the main database. It returns
    its requested metrics; an absent one was never collected. `settles` is the time after a bucket's end in
    which its values may still change.
    """

    metrics: Mapping[MetricScope, frozenset[MetricName]]
    settles: timedelta
    of_events: bool
    read: Callable[[Conn, MetricSeriesQuery], Awaitable[Mapping[MetricName, SeriesAndTotal]]]

    def has_metric_of_query(self, question: MetricSeriesQuery) -> bool:
        """Return whether the query requests any metric that this source has in the query's scope."""
        return not self.metrics.get(question.scope, frozenset()).isdisjoint(question.metrics)
