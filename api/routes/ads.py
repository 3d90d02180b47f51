"""Metrics of ads: rows that partners import, and their totals."""

from typing import Annotated, get_args

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import time_window
from api.http.idempotency import run_idempotent_write_without_wakes
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.metrics import ad_metrics, ad_rows, windows
from domain.metrics.ad_metrics import AdMetricsQuery
from domain.tenancy import project_locks
from schemas.ads import (
    DEFAULT_ATTRIBUTION_WINDOW_NAME,
    AdGranularity,
    AdMetric,
    AdMetrics,
    AdPlatform,
    AdRows,
    AdRowsDeleted,
    AdRowsImported,
    AdScope,
)
from schemas.errors import InvalidValue

AdSubjectId = Annotated[
    str | None,
    QueryParameter(
        name="id",
        description="The platform's id of the ad, or of another object as `scope` says.",
        min_length=1,
        max_length=64,
    ),
]
AdMetricFilter = Annotated[
    list[AdMetric] | None, QueryParameter(name="metrics", description="Only these metrics; default: all.")
]
AdPlatformFilter = Annotated[
    list[AdPlatform] | None, QueryParameter(name="platforms", description="Only ads on these platforms.")
]
AttributionWindowFilter = Annotated[
    str,
    QueryParameter(
        name="attributionWindow",
        description="Only rows of this window: a sum over two windows would count the spend twice.",
        pattern=r"^[a-z0-9_]{1,64}$",
    ),
]

AttributionWindowToDelete = Annotated[
    str | None,
    QueryParameter(
        name="attributionWindow",
        description="The window of the rows to delete. Required.",
        pattern=r"^[a-z0-9_]{1,64}$",
    ),
]


@post(
    "/projects/{project_id:str}/ads-metrics/rows",
    opt=build_route_options("metrics:write", RateClass.WRITE_LIGHT, 404, 409, csv=True),
    status_code=200,
)
async def import_ads_metrics(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[AdRows]
) -> Response[AdRowsImported]:
    """Import ad metrics, a row for each ad and day. If one row is invalid, no row is imported.

    A row for the same ad, day and attribution window replaces the earlier one. Send the last 28 days daily,
    since platforms attribute conversions later. The rows may also come as CSV (`text/csv`): the first line
    has the names of the fields, each further line is a row, and an empty cell omits its field. Errors have
    the index and the line of their row.

    A project has at most 5,000 ads per day and window, and at most ten windows.
    """
    ad_rows.check_ad_rows(data.rows, now=request.services.clock())

    async def put(conn: Conn) -> AdRowsImported:
        scope = request.parse_org_and_project_id(project_id)
        await project_locks.lock_active_project(conn, **scope)
        async with request.reuse_or_acquire_event_store_connection(conn) as store:
            replaced = await ad_rows.store_ad_rows(store, project_id=scope["project_id"], rows=data.rows)
        return AdRowsImported(imported=len(data.rows), replaced=replaced)

    return await run_idempotent_write_without_wakes(request, put)


@delete(
    "/projects/{project_id:str}/ads-metrics/rows",
    opt=build_route_options("metrics:write", RateClass.WRITE_LIGHT, 404),
    status_code=200,
)
async def delete_ads_metrics(
    request: ApiRequest, project_id: FromPath[str], *, attribution_window: AttributionWindowToDelete = None
) -> Response[AdRowsDeleted]:
    """Delete the imported rows of an attribution window, for example one with a misspelled name.

    Deletes at most 20,000 rows per request: while the answer has `more`, send it again with another
    `Idempotency-Key`. A window without rows doesn't count toward a project's ten. This also works in an
    archived project.
    """

    async def drop(conn: Conn) -> AdRowsDeleted:
        scope = request.parse_org_and_project_id(project_id)
        await project_locks.check_project_exists(conn, **scope)
        if attribution_window is None:
            raise InvalidValue("attributionWindow", "send the attribution window of the rows to delete")
        async with request.reuse_or_acquire_event_store_connection(conn) as store:
            deleted = await ad_rows.delete_ad_row_batch_of_attribution_window(
                store, project_id=scope["project_id"], attribution_window=attribution_window
            )
        return AdRowsDeleted(deleted=deleted, more=deleted == ad_rows.MAX_AD_ROWS_DELETED_PER_REQUEST)

    return await run_idempotent_write_without_wakes(request, drop)


@get("/projects/{project_id:str}/ads-metrics", opt=build_route_options("metrics:read", RateClass.READ_LIGHT, 404))
async def get_ads_metrics(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    ad_scope: Annotated[AdScope, time_window.METRIC_SCOPE_PARAMETER] = "project",
    subject_id: AdSubjectId = None,
    metrics: AdMetricFilter = None,
    platforms: AdPlatformFilter = None,
    attribution_window: AttributionWindowFilter = DEFAULT_ATTRIBUTION_WINDOW_NAME,
    since: time_window.WindowSinceFilter = None,
    until: time_window.WindowUntilFilter = None,
    granularity: Annotated[AdGranularity, time_window.TIME_BUCKET_PARAMETER] = "day",
) -> AdMetrics:
    """Return the metrics of imported ads by day or week; also of an archived project.

    Each bucket of the window is listed, with 0 if nothing was imported. Rates are computed from sums, and are
    null if the divisor is 0. Amounts in several currencies are not summed: the value is null. Nor are people:
    `reach` and `frequency` are null for more than one row. A bucket is `final` 28 days after its end.
    """
    now = request.services.clock()
    ad_metrics.check_ad_metrics_id_fits_scope(ad_scope, subject_id)
    question = AdMetricsQuery(
        **request.parse_org_and_project_id(project_id),
        scope=ad_scope,
        subject_id=subject_id,
        metrics=metrics or get_args(AdMetric),
        platforms=platforms,
        attribution_window=attribution_window,
        window=windows.parse_metric_window(since, until, now=now),
        granularity=granularity,
    )
    async with time_window.limit_list_query_time():
        return await ad_metrics.read_ad_metrics(time_window.get_metric_query_databases(request), question, now=now)
