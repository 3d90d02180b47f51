"""Jobs stopped by what they have in common."""

from litestar import Response, post
from litestar.params import JSONBody

from api import filters, paths
from api.guard import requires
from api.idempotency import Made, once
from api.ratelimit import Class
from api.requests import ApiRequest
from db.pool import Conn
from domain.jobs import bulk
from jobs import kinds
from schemas.jobs import BulkCancel, BulkCanceled

NAMES = [kind.name for kind in kinds.SHOWN]


@post("/jobs/cancel", opt=requires("jobs:cancel", Class.WRITE_LIGHT, 404), status_code=200)
async def cancel_jobs(request: ApiRequest, data: JSONBody[BulkCancel]) -> Response[BulkCanceled]:
    """Stop the jobs that a filter finds: at most 100 a call, the oldest first. See first with `dryRun`.

    Those that can't be stopped now, such as of a post that is on its way, aren't found, nor are those that
    somebody has asked to stop before.
    """
    filters.words("kinds", data.kinds, NAMES)
    filters.words("stages", data.stages, kinds.STAGES)
    period = filters.period(data.since, data.until)

    async def cancel(conn: Conn) -> Made[BulkCanceled]:
        answer = await bulk.cancel(
            conn,
            organization_id=request.organization_id,
            project_id=None if data.project_id is None else paths.read("project", data.project_id),
            kinds=data.kinds,
            stages=data.stages,
            period=period.back(request.ahead),
            dry_run=data.dry_run,
        )
        return Made(answer)

    return await once(request, cancel)


ROUTES = [cancel_jobs]
