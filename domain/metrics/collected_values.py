"""Values that platforms told of posts and accounts.

What a bucket has of a counter is the sum of its snapshots' differences: what was known at its end, minus what
was known at its beginning. 0 is a counter that was told before the bucket's end and didn't change; null is
one that never was. Followers are a last value, of the accounts that were the project's in the bucket.
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
from domain.metrics.value_sources import Question, Values, ValueSource
from schemas.metrics import Figure, Metric

#: Counters that are told of posts.
COUNTERS: tuple[Metric, ...] = (
    "views", "reach", "impressions", "likes", "comments", "shares", "saves", "watch_time_ms",
)  # fmt: skip
#: Counters that make an engagement; its rate is by `views`.
ENGAGEMENTS: tuple[Metric, ...] = ("likes", "comments", "shares", "saves")
#: What is asked of snapshots for a metric that isn't one of them.
PARTS: Mapping[Metric, tuple[Metric, ...]] = {
    "engagement_rate": ("views", *ENGAGEMENTS),
    "follower_delta": ("followers",),
}
OF_POSTS: frozenset[Metric] = frozenset({*COUNTERS, "engagement_rate"})
OF_ACCOUNTS: frozenset[Metric] = OF_POSTS | {"followers", "follower_delta"}
PUBLISHED: frozenset[Metric] = frozenset({"posts_published"})

#: A visit keeps what it finds as of its beginning, so long after it at most.
SETTLES = timedelta(minutes=5)

#: A post whose answer was lost is looked for for a day, and then counts when it was sent. A person who says
#: later that it is there changes a bucket that was final.
PUBLISHED_SETTLES = timedelta(hours=48)


class HeldAccount(NamedTuple):
    """An account of the project; `disconnected_at` is when it stopped being one."""

    id: UUID
    disconnected_at: datetime | None

    def is_held(self, at: datetime) -> bool:
        return self.disconnected_at is None or self.disconnected_at > at


class Delta(NamedTuple):
    """Difference of a metric of an account, or of the post, in a stretch."""

    account_id: UUID
    metric: Metric
    place: int
    delta: Decimal


class First(NamedTuple):
    """The time at which a metric of an account, or of the post, was told first."""

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


LIST_ACCOUNTS = collected.list_of_project.typed(HeldAccount)
SUM_OF_ACCOUNTS, SUM_OF_POST = collected.sum_of_accounts.typed(Delta), collected.sum_of_post.typed(Delta)
FIRST_OF_ACCOUNTS = collected.first_of_accounts.typed(First)
FIRST_OF_POST = collected.first_of_post.typed(First)
LIST_FOLLOWERS = collected.list_followers.typed(Followers)
COUNT_PUBLISHED = collected.count_published.typed(Published)


class Stretch(NamedTuple):
    """A bucket by its place from 1 on, or the whole window: place None."""

    place: int | None
    since: datetime
    until: datetime


class Told(NamedTuple):
    """All that was told of a scope's accounts, or of its post, which `subjects` are.

    `sums` are by metric, subject and place, None for the whole window; `firsts` the times from which on a
    metric of a subject is known.
    """

    subjects: Sequence[UUID]
    sums: Mapping[tuple[Metric, UUID, int | None], int]
    firsts: Mapping[tuple[Metric, UUID], datetime]

    def known(self, metric: Metric, before: datetime) -> list[UUID]:
        """The subjects whose metric was told before then."""
        return [one for one in self.subjects if self.firsts.get((metric, one), before) < before]

    def sum(self, metric: Metric, stretch: Stretch, subjects: Iterable[UUID]) -> int:
        return sum(self.sums.get((metric, one, stretch.place), 0) for one in subjects)


async def read(conn: Conn, question: Question) -> Mapping[Metric, Values]:
    """The values of those of the question's metrics that platforms tell."""
    accounts = await _accounts(conn, question)
    of = [account.id for account in accounts]
    told = await _told(conn, question, of)
    found = dict[Metric, Values]()
    for metric in question.metrics:
        if metric in OF_POSTS or metric == "follower_delta":
            found[metric] = _values(question, partial(FIGURES.get(metric, counter), told, metric))
    if "followers" in question.metrics:
        found["followers"] = await _followers(conn, question, accounts)
    return found


