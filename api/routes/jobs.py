"""Jobs: read, await, cancel and retry."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from api.guard import build_route_options
from api.http import etags, filters, path_ids
from api.http.accepted_job import build_accepted_job_answer
from api.http.filters import CreatedSinceFilter, CreatedUntilFilter, ProjectFilter
from api.http.idempotency import HTTP_ACCEPTED_STATUS, WriteReply, run_idempotent_write
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id, read_list_page_in_project
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.limits.rate_limits import RateClass
from api.streams.long_poll import AwaitedObjectRef, IsWaitOver, run_unless_disconnected
from db.pool import Conn
from domain.jobs import counts, jobs, retries, stats
from domain.jobs.jobs import VersionedJob
from domain.tenancy import sandbox_times
from jobs import kinds
from schemas.base import Page
from schemas.errors import LimitReached
from schemas.errors.absent import not_found_error
from schemas.job_stats import JobStats, StatsWindow
from schemas.jobs import Accepted, ApiJobStatus, CancelAnswer, Job, JobCounts, JobPhase

MAX_JOB_WAIT_S = 30
JOB_STREAM_KEEP_ALIVE_INTERVAL_S = 15.0

#: Maximum seconds of a stream. A browser then reconnects by itself, with `Last-Event-ID`.
MAX_JOB_STREAM_S = 900.0
JOB_STREAM_RECONNECT_HINT = b": this stream ends, go on with Last-Event-ID\nretry: 1000\n\n"

#: Seconds in `Retry-After` when all streams are taken.
JOB_STREAMS_FULL_RETRY_AFTER_S = 5

JobWaitSeconds = Annotated[
    int,
    QueryParameter(
        ge=0,
        le=MAX_JOB_WAIT_S,
        description="Maximum seconds to wait for the job's end; with If-None-Match, for any other version.",
    ),
]
JobKindFilter = Annotated[
    list[str] | None,
    QueryParameter(
        description="Only jobs of these kinds.", schema_extra={"items": {"enum": kinds.PUBLIC_JOB_KIND_NAMES}}
    ),
]
JobStatusFilter = Annotated[list[ApiJobStatus] | None, QueryParameter(description="Only with one of these statuses.")]
JobStageFilter = Annotated[
    list[str] | None,
    QueryParameter(
        description="Only jobs at one of these stages.", schema_extra={"items": {"enum": [*kinds.ALL_JOB_STAGE_NAMES]}}
    ),
]
JobPhaseFilter = Annotated[list[JobPhase] | None, QueryParameter(description="Only jobs in one of these phases.")]
JobErrorCodeFilter = Annotated[
    str | None, QueryParameter(name="errorCode", description="Only failed jobs with this code.", max_length=100)
]

JobStatsWindow = Annotated[
    StatsWindow, QueryParameter(name="window", description="The length of the window, up to now.")
]


@get("/jobs", opt=build_route_options("jobs:read", RateClass.READ_LIGHT, 404))
async def list_jobs(
    request: ApiRequest,
    *,
    project_id: ProjectFilter = None,
    kind: JobKindFilter = None,
    status: JobStatusFilter = None,
    stage: JobStageFilter = None,
    phase: JobPhaseFilter = None,
    error_code: JobErrorCodeFilter = None,
    since: CreatedSinceFilter = None,
    until: CreatedUntilFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[Job]:
    """List the organization's jobs, newest first."""
    filters.check_filter_values("kind", kind, kinds.PUBLIC_JOB_KIND_NAMES)
    filters.check_filter_values("stage", stage, kinds.ALL_JOB_STAGE_NAMES)
    find = partial(
        jobs.list_filtered_jobs,
        kinds=kind,
        statuses=status,
        stages=stage,
        phases=phase,
        error_code=error_code,
        period=await filters.parse_period_filter_into_real_time(request, since, until),
    )
    if project_id is not None:
        return await read_list_page_in_project(request, find, project_id, cursor, limit)
    everywhere = partial(find, organization_id=request.organization_id, project_id=None)
    return await read_list_page_by_id(request, everywhere, cursor, limit)


