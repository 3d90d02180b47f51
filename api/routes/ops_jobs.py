"""Jobs of all organizations, for operators."""

from functools import partial
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.guard import build_route_options
from api.http import filters, path_ids, time_window
from api.http.filters import CreatedSinceFilter, CreatedUntilFilter, ProjectFilter
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id, read_timeline_page
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from api.routes.jobs import JobErrorCodeFilter, JobStatsWindow
from domain.jobs import stats
from domain.operations import operator_jobs
from domain.operations.operator_jobs import OperatorJobFilter
from schemas.base import Page
from schemas.job_stats import JobStats
from schemas.jobs import ApiJobStatus, JobPhase
from schemas.operator_jobs import OperatedJob, OperatedJobCounts, OperatedJobDetail
from schemas.timelines import TimelineEntry

OpsJobPoolFilter = Annotated[str | None, QueryParameter(description="Only jobs of this pool.", max_length=100)]
OpsJobOrganizationFilter = Annotated[
    str | None, QueryParameter(name="organizationId", description="Only jobs of this organization.")
]
OpsJobKindFilter = Annotated[str | None, QueryParameter(description="Only jobs of this kind.", max_length=100)]
OpsJobStatusFilter = Annotated[ApiJobStatus | None, QueryParameter(description="Only jobs with this status.")]
OpsJobPhaseFilter = Annotated[JobPhase | None, QueryParameter(description="Only jobs in this phase.")]


@get("/ops/stats", opt=build_route_options("ops:read", RateClass.READ_LIGHT, 409))
async def measure_all_jobs(
    request: ApiRequest, *, window: JobStatsWindow = "hour", pool: OpsJobPoolFilter = None
) -> JobStats:
    """Return statistics of all organizations' jobs that ended in the last hour or day, for a chart."""
    request.get_non_sandbox_actor()
    now = request.services.clock()
    async with request.acquire_connection() as conn:
        return await stats.read_ended_job_stats(conn, window=window, pool=pool, now=now)


@get("/ops/jobs", opt=build_route_options("ops:read", RateClass.READ_LIGHT, 404, 409))
async def list_all_jobs(
    request: ApiRequest,
    *,
    organization_id: OpsJobOrganizationFilter = None,
    project_id: ProjectFilter = None,
    kind: OpsJobKindFilter = None,
    pool: OpsJobPoolFilter = None,
    status: OpsJobStatusFilter = None,
    phase: OpsJobPhaseFilter = None,
    error_code: JobErrorCodeFilter = None,
    since: CreatedSinceFilter = None,
    until: CreatedUntilFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[OperatedJob]:
    """List the jobs of all organizations, newest first, internal ones included.

    Filters search the newest 10,000 jobs, or 10,000 with the given status or kind: an equal share of each
    organization, but at least 200. Filter by an organization or a project to search further back.
    """
    request.get_non_sandbox_actor()
    criteria = OperatorJobFilter(
        organization_id=filters.parse_filter_id("organization", organization_id),
        project_id=filters.parse_filter_id("project", project_id),
        kind=kind,
        pool=pool,
        status=status,
        phase=phase,
        error_code=error_code,
        period=filters.parse_list_period(since, until),
    )
    find = partial(operator_jobs.list_operator_job_page, wanted=criteria)
    return await read_list_page_by_id(request, find, cursor, limit)


@get("/ops/jobs/counts", opt=build_route_options("ops:read", RateClass.READ_LIGHT, 404, 409))
async def count_all_jobs(
    request: ApiRequest,
    *,
    organization_id: OpsJobOrganizationFilter = None,
    project_id: ProjectFilter = None,
    kind: OpsJobKindFilter = None,
    pool: OpsJobPoolFilter = None,
    error_code: JobErrorCodeFilter = None,
    since: CreatedSinceFilter = None,
    until: CreatedUntilFilter = None,
) -> OperatedJobCounts:
    """Count the jobs of all organizations by status and by phase, as their list finds them.

    The count covers 5,000 jobs of each phase, and marks counts that may be incomplete. Of ended jobs it covers an
    equal share of each pool: the last to end, or with a period the first to end after its start.
    """
    request.get_non_sandbox_actor()
    criteria = OperatorJobFilter(
        organization_id=filters.parse_filter_id("organization", organization_id),
        project_id=filters.parse_filter_id("project", project_id),
        kind=kind,
        pool=pool,
        status=None,
        phase=None,
        error_code=error_code,
        period=filters.parse_list_period(since, until),
    )
    async with time_window.limit_list_query_time(), request.acquire_connection() as conn:
        return await operator_jobs.count_operator_jobs(conn, wanted=criteria)


@get("/ops/jobs/{job_id:str}", opt=build_route_options("ops:read", RateClass.READ_LIGHT, 404, 409))
async def get_any_job(request: ApiRequest, job_id: FromPath[str]) -> OperatedJobDetail:
    """Return a job of any organization, with its arguments and its result."""
    request.get_non_sandbox_actor()
    async with request.acquire_connection() as conn:
        return await operator_jobs.read_operator_job(conn, job_id=path_ids.parse_id("job", job_id))


@get("/ops/jobs/{job_id:str}/timeline", opt=build_route_options("ops:read", RateClass.READ_LIGHT, 404, 409))
async def get_any_job_timeline(
    request: ApiRequest, job_id: FromPath[str], *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[TimelineEntry]:
    """List the timeline of any organization's job, internal ones included, as its organization reads it."""
    request.get_non_sandbox_actor()
    read = partial(operator_jobs.read_operator_job_timeline, job_id=path_ids.parse_id("job", job_id))
    return await read_timeline_page(request, read, cursor, limit)
