"""Bulk cancel and retry of jobs of all live organizations, for operators."""

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
from domain.jobs.bulk import JobCancelFilter
from domain.jobs.bulk_retries import JobRetryFilter
from domain.operations import operator_bulk
from domain.operations.operator_bulk import OperatorBulkJobCursor
from jobs import kinds
from schemas.jobs import BulkRetried
from schemas.operator_jobs import OperatedCancel, OperatedCanceled, OperatedRetry

#: Bytes of an id.
_UUID_BYTES = 16


@post("/ops/jobs/cancel", opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404, 409), status_code=200)
async def cancel_all_jobs(request: ApiRequest, data: JSONBody[OperatedCancel]) -> Response[OperatedCanceled]:
    """Cancel the jobs of all live organizations that match a filter: at most 100 per call.

    Preview with `dryRun`. Call again with `nextCursor` until it is null. Each affected organization gets an
    entry in its audit log.
    """
    actor = request.get_non_sandbox_actor()
    filters.check_filter_values("kinds", data.kinds, kinds.PUBLIC_JOB_KIND_NAMES)
    filters.check_filter_values("stages", data.stages, kinds.ALL_JOB_STAGE_NAMES)
    period = filters.parse_list_period(data.since, data.until)
    project = filters.parse_filter_id("project", data.project_id)
    after = _parse_bulk_job_position(decode_page_cursor(request, data.cursor))

    async def cancel(conn: Conn) -> WriteReply[OperatedCanceled]:
        batch = await operator_bulk.cancel_matching_jobs_across_organizations(
            conn,
            actor=actor,
            organization_id=filters.parse_filter_id("organization", data.organization_id),
            chosen=JobCancelFilter(project, data.kinds, data.stages, data.phases, period),
            after=after,
            dry_run=data.dry_run,
        )
        return WriteReply(structs.replace(batch.answer, next_cursor=_encode_bulk_job_cursor(request, batch.place)))

    return await run_idempotent_write(request, cancel)


@post("/ops/jobs/retry", opt=build_route_options("ops:write", RateClass.LONG_RUNNING, 404, 409), status_code=200)
async def retry_all_jobs(request: ApiRequest, data: JSONBody[OperatedRetry]) -> Response[BulkRetried]:
    """Retry the failed jobs of all live organizations that match a filter: at most 100 per call.

    Works as `POST /v1/jobs/retry` for each organization, with an entry in its audit log. Call again with
    `nextCursor` until it is null.
    """
    actor = request.get_non_sandbox_actor()
    filters.check_filter_values("kinds", data.kinds, kinds.PUBLIC_JOB_KIND_NAMES)
    period = filters.parse_list_period(data.since, data.until)
    project = filters.parse_filter_id("project", data.project_id)
    after = _parse_bulk_job_position(decode_page_cursor(request, data.cursor))

    async def retry(conn: Conn) -> WriteReply[BulkRetried]:
        batch = await operator_bulk.retry_matching_jobs_across_organizations(
            conn,
            actor=actor,
            organization_id=filters.parse_filter_id("organization", data.organization_id),
            chosen=JobRetryFilter(project, data.kinds, data.statuses, data.error_code, period),
            after=after,
            dry_run=data.dry_run,
        )
        answer = structs.replace(batch.answer, next_cursor=_encode_bulk_job_cursor(request, batch.place))
        return WriteReply(answer, wakes=batch.wakes)

    return await run_idempotent_write(request, retry)


def _parse_bulk_job_position(place: bytes | None) -> OperatorBulkJobCursor | None:
    return (
        None
        if place is None
        else OperatorBulkJobCursor(UUID(bytes=place[:_UUID_BYTES]), UUID(bytes=place[_UUID_BYTES:]))
    )


def _encode_bulk_job_cursor(request: ApiRequest, place: OperatorBulkJobCursor | None) -> str | None:
    return place and encode_page_cursor(request, place.organization_id.bytes + place.job_id.bytes)