async def read_published(conn: Conn, question: Question) -> Mapping[Metric, Values]:
    """The posts that were published, which we know without being told."""
    question = question.back
    accounts = await _accounts(conn, question)
    return {"posts_published": await _published(conn, question, [account.id for account in accounts])}


def counter(told: Told, metric: Metric, stretch: Stretch) -> Figure:
    """The sum over those that were told before its end; None: none was."""
    known = told.known(metric, stretch.until)
    return told.sum(metric, stretch, known) if known else None


def engagement_rate(told: Told, _: Metric, stretch: Stretch) -> Figure:
    """Engagements by views, of those alone whose views are told; None without a view."""
    viewed = told.known("views", stretch.until)
    views = told.sum("views", stretch, viewed)
    if views <= 0:
        return None
    return round(sum(told.sum(metric, stretch, viewed) for metric in ENGAGEMENTS) / views, 6)


def follower_delta(told: Told, _: Metric, stretch: Stretch) -> Figure:
    """The sum over accounts with something to compare with: a first value has no difference."""
    changed = {one for one in told.subjects if ("followers", one, stretch.place) in told.sums}
    known = changed | set(told.known("followers", stretch.since))
    return told.sum("followers", stretch, known) if known else None


FIGURES: Mapping[Metric, Callable[[Told, Metric, Stretch], Figure]] = {
    "engagement_rate": engagement_rate,
    "follower_delta": follower_delta,
}


def _values(question: Question, figure: Callable[[Stretch], Figure]) -> Values:
    places = enumerate(question.buckets, 1)
    series = [figure(Stretch(place, bucket.since, bucket.until)) for place, bucket in places]
    return Values(series, figure(Stretch(None, *question.window)))


async def _accounts(conn: Conn, question: Question) -> list[HeldAccount]:
    """The scope's accounts; none of a post."""
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


async def _told(conn: Conn, question: Question, account_ids: Sequence[UUID]) -> Told:
    names = dict.fromkeys(part for metric in question.metrics for part in PARTS.get(metric, (metric,)))
    asked = {"org": question.organization_id, "metrics": list(names)}
    within = {"since": question.window.since, "until": question.window.until, "bounds": question.bounds}
    if question.scope == "platform_post":
        post_id = question.subject_id
        deltas = await SUM_OF_POST.all(conn, **asked, **within, post_id=post_id)
        firsts = await FIRST_OF_POST.all(conn, **asked, post_id=post_id)
    else:
        deltas = await SUM_OF_ACCOUNTS.all(conn, **asked, **within, account_ids=account_ids)
        firsts = await FIRST_OF_ACCOUNTS.all(conn, **asked, account_ids=account_ids)
    sums = defaultdict[tuple[Metric, UUID, int | None], int](int)
    for row in deltas:
        sums[row.metric, row.account_id, row.place] += int(row.delta)
        sums[row.metric, row.account_id, None] += int(row.delta)
    subjects = [question.subject_id] if question.subject_id else account_ids
    return Told(subjects, dict(sums), {(row.metric, row.account_id): row.at for row in firsts})


async def _followers(conn: Conn, question: Question, accounts: Sequence[HeldAccount]) -> Values:
    """The last value of each account by the end of a bucket that began while it was the project's."""
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
        now = {one: last.get((one, place), value) for one, value in now.items()}
        held = [now[one.id] for one in accounts if one.is_held(bucket.since)]
        values = [value for value in held if value is not None]
        series.append(sum(values) if values else None)
    return Values(series, series[-1] if series else None)


async def _published(conn: Conn, question: Question, account_ids: Sequence[UUID]) -> Values:
    rows = await COUNT_PUBLISHED.all(
        conn,
        org=question.organization_id,
        account_ids=account_ids,
        since=question.window.since,
        until=question.window.until,
        bounds=question.bounds,
    )
    found = {row.place: row.n for row in rows}
    counts = [found.get(place, 0) for place in range(1, len(question.buckets) + 1)]
    return Values(counts, sum(counts))


COLLECTED = ValueSource(
    metrics={"project": OF_ACCOUNTS, "social_account": OF_ACCOUNTS, "platform_post": OF_POSTS},
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
