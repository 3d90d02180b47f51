"""Bulk cancel and retry of jobs by filters."""

from uuid import UUID

from litestar import Response, post
from litestar.params import JSONBody
from msgspec import structs

from api.guard import build_route_options
from api.http import filters
from api.http.idempotency import WriteReply, run_idempotent_write
from api.http.paging import decode_page_cursor, encode_page_cursor
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.jobs import bulk, bulk_retries
from domain.jobs.bulk import JobCancelFilter
from domain.jobs.bulk_retries import JobRetryFilter
from jobs import kinds
from schemas.jobs import BulkCancel, BulkCanceled, BulkRetried, BulkRetry


@post("/jobs/cancel", opt=build_route_options("jobs:cancel", RateClass.WRITE_LIGHT, 404), status_code=200)
async def cancel_jobs(request: ApiRequest, data: JSONBody[BulkCancel]) -> Response[BulkCanceled]:
    """Cancel the jobs that match a filter: at most 100 per call, oldest first. Preview with `dryRun`.

    Jobs that can't be canceled now, such as of a post being sent, don't match. Neither do jobs with an
    earlier request to cancel.
    """
    filters.check_filter_values("kinds", data.kinds, kinds.PUBLIC_JOB_KIND_NAMES)
    filters.check_filter_values("stages", data.stages, kinds.ALL_JOB_STAGE_NAMES)
    period = filters.parse_list_period(data.since, data.until)

    async def cancel(conn: Conn) -> WriteReply[BulkCanceled]:
        chosen = JobCancelFilter(
            project_id=filters.parse_filter_id("project", data.project_id),
            kinds=data.kinds,
            stages=data.stages,
            phases=data.phases,
            period=period.subtract_sandbox_lead(request.known_sandbox_clock_offset),
        )
        return WriteReply(
            await bulk.cancel_matching_org_jobs(
                conn, organization_id=request.organization_id, chosen=chosen, dry_run=data.dry_run
            )
        )

    return await run_idempotent_write(request, cancel)


@post("/jobs/retry", opt=build_route_options("jobs:read", RateClass.LONG_RUNNING, 404), status_code=200)
async def retry_jobs(request: ApiRequest, data: JSONBody[BulkRetry]) -> Response[BulkRetried]:
    """Retry the failed jobs that match a filter: at most 100 per call, oldest first, each once.

    Preview with `dryRun`. Each job is retried as by `POST /v1/jobs/{id}/retry`, with the scope that started
    it. Jobs that were retried before don't match; jobs that can't be retried now are `skipped`. Call again
    with `nextCursor` until it is null; set `until` to leave out jobs that fail meanwhile.
    """
    filters.check_filter_values("kinds", data.kinds, kinds.PUBLIC_JOB_KIND_NAMES)
    period = filters.parse_list_period(data.since, data.until)
    place = decode_page_cursor(request, data.cursor)
    who = request.principal

    async def retry(conn: Conn) -> WriteReply[BulkRetried]:
        chosen = JobRetryFilter(
            project_id=filters.parse_filter_id("project", data.project_id),
            kinds=data.kinds,
            statuses=data.statuses,
            error_code=data.error_code,
            period=period.subtract_sandbox_lead(request.known_sandbox_clock_offset),
        )
        batch = await bulk_retries.retry_matching_org_jobs(
            conn,
            organization_id=who.organization_id,
            scopes=who.scopes,
            chosen=chosen,
            after=None if place is None else UUID(bytes=place),
            dry_run=data.dry_run,
        )
        cursor = None if batch.last_id is None else encode_page_cursor(request, batch.last_id.bytes)
        return WriteReply(structs.replace(batch.answer, next_cursor=cursor), wakes=batch.wakes)

    return await run_idempotent_write(request, retry)
