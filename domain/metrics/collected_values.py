"""Values that platforms reported of posts and accounts.

A bucket's value of a counter is the sum of its snapshots' differences: the value at its end minus the value
at its start. 0 is a counter with a value before the bucket's end and no change; null is one without any
value. Followers are a last value, of the accounts that the project had in the bucket.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import collected
from domain.metrics.value_sources import MetricSeriesQuery, MetricSeriesSource, SeriesAndTotal
from schemas.metrics import MetricFigure, MetricName

#: Counters of posts.
POST_COUNTER_METRICS: tuple[MetricName, ...] = (
    "views", "reach", "impressions", "likes", "comments", "shares", "saves", "watch_time_ms",
)  # fmt: skip
#: Counters that are summed into an engagement; its rate is relative to `views`.
ENGAGEMENT_METRICS: tuple[MetricName, ...] = ("likes", "comments", "shares", "saves")
#: Snapshot metrics that a derived metric needs.
SNAPSHOT_METRICS_BY_DERIVED_METRIC: Mapping[MetricName, tuple[MetricName, ...]] = {
    "engagement_rate": ("views", *ENGAGEMENT_METRICS),
    "follower_delta": ("followers",),
}
COLLECTED_POST_METRICS: frozenset[MetricName] = frozenset({*POST_COUNTER_METRICS, "engagement_rate"})
COLLECTED_ACCOUNT_METRICS: frozenset[MetricName] = COLLECTED_POST_METRICS | {"followers", "follower_delta"}
PUBLISHED_COUNT_METRICS: frozenset[MetricName] = frozenset({"posts_published"})

#: A collection run stores its values with the time of its start, so they arrive at most this much later.
COLLECTED_VALUE_SETTLING_TIME = timedelta(minutes=5)

#: A post with a lost answer is looked up for a day, and then counts at the time that it was sent. A person's
#: later report that it is live changes a final bucket.
PUBLISHED_COUNT_SETTLING_TIME = timedelta(hours=48)


class ProjectAccount(NamedTuple):
    """Social account of the project; `disconnected_at` is None while it is connected."""

    id: UUID
    disconnected_at: datetime | None

    def was_connected_at(self, at: datetime) -> bool:
        return self.disconnected_at is None or self.disconnected_at > at


class BucketMetricDelta(NamedTuple):
    """Change of a metric of an account, or of the post, in the bucket with the number `place`."""

    account_id: UUID
    metric: MetricName
    place: int
    delta: Decimal


class FirstMetricValueTime(NamedTuple):
    """Time of the first value of a metric of an account, or of the post."""

    account_id: UUID
    metric: MetricName
    at: datetime


class BucketFollowerCount(NamedTuple):
    account_id: UUID
    place: int
    value: int


class PublishedPostCountRow(NamedTuple):
    place: int
    n: int


LIST_PROJECT_ACCOUNTS = collected.list_of_project.typed(ProjectAccount)
SUM_METRIC_DELTAS_OF_ACCOUNTS, SUM_METRIC_DELTAS_OF_POST = (
    collected.sum_of_accounts.typed(BucketMetricDelta),
    collected.sum_of_post.typed(BucketMetricDelta),
)
FIND_FIRST_VALUE_TIMES_OF_ACCOUNTS = collected.first_of_accounts.typed(FirstMetricValueTime)
FIND_FIRST_VALUE_TIMES_OF_POST = collected.first_of_post.typed(FirstMetricValueTime)
LIST_FOLLOWER_COUNTS = collected.list_followers.typed(BucketFollowerCount)
COUNT_PUBLISHED_POSTS_BY_BUCKET = collected.count_published.typed(PublishedPostCountRow)


class NumberedTimeBucket(NamedTuple):
    """Bucket with its number from 1 on, or the whole window: place None."""

    place: int | None
    since: datetime
    until: datetime


class CollectedMetricSums(NamedTuple):
    """Reported values of the accounts in scope, or of the post: the `subjects`.

    `sums` are by metric, subject and place, None for the whole window; `firsts` is the time of a subject's
    first value of a metric.
    """

    subjects: Sequence[UUID]
    sums: Mapping[tuple[MetricName, UUID, int | None], int]
    firsts: Mapping[tuple[MetricName, UUID], datetime]

    def subject_ids_with_value(self, metric: MetricName, before: datetime) -> list[UUID]:
        """Return the posts or accounts in scope with a first value of the metric before that time."""
        return [subject for subject in self.subjects if self.firsts.get((metric, subject), before) < before]

    def sum_over_subjects(self, metric: MetricName, stretch: NumberedTimeBucket, subjects: Iterable[UUID]) -> int:
        return sum(self.sums.get((metric, subject, stretch.place), 0) for subject in subjects)


async def read_collected_series(conn: Conn, question: MetricSeriesQuery) -> Mapping[MetricName, SeriesAndTotal]:
    """Return the query's metrics that platforms report: the values by bucket and for the window."""
    accounts = await _list_metric_accounts(conn, question)
    account_ids = [account.id for account in accounts]
    reported = await _read_collected_sums(conn, question, account_ids)
    values = dict[MetricName, SeriesAndTotal]()
    for metric in question.metrics:
        if metric in COLLECTED_POST_METRICS or metric == "follower_delta":
            values[metric] = _compute_bucket_values(
                question, partial(DERIVED_METRIC_FUNCTIONS.get(metric, sum_counter_metric_changes), reported, metric)
            )
    if "followers" in question.metrics:
        values["followers"] = await _read_follower_counts(conn, question, accounts)
    return values


