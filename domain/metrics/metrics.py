"""Metrics of a project, an account or a post: each source with some of the metrics answers the query."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from db.pool import Conn
from db.queries import project
from domain.accounts import accounts
from domain.metrics import buckets, collected_values, event_values
from domain.metrics.active_users import PeopleCache
from domain.metrics.value_sources import SourceQuery, Values, ValueSource
from domain.metrics.windows import TimeWindow
from domain.publishing import posts
from schemas import ids
from schemas.errors import Invalid
from schemas.errors.absent import absent, present
from schemas.metrics import Figure, Granularity, Metric, MetricBucket, Metrics, MetricScope, MetricWindow

#: Sources of values. No two have the same metric of a scope.
SOURCES: Sequence[ValueSource] = (
    event_values.EVENT_VALUE_SOURCE,
    collected_values.COLLECTED_SOURCE,
    collected_values.POSTS_PUBLISHED,
)

_OF_POSTS: tuple[Metric, ...] = (
    "views", "reach", "impressions", "likes", "comments", "shares", "saves", "watch_time_ms",
    "engagement_rate",
)  # fmt: skip
_OF_ACCOUNTS: tuple[Metric, ...] = (*_OF_POSTS, "followers", "follower_delta", "posts_published")

#: Metrics of each scope; a metric without a source is null.
METRICS_BY_SCOPE: Mapping[MetricScope, tuple[Metric, ...]] = {
    "project": (*_OF_ACCOUNTS, "events", "other_events", "active_users"),
    "social_account": _OF_ACCOUNTS,
    "platform_post": _OF_POSTS,
}

#: Context manager of a pooled connection.
Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Conn]]


class MetricSources(NamedTuple):
    """Connections to the main database and to the event store, and the cache of people."""

    main: Connect
    events: Connect
    counted: PeopleCache


class MetricQuery(NamedTuple):
    """Query of a caller, with metrics that `choose` accepted."""

    organization_id: UUID
    project_id: UUID
    scope: MetricScope
    subject_id: UUID | None
    metrics: Sequence[Metric]
    window: TimeWindow
    granularity: Granularity
    ahead: timedelta = timedelta()


def choose(scope: MetricScope, metrics: Sequence[Metric] | None, *, has_id: bool) -> Sequence[Metric]:
    """Return the requested metrics, or all of the scope.

    Raises `Invalid` for a metric that the scope doesn't have, for a missing id and for one that the scope
    doesn't take.
    """
    if has_id == (scope == "project"):
        raise Invalid("id", "name the account or the post of `scope`; for the project, leave it out")
    available = METRICS_BY_SCOPE[scope]
    for metric in metrics or ():
        if metric not in available:
            raise Invalid("metrics", f"{scope} has no {metric}: send some of {', '.join(available)}")
    return metrics or available


async def read(stores: MetricSources, asked: MetricQuery, *, now: datetime) -> Metrics:
    """Return the metrics. Raises `NotFound`, `Invalid` for too many buckets."""
    async with stores.main() as conn:
        zone = await zone_of(conn, organization_id=asked.organization_id, project_id=asked.project_id)
        await _check_subject(conn, asked)
    cut = buckets.cut_window(asked.window, ZoneInfo(zone), asked.granularity)
    question = SourceQuery(*asked[:-2], cut, stores.counted, now, asked.ahead)
    sources = [source for source in SOURCES if source.has(question)]
    values: dict[Metric, Values] = {}
    for source in sources:
        async with (stores.events if source.of_events else stores.main)() as conn:
            values |= await source.read(conn, question)
    settles = max((source.settles for source in sources), default=timedelta(0))
    return _to_schema(question, values, zone=zone, final_until=now - settles)


async def zone_of(conn: Conn, *, organization_id: UUID, project_id: UUID) -> str:
    """Return the name of a project's zone, archived or not. Raises `NotFound`."""
    zone: str = present(await project.get_zone.value(conn, org=organization_id, id=project_id), "project")
    return zone


async def _check_subject(conn: Conn, asked: MetricQuery) -> None:
    """Raise `NotFound` for an account or a post outside the project."""
    if asked.subject_id is None:
        return
    shown_id = ids.show(ids.PROJECT, asked.project_id)
    if asked.scope == "social_account":
        account = await accounts.get(conn, organization_id=asked.organization_id, account_id=asked.subject_id)
        if account.project_id != shown_id:
            raise absent("account")
    else:
        post, _ = await posts.get(conn, organization_id=asked.organization_id, post_id=asked.subject_id)
        if post.project_id != shown_id:
            raise absent("post")


def _to_schema(
    question: SourceQuery,
    values: Mapping[Metric, Values],
    *,
    zone: str,
    final_until: datetime,
) -> Metrics:
    def at(place: int) -> dict[str, Figure]:
        return {
            metric: values[metric].series[place] if metric in values else None for metric in question.metrics
        }

    return Metrics(
        timezone=zone,
        as_of=question.now,
        window=MetricWindow(since=question.window.since, until=question.window.until),
        series=[
            MetricBucket(bucket=bucket.label, final=bucket.until <= final_until, values=at(place))
            for place, bucket in enumerate(question.buckets)
        ],
        totals={metric: values[metric].total if metric in values else None for metric in question.metrics},
    )
