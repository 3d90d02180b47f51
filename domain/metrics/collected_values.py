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
from domain.metrics.value_sources import SourceQuery, Values, ValueSource
from schemas.metrics import Figure, Metric

#: Counters of posts.
COUNTERS: tuple[Metric, ...] = (
    "views", "reach", "impressions", "likes", "comments", "shares", "saves", "watch_time_ms",
)  # fmt: skip
#: Counters that are summed into an engagement; its rate is relative to `views`.
ENGAGEMENTS: tuple[Metric, ...] = ("likes", "comments", "shares", "saves")
#: Snapshot metrics that a derived metric needs.
PARTS: Mapping[Metric, tuple[Metric, ...]] = {
    "engagement_rate": ("views", *ENGAGEMENTS),
    "follower_delta": ("followers",),
}
COLLECTED_POST_METRICS: frozenset[Metric] = frozenset({*COUNTERS, "engagement_rate"})
OF_ACCOUNTS: frozenset[Metric] = COLLECTED_POST_METRICS | {"followers", "follower_delta"}
PUBLISHED: frozenset[Metric] = frozenset({"posts_published"})

#: A collection run stores its values with the time of its start, so they arrive at most this much later.
SETTLES = timedelta(minutes=5)

#: A post with a lost answer is looked up for a day, and then counts at the time that it was sent. A person's
#: later report that it is live changes a final bucket.
PUBLISHED_SETTLES = timedelta(hours=48)


class ProjectAccount(NamedTuple):
    """Account of the project; `disconnected_at` is the end of that."""

    id: UUID
    disconnected_at: datetime | None

    def is_held(self, at: datetime) -> bool:
        return self.disconnected_at is None or self.disconnected_at > at


class Delta(NamedTuple):
    """Difference of a metric of an account, or of the post, in a period."""

    account_id: UUID
    metric: Metric
    place: int
    delta: Decimal


class FirstValue(NamedTuple):
    """Time of the first value of a metric of an account, or of the post."""

    account_id: UUID
    metric: Metric
    at: datetime


class Followers(NamedTuple):
    account_id: UUID
    place: int
    value: int


class Published(NamedTuple):
    place: int
    n: int


LIST_ACCOUNTS = collected.list_of_project.typed(ProjectAccount)
SUM_OF_ACCOUNTS, SUM_OF_POST = collected.sum_of_accounts.typed(Delta), collected.sum_of_post.typed(Delta)
FIRST_OF_ACCOUNTS = collected.first_of_accounts.typed(FirstValue)
FIRST_OF_POST = collected.first_of_post.typed(FirstValue)
LIST_FOLLOWERS = collected.list_followers.typed(Followers)
COUNT_PUBLISHED = collected.count_published.typed(Published)


class NumberedBucket(NamedTuple):
    """Bucket with its number from 1 on, or the whole window: place None."""

    place: int | None
    since: datetime
    until: datetime


class ReportedValues(NamedTuple):
    """Reported values of the accounts in scope, or of the post: the `subjects`.

    `sums` are by metric, subject and place, None for the whole window; `firsts` is the time of a subject's
    first value of a metric.
    """

    subjects: Sequence[UUID]
    sums: Mapping[tuple[Metric, UUID, int | None], int]
    firsts: Mapping[tuple[Metric, UUID], datetime]

    def known(self, metric: Metric, before: datetime) -> list[UUID]:
        """Return the subjects with a value of the metric before that time."""
        return [subject for subject in self.subjects if self.firsts.get((metric, subject), before) < before]

    def sum(self, metric: Metric, stretch: NumberedBucket, subjects: Iterable[UUID]) -> int:
        return sum(self.sums.get((metric, subject, stretch.place), 0) for subject in subjects)


async def read(conn: Conn, question: SourceQuery) -> Mapping[Metric, Values]:
    """Return the values of the query's metrics that platforms report."""
    accounts = await _accounts(conn, question)
    account_ids = [account.id for account in accounts]
    reported = await _read_reported(conn, question, account_ids)
    values = dict[Metric, Values]()
    for metric in question.metrics:
        if metric in COLLECTED_POST_METRICS or metric == "follower_delta":
            values[metric] = _values(question, partial(FIGURES.get(metric, sum_counter), reported, metric))
    if "followers" in question.metrics:
        values["followers"] = await _followers(conn, question, accounts)
    return values


async def read_published(conn: Conn, question: SourceQuery) -> Mapping[Metric, Values]:
    """Return the numbers of published posts, from our own records."""
    question = question.back
    accounts = await _accounts(conn, question)
    return {"posts_published": await _published(conn, question, [account.id for account in accounts])}


def sum_counter(told: ReportedValues, metric: Metric, stretch: NumberedBucket) -> Figure:
    """Return the sum over the subjects with a value before the period's end; None without any."""
    subjects = told.known(metric, stretch.until)
    return told.sum(metric, stretch, subjects) if subjects else None


