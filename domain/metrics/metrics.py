"""Metrics of a project, an account or a post: each source with some of the metrics answers the query."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from db.pool import Conn, OpenConnection
from db.queries import project
from domain.accounts import accounts
from domain.events import folds
from domain.metrics import buckets, collected_values, event_values
from domain.metrics.active_users import ActiveUserCountCache
from domain.metrics.value_sources import MetricSeriesQuery, MetricSeriesSource, SeriesAndTotal
from domain.metrics.windows import TimeWindow
from domain.publishing import posts
from schemas import ids
from schemas.errors import InvalidValue
from schemas.errors.absent import not_found_error, require_found
from schemas.metrics import Granularity, MetricBucket, MetricFigure, MetricName, Metrics, MetricScope, MetricWindow

#: Sources of values. No two have the same metric of a scope.
STORED_METRIC_SOURCES: Sequence[MetricSeriesSource] = (
    event_values.EVENT_METRIC_SERIES_SOURCE,
    collected_values.COLLECTED_METRIC_SERIES_SOURCE,
    collected_values.PUBLISHED_POST_SERIES_SOURCE,
)

_POST_METRICS: tuple[MetricName, ...] = (*collected_values.POST_COUNTER_METRICS, "engagement_rate")
_ACCOUNT_METRICS: tuple[MetricName, ...] = (*_POST_METRICS, "followers", "follower_delta", "posts_published")

#: Metrics of each scope; a metric without a source is null.
METRICS_BY_SUBJECT: Mapping[MetricScope, tuple[MetricName, ...]] = {
    "project": (*_ACCOUNT_METRICS, "events", "other_events", "active_users"),
    "social_account": _ACCOUNT_METRICS,
    "platform_post": _POST_METRICS,
}


class MetricDatabases(NamedTuple):
    """Connections to the main database and to the event store, and the cache of people."""

    main: OpenConnection
    events: OpenConnection
    counted: ActiveUserCountCache


class MetricsQuery(NamedTuple):
    """Query of a caller, with metrics that `choose_requested_or_all_scope_metrics` accepted."""

    organization_id: UUID
    project_id: UUID
    scope: MetricScope
    subject_id: UUID | None
    metrics: Sequence[MetricName]
    window: TimeWindow
    granularity: Granularity
    ahead: timedelta = timedelta()


def choose_requested_or_all_scope_metrics(
    scope: MetricScope, metrics: Sequence[MetricName] | None, *, has_id: bool
) -> Sequence[MetricName]:
    """Return the requested metrics, or all metrics of the scope if none is requested.

    The scope is a project, an account or a post. Raises `InvalidValue` for a metric that the scope lacks, for an id
    with the project, and for an account or a post without its id.
    """
    if has_id == (scope == "project"):
        raise InvalidValue("id", "name the account or the post of `scope`; for the project, leave it out")
    available = METRICS_BY_SUBJECT[scope]
    for metric in metrics or ():
        if metric not in available:
            raise InvalidValue("metrics", f"{scope} has no {metric}: send some of {', '.join(available)}")
    return metrics or available


async def read_scope_metrics(stores: MetricDatabases, asked: MetricsQuery, *, now: datetime) -> Metrics:
    """Return the metrics of a project, an account or a post, for each bucket and the whole window.

    Its `as_of` is `now`, or earlier by the wait of the oldest event that isn't counted yet. Raises `ObjectNotFound`,
    `InvalidValue` for too many buckets.
    """
    async with stores.main() as conn:
        zone = await read_project_timezone(conn, organization_id=asked.organization_id, project_id=asked.project_id)
        await _check_metric_subject(conn, asked)
    cut = buckets.split_window_into_buckets(asked.window, ZoneInfo(zone), asked.granularity)
    question = MetricSeriesQuery(*asked[:-2], cut, stores.counted, now, asked.ahead)
    sources = [source for source in STORED_METRIC_SOURCES if source.has_metric_of_query(question)]
    values: dict[MetricName, SeriesAndTotal] = {}
    as_of = now
    for source in sources:
        async with (stores.events if source.of_events else stores.main)() as conn:
            if source.of_events:
                as_of -= await folds.fold_project_for_read(conn, project_id=asked.project_id)
                question = question._replace(lacks_events=as_of < now)
            values |= await source.read(conn, question)
    settles = max((source.settles for source in sources), default=timedelta(0))
    return _metrics_to_schema(question, values, zone=zone, as_of=as_of, final_until=as_of - settles)


async def read_project_timezone(conn: Conn, *, organization_id: UUID, project_id: UUID) -> str:
    """Return the name of a project's time zone, also of an archived project. Raises `ObjectNotFound`."""
    zone: str = require_found(await project.get_zone.value(conn, org=organization_id, id=project_id), "project")
    return zone


async def _check_metric_subject(conn: Conn, asked: MetricsQuery) -> None:
    """Raise `ObjectNotFound` if the account or post of a metrics query isn't in its project."""
    if asked.subject_id is None:
        return
    shown_id = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, asked.project_id)
    if asked.scope == "social_account":
        account = await accounts.read_account(conn, organization_id=asked.organization_id, account_id=asked.subject_id)
        if account.project_id != shown_id:
            raise not_found_error("account")
    else:
        post, _ = await posts.read_versioned_post(conn, organization_id=asked.organization_id, post_id=asked.subject_id)
        if post.project_id != shown_id:
            raise not_found_error("post")


def _metrics_to_schema(
    question: MetricSeriesQuery,
    values: Mapping[MetricName, SeriesAndTotal],
    *,
    zone: str,
    as_of: datetime,
    final_until: datetime,
) -> Metrics:
    def at(place: int) -> dict[str, MetricFigure]:
        return {metric: values[metric].series[place] if metric in values else None for metric in question.metrics}

    return Metrics(
        timezone=zone,
        as_of=as_of,
        window=MetricWindow(since=question.window.since, until=question.window.until),
        series=[
            MetricBucket(bucket=bucket.label, final=bucket.until <= final_until, values=at(place))
            for place, bucket in enumerate(question.buckets)
        ],
        totals={metric: values[metric].total if metric in values else None for metric in question.metrics},
    )
