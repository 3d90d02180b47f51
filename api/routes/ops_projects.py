"""Projects of all organizations, for operators: the purge of an archived one.

A sandbox key reaches only projects of sandboxes.
"""

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from api.guard import build_route_options
from api.http import path_ids
from api.http.idempotency import HTTP_ACCEPTED_STATUS, WriteReply, run_idempotent_write
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.operations import purge
from schemas.projects import ProjectPurge, Purging


@post(
    "/ops/projects/{project_id:str}/purge",
    opt=build_route_options("ops:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def purge_project(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[ProjectPurge]
) -> Response[Purging]:
    """Purge an archived project: delete its files, tokens, posts, content and jobs for good.

    Its audit log stays. From this answer on, the project is not found; its data is deleted by a job. The same
    request returns the same answer until the job has ended, and 404 afterwards.
    """

    async def begin(conn: Conn) -> WriteReply[Purging]:
        purging, wake = await purge.begin_project_purge(
            conn,
            project_id=path_ids.parse_id("project", project_id),
            name=data.name,
            env=request.principal.env,
            actor=request.principal.actor,
        )
        return WriteReply(purging, status=HTTP_ACCEPTED_STATUS, wakes=() if wake is None else (wake,))

    return await run_idempotent_write(request, begin)
