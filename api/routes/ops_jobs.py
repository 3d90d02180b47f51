"""Jobs of all organizations, for operators."""

from functools import partial
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.guard import requires
from api.http import filters, path_ids, time_window
from api.http.filters import CreatedSince, CreatedUntil, ProjectFilter
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit, page, page_of_entries
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from domain.jobs import stats
from domain.operations import operator_jobs
from domain.operations.operator_jobs import JobFilter
from schemas.base import Page
from schemas.job_stats import JobStats, Window
from schemas.jobs import JobPhase, Status
from schemas.operator_jobs import OperatedJob, OperatedJobCounts, OperatedJobDetail
from schemas.timelines import TimelineEntry

WindowFilter = Annotated[
    Window, QueryParameter(name="window", description="The length of the window, up to now.")
]
PoolFilter = Annotated[str | None, QueryParameter(description="Only jobs of this pool.", max_length=100)]
OrganizationFilter = Annotated[
    str | None, QueryParameter(name="organizationId", description="Only jobs of this organization.")
]
KindFilter = Annotated[str | None, QueryParameter(description="Only jobs of this kind.", max_length=100)]
StatusFilter = Annotated[Status | None, QueryParameter(description="Only jobs with this status.")]
PhaseFilter = Annotated[JobPhase | None, QueryParameter(description="Only jobs in this phase.")]
ErrorFilter = Annotated[
    str | None,
    QueryParameter(name="errorCode", description="Only failed jobs with this code.", max_length=100),
]


@get("/ops/stats", opt=requires("ops:read", RateClass.READ_LIGHT, 409))
async def measure_all_jobs(
    request: ApiRequest, *, window: WindowFilter = "hour", pool: PoolFilter = None
) -> JobStats:
    """Return statistics of all organizations' jobs that ended in the last hour or day, for a chart."""
    request.require_live()
    now = request.services.clock()
    async with request.connection() as conn:
        return await stats.measure_ended(conn, window=window, pool=pool, now=now)


@get("/ops/jobs", opt=requires("ops:read", RateClass.READ_LIGHT, 404, 409))
async def list_all_jobs(
    request: ApiRequest,
    *,
    organization_id: OrganizationFilter = None,
    project_id: ProjectFilter = None,
    kind: KindFilter = None,
    pool: PoolFilter = None,
    status: StatusFilter = None,
    phase: PhaseFilter = None,
    error_code: ErrorFilter = None,
    since: CreatedSince = None,
    until: CreatedUntil = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OperatedJob]:
    """List the jobs of all organizations, newest first, internal ones included.

    Filters search the newest 10,000 jobs, or 10,000 with the given status: an equal share of each
    organization, but at least 200. Filter by an organization or a project to search further back.
    """
    request.require_live()
    criteria = JobFilter(
        organization_id=filters.read_id("organization", organization_id),
        project_id=filters.read_id("project", project_id),
        kind=kind,
        pool=pool,
        status=status,
        phase=phase,
        error_code=error_code,
        period=filters.read_period(since, until),
    )
    find = partial(operator_jobs.list_page, wanted=criteria)
    return await page(request, find, cursor, limit, identify=lambda job: job.job_id)


@get("/ops/jobs/counts", opt=requires("ops:read", RateClass.READ_LIGHT, 404, 409))
async def count_all_jobs(
    request: ApiRequest,
    *,
    organization_id: OrganizationFilter = None,
    project_id: ProjectFilter = None,
    kind: KindFilter = None,
    pool: PoolFilter = None,
    error_code: ErrorFilter = None,
    since: CreatedSince = None,
    until: CreatedUntil = None,
) -> OperatedJobCounts:
    """Count the jobs of all organizations by status and by phase, as their list finds them.

    The count covers the newest 10,000 of each status, an equal share of each organization, and marks counts
    that may be incomplete.
    """
    request.require_live()
    criteria = JobFilter(
        organization_id=filters.read_id("organization", organization_id),
        project_id=filters.read_id("project", project_id),
        kind=kind,
        pool=pool,
        status=None,
        phase=None,
        error_code=error_code,
        period=filters.read_period(since, until),
    )
    async with time_window.limit_read_time(), request.connection() as conn:
        return await operator_jobs.count(conn, wanted=criteria)


@get("/ops/jobs/{job_id:str}", opt=requires("ops:read", RateClass.READ_LIGHT, 404, 409))
async def get_any_job(request: ApiRequest, job_id: FromPath[str]) -> OperatedJobDetail:
    """Return a job of any organization, with its arguments and its result."""
    request.require_live()
    async with request.connection() as conn:
        return await operator_jobs.get(conn, job_id=path_ids.parse_id("job", job_id))


@get("/ops/jobs/{job_id:str}/timeline", opt=requires("ops:read", RateClass.READ_LIGHT, 404, 409))
async def get_any_job_timeline(
    request: ApiRequest, job_id: FromPath[str], *, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[TimelineEntry]:
    """List the timeline of any organization's job, internal ones included, as its organization reads it."""
    request.require_live()
    read = partial(operator_jobs.timeline, job_id=path_ids.parse_id("job", job_id))
    return await page_of_entries(request, read, cursor, limit)