async def read_published_post_counts(conn: Conn, question: MetricSeriesQuery) -> Mapping[MetricName, SeriesAndTotal]:
    """Return the metric `posts_published`: the number by bucket and for the window, from our own records."""
    question = question.with_sandbox_row_times
    accounts = await _list_metric_accounts(conn, question)
    rows = await COUNT_PUBLISHED_POSTS_BY_BUCKET.all(
        conn,
        org=question.organization_id,
        account_ids=[account.id for account in accounts],
        since=question.window.since,
        until=question.window.until,
        bounds=question.bucket_bounds,
    )
    by_place = {row.place: row.n for row in rows}
    counts = [by_place.get(place, 0) for place in range(1, len(question.buckets) + 1)]
    return {"posts_published": SeriesAndTotal(counts, sum(counts))}


def sum_counter_metric_changes(
    told: CollectedMetricSums, metric: MetricName, stretch: NumberedTimeBucket
) -> MetricFigure:
    """Return a counter's summed changes in a period over posts or accounts; None without a value before its end."""
    subjects = told.subject_ids_with_value(metric, stretch.until)
    return told.sum_over_subjects(metric, stretch, subjects) if subjects else None


def compute_engagement_rate(told: CollectedMetricSums, _: MetricName, stretch: NumberedTimeBucket) -> MetricFigure:
    """Return engagements divided by views in a period, over posts or accounts with views; None without a view."""
    viewed = told.subject_ids_with_value("views", stretch.until)
    views = told.sum_over_subjects("views", stretch, viewed)
    if views <= 0:
        return None
    return round(sum(told.sum_over_subjects(metric, stretch, viewed) for metric in ENGAGEMENT_METRICS) / views, 6)


def compute_follower_delta(told: CollectedMetricSums, _: MetricName, stretch: NumberedTimeBucket) -> MetricFigure:
    """Return the change in followers in a period, summed over the accounts in scope; None if no account counts.

    An account counts if it has an earlier value or a change in the period. Its first value is no change.
    """
    changed = {subject for subject in told.subjects if ("followers", subject, stretch.place) in told.sums}
    subjects = changed | set(told.subject_ids_with_value("followers", stretch.since))
    return told.sum_over_subjects("followers", stretch, subjects) if subjects else None


DERIVED_METRIC_FUNCTIONS: Mapping[
    MetricName, Callable[[CollectedMetricSums, MetricName, NumberedTimeBucket], MetricFigure]
] = {"engagement_rate": compute_engagement_rate, "follower_delta": compute_follower_delta}


