"""Bulk cancel and retry of jobs of all live organizations, for operators."""

from uuid import UUID

from litestar import Response, post
from litestar.params import JSONBody
from msgspec import structs

from api.guard import requires
from api.http import filters
from api.http.idempotency import WriteResult, run_once
from api.http.paging import cursor_of, decode_cursor
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from api.routes.bulk_jobs import BULK_KIND_NAMES
from db.pool import Conn
from domain.jobs.bulk import JobCancelFilter
from domain.jobs.bulk_retries import JobRetryFilter
from domain.operations import operator_bulk
from domain.operations.operator_bulk import BulkStart
from jobs import kinds
from schemas.jobs import BulkRetried
from schemas.operator_jobs import OperatedCancel, OperatedCanceled, OperatedRetry

#: Bytes of an id.
_ID = 16


@post("/ops/jobs/cancel", opt=requires("ops:write", RateClass.WRITE_LIGHT, 404, 409), status_code=200)
async def cancel_all_jobs(request: ApiRequest, data: JSONBody[OperatedCancel]) -> Response[OperatedCanceled]:
    """Cancel the jobs of all live organizations that match a filter: at most 100 per call.

    Preview with `dryRun`. Call again with `nextCursor` until it is null. Each affected organization gets an
    entry in its audit log.
    """
    actor = request.require_live()
    filters.check_values("kinds", data.kinds, BULK_KIND_NAMES)
    filters.check_values("stages", data.stages, kinds.STAGES)
    period = filters.read_period(data.since, data.until)
    project = filters.read_id("project", data.project_id)
    after = _parse_place(decode_cursor(request, data.cursor))

    async def cancel(conn: Conn) -> WriteResult[OperatedCanceled]:
        batch = await operator_bulk.cancel(
            conn,
            actor=actor,
            organization_id=filters.read_id("organization", data.organization_id),
            chosen=JobCancelFilter(project, data.kinds, data.stages, data.phases, period),
            after=after,
            dry_run=data.dry_run,
        )
        return WriteResult(structs.replace(batch.answer, next_cursor=_encode_cursor(request, batch.place)))

    return await run_once(request, cancel)


@post("/ops/jobs/retry", opt=requires("ops:write", RateClass.LONG_RUNNING, 404, 409), status_code=200)
async def retry_all_jobs(request: ApiRequest, data: JSONBody[OperatedRetry]) -> Response[BulkRetried]:
    """Retry the failed jobs of all live organizations that match a filter: at most 100 per call.

    Works as `POST /v1/jobs/retry` for each organization, with an entry in its audit log. Call again with
    `nextCursor` until it is null.
    """
    actor = request.require_live()
    filters.check_values("kinds", data.kinds, BULK_KIND_NAMES)
    period = filters.read_period(data.since, data.until)
    project = filters.read_id("project", data.project_id)
    after = _parse_place(decode_cursor(request, data.cursor))

    async def retry(conn: Conn) -> WriteResult[BulkRetried]:
        batch = await operator_bulk.retry(
            conn,
            actor=actor,
            organization_id=filters.read_id("organization", data.organization_id),
            chosen=JobRetryFilter(project, data.kinds, data.statuses, data.error_code, period),
            after=after,
            dry_run=data.dry_run,
        )
        answer = structs.replace(batch.answer, next_cursor=_encode_cursor(request, batch.place))
        return WriteResult(answer, wakes=batch.wakes)

    return await run_once(request, retry)


def _parse_place(place: bytes | None) -> BulkStart | None:
    return None if place is None else BulkStart(UUID(bytes=place[:_ID]), UUID(bytes=place[_ID:]))


def _encode_cursor(request: ApiRequest, place: BulkStart | None) -> str | None:
    return place and cursor_of(request, place.organization_id.bytes + place.job_id.bytes)