@get("/jobs/counts", opt=build_route_options("jobs:read", RateClass.READ_LIGHT, 404))
async def count_jobs(request: ApiRequest, *, project_id: ProjectFilter = None, kind: JobKindFilter = None) -> JobCounts:
    """Count the jobs by status and by phase, and the open jobs by stage.

    Ended jobs are counted for as long as they are kept, which is 30 days.
    """
    filters.check_filter_values("kind", kind, kinds.PUBLIC_JOB_KIND_NAMES)
    async with request.acquire_connection() as conn:
        return await counts.count_visible_jobs(
            conn,
            organization_id=request.organization_id,
            project_id=filters.parse_filter_id("project", project_id),
            kinds=kind,
        )


@get("/jobs/stats", opt=build_route_options("jobs:read", RateClass.READ_LIGHT))
async def measure_jobs(request: ApiRequest, *, window: JobStatsWindow = "hour") -> JobStats:
    """Return statistics of the organization's jobs accepted in the last hour or day, for a chart."""
    now = request.services.clock()
    async with request.acquire_connection() as conn:
        return await stats.read_organization_job_stats(
            conn, organization_id=request.organization_id, window=window, now=now
        )


@get("/jobs/{job_id:str}", opt=build_route_options("jobs:read", RateClass.READ_LIGHT, 304, 404, polls_job=True))
async def get_job(request: ApiRequest, job_id: FromPath[str], *, wait: JobWaitSeconds = 0) -> Response[Job | None]:
    """Return a job. Poll after `Retry-After` with `If-None-Match`: a 304 costs no budget.

    `waiting` is as of now. It changes without a new version of the job: neither a 304 nor `wait` reports the
    change.
    """
    services, ref = request.services, (request.organization_id, path_ids.parse_id("job", job_id))
    state = request.request_state.polled_job or await _read_versioned_job(request, ref)
    if wait:
        state = await _await_job_end(request, ref, state, wait)
    job, version = state
    headers = {"ETag": etags.quote_etag(version)}
    if job.status == "running":
        headers["Retry-After"] = str(_compute_job_poll_retry_after_s(job, services.clock()))
    if etags.matches_if_none_match(request, version):
        return LowOverheadResponse(None, status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if job.waiting is msgspec.UNSET:
        job = msgspec.structs.replace(job, waiting=await services.wait_reasons.queue_lookup(ref))
    return LowOverheadResponse(job, headers=headers)


@get("/jobs/{job_id:str}/events", opt=build_route_options("jobs:read", RateClass.READ_LIGHT, 204, 404))
async def stream_job(request: ApiRequest, job_id: FromPath[str]) -> Response[None] | Stream:
    """Stream a job as server-sent events: each message is the whole job, its id the job's version.

    The answer is 204, which ends a browser's reconnecting, if `Last-Event-ID` is the version of an ended job.
    A stream ends after 15 minutes: reconnect with `Last-Event-ID`. An organization has at most 100 concurrent
    waits and streams.
    """
    ref = (request.organization_id, path_ids.parse_id("job", job_id))
    state = await _read_versioned_job(request, ref)
    is_known = request.request_state.headers.get(b"last-event-id") == str(state[1]).encode()
    if is_known and jobs.has_job_ended(state):
        return Response(None, status_code=HTTPStatus.NO_CONTENT)
    if request.services.job_hub.is_full_for_organization(ref[0]):
        raise LimitReached(
            "streams", "too many requests wait or stream: end some, or poll", retry_after=JOB_STREAMS_FULL_RETRY_AFTER_S
        )
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Stream(
        _stream_job_events(request, ref, state, is_known=is_known), media_type="text/event-stream", headers=headers
    )


@post(
    "/jobs/{job_id:str}/cancel",
    opt=build_route_options("jobs:cancel", RateClass.WRITE_LIGHT, 200, 404, 409),
    status_code=202,
)
async def cancel_job(request: ApiRequest, job_id: FromPath[str]) -> Response[CancelAnswer]:
    """Cancel a job: at once while it is queued, at its next step if it runs. 200 if it has ended."""

    async def cancel(conn: Conn) -> WriteReply[CancelAnswer]:
        answer = await jobs.request_job_cancel(conn, **request.parse_org_and_object_id("job", job_id=job_id))
        return WriteReply(answer, status=HTTP_ACCEPTED_STATUS if answer.accepted else HTTPStatus.OK)

    return await run_idempotent_write(request, cancel)


@post("/jobs/{job_id:str}/retry", opt=build_route_options(None, RateClass.LONG_RUNNING, 403, 404, 409), status_code=202)
async def retry_job(request: ApiRequest, job_id: FromPath[str]) -> Response[Accepted]:
    """Retry a failed or canceled job as a new one; needs the scope that started it."""
    who = request.principal

    async def retry(conn: Conn) -> WriteReply[Accepted]:
        submitted = await retries.submit_job_retry(
            conn, **request.parse_org_and_object_id("job", job_id=job_id), scopes=who.scopes
        )
        return build_accepted_job_answer(Accepted, submitted)

    return await run_idempotent_write(request, retry)


async def _read_versioned_job(request: ApiRequest, ref: AwaitedObjectRef) -> VersionedJob:
    """Return the current job and its version. In a sandbox, read the sandbox's clock, too.

    Raises `ObjectNotFound` for an unknown job.
    """
    if request.principal.sandbox:
        async with request.acquire_connection() as conn:
            [state] = await jobs.read_jobs_by_ids(conn, refs=[ref])
    else:
        state = await request.services.jobs.queue_lookup(ref)
    if state is None:
        raise not_found_error("job")
    return state


async def _await_job_end(request: ApiRequest, ref: AwaitedObjectRef, state: VersionedJob, seconds: int) -> VersionedJob:
    """Wait at most `seconds` until a job has ended, and return the job with its version. Raises `ObjectNotFound`.

    If the client has the current version (`If-None-Match`), wait only for a newer one. Don't wait if the job has
    ended, if the client has another version, or if too many requests wait already.
    """
    if jobs.has_job_ended(state):
        return state
    enough: IsWaitOver
    if etags.matches_if_none_match(request, state[1]):
        enough = partial(_is_newer_job_version, state[1])
    elif b"if-none-match" in request.request_state.headers:
        return state
    else:
        enough = jobs.has_job_ended
    with request.services.job_hub.subscribe(ref) as subscriber:
        newer = await run_unless_disconnected(
            request.receive, subscriber.await_wanted_state_or_none(enough, within=seconds)
        )
    if newer is None:
        # The job is not unknown if it has moved to another cell.
        await request.authenticate_again()
    if newer is None or request.principal.sandbox:
        return await _read_versioned_job(request, ref)
    return newer


async def _stream_job_events(
    request: ApiRequest, ref: AwaitedObjectRef, state: VersionedJob, *, is_known: bool
) -> AsyncIterator[bytes]:
    with request.services.job_hub.subscribe(ref) as subscriber:
        if not is_known:
            yield _encode_job_event(request, state)
        loop = asyncio.get_running_loop()
        ends = loop.time() + MAX_JOB_STREAM_S
        while not (subscriber.closed or jobs.has_job_ended(state)):
            if loop.time() >= ends:
                yield JOB_STREAM_RECONNECT_HINT
                return
            within = min(JOB_STREAM_KEEP_ALIVE_INTERVAL_S, ends - loop.time())
            newer = await subscriber.await_wanted_state_or_none(partial(_is_newer_job_version, state[1]), within=within)
            if newer is not None:
                state = await _read_versioned_job(request, ref) if request.principal.sandbox else newer
                yield _encode_job_event(request, state)
            elif not subscriber.closed:
                yield b": the job is as it was\n\n"


def _encode_job_event(request: ApiRequest, state: VersionedJob) -> bytes:
    job, version = sandbox_times.shift_answer_times(state[0], request.request_state.ahead), state[1]
    return b"id: %d\ndata: %b\n\n" % (version, msgspec.json.encode(job))


def _is_newer_job_version(version: int, state: VersionedJob) -> bool:
    """Return whether a job's state is newer than `version`. Versions only grow, but a poll may return an older one."""
    return state[1] > version


def _compute_job_poll_retry_after_s(job: Job, now: datetime) -> int:
    """Return the seconds until a client should poll a job again: 1, up to 10 for a long-running job."""
    age = (now - job.created_at).total_seconds()
    return math.ceil(max(1.0, min(10.0, age / 4)))