def _compute_bucket_values(
    question: MetricSeriesQuery, figure: Callable[[NumberedTimeBucket], MetricFigure]
) -> SeriesAndTotal:
    places = enumerate(question.buckets, 1)
    series = [figure(NumberedTimeBucket(place, bucket.since, bucket.until)) for place, bucket in places]
    return SeriesAndTotal(series, figure(NumberedTimeBucket(None, *question.window)))


async def _list_metric_accounts(conn: Conn, question: MetricSeriesQuery) -> list[ProjectAccount]:
    """Return the accounts in a metrics query's scope: the project's, or a single one; none for a post."""
    if question.scope == "platform_post":
        return []
    rows = await LIST_PROJECT_ACCOUNTS.all(
        conn, org=question.organization_id, project_id=question.project_id, account_id=question.subject_id
    )
    return [row._replace(disconnected_at=row.disconnected_at and row.disconnected_at + question.ahead) for row in rows]


async def _read_collected_sums(
    conn: Conn, question: MetricSeriesQuery, account_ids: Sequence[UUID]
) -> CollectedMetricSums:
    names = dict.fromkeys(
        part for metric in question.metrics for part in SNAPSHOT_METRICS_BY_DERIVED_METRIC.get(metric, (metric,))
    )
    filters = {"org": question.organization_id, "metrics": list(names)}
    within = {"since": question.window.since, "until": question.window.until, "bounds": question.bucket_bounds}
    if question.scope == "platform_post":
        post_id = question.subject_id
        deltas = await SUM_METRIC_DELTAS_OF_POST.all(conn, **filters, **within, post_id=post_id)
        firsts = await FIND_FIRST_VALUE_TIMES_OF_POST.all(conn, **filters, post_id=post_id)
    else:
        deltas = await SUM_METRIC_DELTAS_OF_ACCOUNTS.all(conn, **filters, **within, account_ids=account_ids)
        firsts = await FIND_FIRST_VALUE_TIMES_OF_ACCOUNTS.all(conn, **filters, account_ids=account_ids)
    sums = defaultdict[tuple[MetricName, UUID, int | None], int](int)
    for row in deltas:
        sums[row.metric, row.account_id, row.place] += int(row.delta)
        sums[row.metric, row.account_id, None] += int(row.delta)
    subjects = [question.subject_id] if question.subject_id else account_ids
    return CollectedMetricSums(subjects, dict(sums), {(row.metric, row.account_id): row.at for row in firsts})


async def _read_follower_counts(
    conn: Conn, question: MetricSeriesQuery, accounts: Sequence[ProjectAccount]
) -> SeriesAndTotal:
    """Return the followers at the end of each bucket, summed over accounts; the total is the last bucket's.

    An account counts in the buckets that began while the project had it. A bucket without any value has None.
    """
    rows = await LIST_FOLLOWER_COUNTS.all(
        conn,
        org=question.organization_id,
        account_ids=[account.id for account in accounts],
        since=question.window.since,
        until=question.window.until,
        bounds=question.bucket_bounds,
    )
    last = {(row.account_id, row.place): row.value for row in rows}
    series = list[MetricFigure]()
    now = {account.id: last.get((account.id, 0)) for account in accounts}
    for place, bucket in enumerate(question.buckets, 1):
        now = {account_id: last.get((account_id, place), value) for account_id, value in now.items()}
        values_held = [now[account.id] for account in accounts if account.was_connected_at(bucket.since)]
        values = [value for value in values_held if value is not None]
        series.append(sum(values) if values else None)
    return SeriesAndTotal(series, series[-1] if series else None)


COLLECTED_METRIC_SERIES_SOURCE = MetricSeriesSource(
    metrics={
        "project": COLLECTED_ACCOUNT_METRICS,
        "social_account": COLLECTED_ACCOUNT_METRICS,
        "platform_post": COLLECTED_POST_METRICS,
    },
    settles=COLLECTED_VALUE_SETTLING_TIME,
    of_events=False,
    read=read_collected_series,
)

PUBLISHED_POST_SERIES_SOURCE = MetricSeriesSource(
    metrics={"project": PUBLISHED_COUNT_METRICS, "social_account": PUBLISHED_COUNT_METRICS},
    settles=PUBLISHED_COUNT_SETTLING_TIME,
    of_events=False,
    read=read_published_post_counts,
)
