"""Metrics of projects, accounts and posts."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.guard import build_route_options
from api.http import paging, path_ids, time_window
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from domain.content import performance
from domain.metrics import advertised, top_performers, windows
from domain.metrics import metrics as verbs
from domain.metrics.metrics import MetricsQuery
from schemas.accounts import PlatformName
from schemas.content_performance import MAX_PERFORMANCE_DAYS, ContentPerformance, PerformanceAxis
from schemas.errors.absent import ObjectKind
from schemas.metrics import Granularity, MetricName, Metrics, MetricScope
from schemas.top_performers import TopMetric, TopPerformers, TopPerformerSource, TopWindow

MetricSubjectId = Annotated[
    str | None,
    QueryParameter(
        name="id", description="The id of the account (`sa_...`) or post (`sp_...`), as `scope` says.", max_length=100
    ),
]
MetricFilter = Annotated[
    list[MetricName] | None,
    QueryParameter(name="metrics", description="Only these metrics; default: all metrics of the scope."),
]

_SUBJECT_KINDS_BY_METRIC_SCOPE: dict[MetricScope, ObjectKind] = {"social_account": "account", "platform_post": "post"}


@get("/projects/{project_id:str}/metrics", opt=build_route_options("metrics:read", RateClass.READ_LIGHT, 404))
async def get_metrics(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    metric_scope: Annotated[MetricScope, time_window.METRIC_SCOPE_PARAMETER] = "project",
    subject_id: MetricSubjectId = None,
    metrics: MetricFilter = None,
    since: time_window.WindowSinceFilter = None,
    until: time_window.WindowUntilFilter = None,
    granularity: Annotated[Granularity, time_window.TIME_BUCKET_PARAMETER] = "day",
) -> Metrics:
    """Return metrics of a project, account or post by hour, day or week in the project's time zone.

    This works for an archived project, too. Each bucket of the window is listed: 0 if nothing happened, null if
    nothing was collected. The maximum is 1,000 buckets. Late events change buckets that are not `final`.
    """
    chosen = verbs.choose_requested_or_all_scope_metrics(metric_scope, metrics, has_id=subject_id is not None)

    async def read(now: datetime, ahead: timedelta) -> Metrics:
        question = MetricsQuery(
            **request.parse_org_and_project_id(project_id),
            scope=metric_scope,
            subject_id=None
            if subject_id is None
            else path_ids.parse_id(_SUBJECT_KINDS_BY_METRIC_SCOPE[metric_scope], subject_id),
            metrics=chosen,
            window=windows.parse_metric_window(since, until, now=now),
            ahead=ahead,
            granularity=granularity,
        )
        return await verbs.read_scope_metrics(time_window.get_metric_query_databases(request), question, now=now)

    async with time_window.limit_list_query_time():
        return await time_window.read_at_one_clock_time(request, read)


@get("/projects/{project_id:str}/top-performers", opt=build_route_options("metrics:read", RateClass.READ_LIGHT, 404))
async def get_top_performers(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    metric: Annotated[TopMetric, QueryParameter(description="The metric to rank by.")] = "views",
    window: Annotated[TopWindow, QueryParameter(description="The number of days up to now.")] = "30d",
    source_type: Annotated[
        TopPerformerSource,
        QueryParameter(
            name="sourceType",
            description="Rank single posts, or their content with all its posts on a platform: generated "
            "(`content_container`) or uploaded (`manual`).",
        ),
    ] = "platform_post",
    platform: Annotated[
        list[PlatformName] | None, QueryParameter(description="Only posts or content on these platforms.")
    ] = None,
    limit: paging.PageLimit = paging.DEFAULT_PAGE_LIMIT,
) -> TopPerformers:
    """Rank a project's best posts or content of the last days.

    Figures count only the window. An `engagement_rate` is likes, comments, shares and saves divided by views,
    for 100 views or more. `conversions` and `roas` (revenue divided by spend) come from imported ads that
    name the post or content: its id is the row's `adId`, `adsetId` or `campaignId`. They are a 422 if no row
    of the window names one.
    """
    options: dict[str, Any] = {"metric": metric, "window": window, "source_type": source_type, "platforms": platform}
    read = partial(_rank_top_performers, request, project_id, limit=limit, **options)
    async with time_window.limit_list_query_time():
        return await time_window.read_at_one_clock_time(request, read)


@get(
    "/projects/{project_id:str}/content/performance", opt=build_route_options("metrics:read", RateClass.READ_LIGHT, 404)
)
async def get_content_performance(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    by: Annotated[
        PerformanceAxis,
        QueryParameter(description="What to compare: looks, shapes of opening lines, or first pictures."),
    ] = "look",
    days: Annotated[
        int,
        QueryParameter(
            ge=1, le=MAX_PERFORMANCE_DAYS, description="The number of days up to today, in the project's time zone."
        ),
    ] = 90,
    limit: paging.PageLimit = paging.DEFAULT_PAGE_LIMIT,
) -> ContentPerformance:
    """Compare the looks, opening lines or first pictures of a project's generated content by its posts' figures.

    Only posts with views in the window count, of the project's 5,000 newest published posts. The interval treats
    posts as samples: it is wide if few posts differ much.
    """

    async def read(now: datetime, _: timedelta) -> ContentPerformance:
        async with request.acquire_connection() as conn:
            return await performance.read_content_performance(
                conn, **request.parse_org_and_project_id(project_id), by=by, days=days, limit=limit, now=now
            )

    async with time_window.limit_list_query_time():
        return await time_window.read_at_one_clock_time(request, read)


async def _rank_top_performers(
    request: ApiRequest, project_id: str, now: datetime, _: timedelta, **options: Any
) -> TopPerformers:
    asked = top_performers.TopPerformersQuery(**request.parse_org_and_project_id(project_id), **options)
    if asked.metric in advertised.POST_RANKING_METRICS_FROM_ADS:
        return await advertised.rank_posts_by_ads(time_window.get_metric_query_databases(request), asked, now=now)
    async with request.acquire_connection() as conn:
        return await top_performers.rank_posts_or_contents_by_organic_metric(conn, asked, now=now)
