"""Jobs of all organizations, for operators."""

from functools import partial
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from api import filters, paths, spans
from api.filters import MadeSince, MadeUntil, ProjectFilter
from api.guard import requires
from api.paging import DEFAULT, Cursor, Limit, page
from api.ratelimit import Class
from api.requests import ApiRequest
from api.timeline_pages import page_of_entries
from domain.jobs import stats
from domain.operations import operated_jobs
from domain.operations.operated_jobs import Wanted
from schemas.base import Page
from schemas.job_stats import JobStats, Window
from schemas.jobs import Phase, Status
from schemas.operated_jobs import OperatedJob, OperatedJobCounts, OperatedJobDetail
from schemas.timelines import TimelineEntry

WindowFilter = Annotated[Window, QueryParameter(name="window", description="How far it goes back.")]
PoolFilter = Annotated[str | None, QueryParameter(description="Only of this pool.", max_length=100)]
OrganizationFilter = Annotated[
    str | None, QueryParameter(name="organizationId", description="Only of this organization.")
]
KindFilter = Annotated[str | None, QueryParameter(description="Only of this kind.", max_length=100)]
StatusFilter = Annotated[Status | None, QueryParameter(description="Only with this status.")]
PhaseFilter = Annotated[Phase | None, QueryParameter(description="Only in this phase.")]
ErrorFilter = Annotated[
    str | None,
    QueryParameter(name="errorCode", description="Only failed ones, with this code.", max_length=100),
]


@get("/ops/stats", opt=requires("ops:read", Class.READ_LIGHT, 409))
async def measure_all_jobs(
    request: ApiRequest, *, window: WindowFilter = "hour", pool: PoolFilter = None
) -> JobStats:
    """All organizations' jobs that ended in the last hour or day, by when they did, for a chart."""
    request.require_live()
    now = request.services.clock()
    async with request.connection() as conn:
        return await stats.measure_ended(conn, window=window, pool=pool, now=now)


@get("/ops/jobs", opt=requires("ops:read", Class.READ_LIGHT, 404, 409))
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
    since: MadeSince = None,
    until: MadeUntil = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Page[OperatedJob]:
    """Jobs of all organizations, newest first, internal ones too.

    Filters look at the newest 10,000 jobs, or of the status that is asked for: an equal part of each
    organization, but 200 at least. Name an organization, or a project, to look further back in it.
    """
    request.require_live()
    wanted = Wanted(
        organization_id=filters.read_id("organization", organization_id),
        project_id=filters.read_id("project", project_id),
        kind=kind,
        pool=pool,
        status=status,
        phase=phase,
        error_code=error_code,
        period=filters.period(since, until),
    )
    find = partial(operated_jobs.list_page, wanted=wanted)
    return await page(request, find, cursor, limit, identify=lambda job: job.job_id)


@get("/ops/jobs/counts", opt=requires("ops:read", Class.READ_LIGHT, 404, 409))
async def count_all_jobs(
    request: ApiRequest,
    *,
    organization_id: OrganizationFilter = None,
    project_id: ProjectFilter = None,
    kind: KindFilter = None,
    pool: PoolFilter = None,
    error_code: ErrorFilter = None,
    since: MadeSince = None,
    until: MadeUntil = None,
) -> OperatedJobCounts:
    """How many jobs of all organizations there are by status and by phase, as their list finds them.

    It looks at the newest 10,000 of each status, an equal part of each organization, and says where there
    may be more.
    """
    request.require_live()
    wanted = Wanted(
        organization_id=filters.read_id("organization", organization_id),
        project_id=filters.read_id("project", project_id),
        kind=kind,
        pool=pool,
        status=None,
        phase=None,
        error_code=error_code,
        period=filters.period(since, until),
    )
    async with spans.bounded(), request.connection() as conn:
        return await operated_jobs.count(conn, wanted=wanted)


@get("/ops/jobs/{job_id:str}", opt=requires("ops:read", Class.READ_LIGHT, 404, 409))
async def get_any_job(request: ApiRequest, job_id: FromPath[str]) -> OperatedJobDetail:
    """A job of any organization, with what it was asked for and what it came to."""
    request.require_live()
    async with request.connection() as conn:
        return await operated_jobs.get(conn, job_id=paths.read("job", job_id))


@get("/ops/jobs/{job_id:str}/timeline", opt=requires("ops:read", Class.READ_LIGHT, 404, 409))
async def get_any_job_timeline(
    request: ApiRequest, job_id: FromPath[str], *, cursor: Cursor = None, limit: Limit = DEFAULT
) -> Page[TimelineEntry]:
    """What happened to a job of any organization, internal ones too: as its own organization reads it."""
    request.require_live()
    read = partial(operated_jobs.timeline, job_id=paths.read("job", job_id))
    return await page_of_entries(request, read, cursor, limit)


ROUTES = [measure_all_jobs, list_all_jobs, count_all_jobs, get_any_job, get_any_job_timeline]