def engagement_rate(told: ReportedValues, _: Metric, stretch: NumberedBucket) -> Figure:
    """Return engagements divided by views, of the subjects with views; None without a view."""
    viewed = told.known("views", stretch.until)
    views = told.sum("views", stretch, viewed)
    if views <= 0:
        return None
    return round(sum(told.sum(metric, stretch, viewed) for metric in ENGAGEMENTS) / views, 6)


def follower_delta(told: ReportedValues, _: Metric, stretch: NumberedBucket) -> Figure:
    """Return the sum over accounts with a value to compare with: a first value has no difference."""
    changed = {subject for subject in told.subjects if ("followers", subject, stretch.place) in told.sums}
    subjects = changed | set(told.known("followers", stretch.since))
    return told.sum("followers", stretch, subjects) if subjects else None


FIGURES: Mapping[Metric, Callable[[ReportedValues, Metric, NumberedBucket], Figure]] = {
    "engagement_rate": engagement_rate,
    "follower_delta": follower_delta,
}


def _values(question: SourceQuery, figure: Callable[[NumberedBucket], Figure]) -> Values:
    places = enumerate(question.buckets, 1)
    series = [figure(NumberedBucket(place, bucket.since, bucket.until)) for place, bucket in places]
    return Values(series, figure(NumberedBucket(None, *question.window)))


async def _accounts(conn: Conn, question: SourceQuery) -> list[ProjectAccount]:
    """Return the accounts in scope; none for a post."""
    if question.scope == "platform_post":
        return []
    rows = await LIST_ACCOUNTS.all(
        conn,
        org=question.organization_id,
        project_id=question.project_id,
        account_id=question.subject_id,
    )
    return [
        row._replace(disconnected_at=row.disconnected_at and row.disconnected_at + question.ahead)
        for row in rows
    ]


async def _read_reported(conn: Conn, question: SourceQuery, account_ids: Sequence[UUID]) -> ReportedValues:
    names = dict.fromkeys(part for metric in question.metrics for part in PARTS.get(metric, (metric,)))
    filters = {"org": question.organization_id, "metrics": list(names)}
    within = {"since": question.window.since, "until": question.window.until, "bounds": question.bounds}
    if question.scope == "platform_post":
        post_id = question.subject_id
        deltas = await SUM_OF_POST.all(conn, **filters, **within, post_id=post_id)
        firsts = await FIRST_OF_POST.all(conn, **filters, post_id=post_id)
    else:
        deltas = await SUM_OF_ACCOUNTS.all(conn, **filters, **within, account_ids=account_ids)
        firsts = await FIRST_OF_ACCOUNTS.all(conn, **filters, account_ids=account_ids)
    sums = defaultdict[tuple[Metric, UUID, int | None], int](int)
    for row in deltas:
        sums[row.metric, row.account_id, row.place] += int(row.delta)
        sums[row.metric, row.account_id, None] += int(row.delta)
    subjects = [question.subject_id] if question.subject_id else account_ids
    return ReportedValues(subjects, dict(sums), {(row.metric, row.account_id): row.at for row in firsts})


async def _followers(conn: Conn, question: SourceQuery, accounts: Sequence[ProjectAccount]) -> Values:
    """Return each account's last value by the end of each bucket that began while the project had it."""
    rows = await LIST_FOLLOWERS.all(
        conn,
        org=question.organization_id,
        account_ids=[account.id for account in accounts],
        since=question.window.since,
        until=question.window.until,
        bounds=question.bounds,
    )
    last = {(row.account_id, row.place): row.value for row in rows}
    series = list[Figure]()
    now = {account.id: last.get((account.id, 0)) for account in accounts}
    for place, bucket in enumerate(question.buckets, 1):
        now = {account_id: last.get((account_id, place), value) for account_id, value in now.items()}
        values_held = [now[account.id] for account in accounts if account.is_held(bucket.since)]
        values = [value for value in values_held if value is not None]
        series.append(sum(values) if values else None)
    return Values(series, series[-1] if series else None)


async def _published(conn: Conn, question: SourceQuery, account_ids: Sequence[UUID]) -> Values:
    rows = await COUNT_PUBLISHED.all(
        conn,
        org=question.organization_id,
        account_ids=account_ids,
        since=question.window.since,
        until=question.window.until,
        bounds=question.bounds,
    )
    by_place = {row.place: row.n for row in rows}
    counts = [by_place.get(place, 0) for place in range(1, len(question.buckets) + 1)]
    return Values(counts, sum(counts))


COLLECTED_SOURCE = ValueSource(
    metrics={"project": OF_ACCOUNTS, "social_account": OF_ACCOUNTS, "platform_post": COLLECTED_POST_METRICS},
    settles=SETTLES,
    of_events=False,
    read=read,
)

POSTS_PUBLISHED = ValueSource(
    metrics={"project": PUBLISHED, "social_account": PUBLISHED},
    settles=PUBLISHED_SETTLES,
    of_events=False,
    read=read_published,
)
