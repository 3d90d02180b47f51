"""Projects of all organizations, for operators: the purge of one that is archived.

A sandbox's key reaches projects of sandboxes alone.
"""

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from api import paths
from api.guard import requires
from api.idempotency import ACCEPTED, Made, once
from api.ratelimit import Class
from api.requests import ApiRequest
from db.pool import Conn
from domain.operations import purge
from schemas.projects import ProjectPurge, Purging


@post(
    "/ops/projects/{project_id:str}/purge",
    opt=requires("ops:write", Class.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def purge_project(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[ProjectPurge]
) -> Response[Purging]:
    """Delete an archived project for good: files, tokens, posts, content, jobs. Its audit log stays.

    From this answer on the project is not found; what is in it goes within its job. The same request
    answers the same until the job has ended, and 404 after.
    """

    async def begin(conn: Conn) -> Made[Purging]:
        purging, wake = await purge.begin(
            conn,
            project_id=paths.read("project", project_id),
            name=data.name,
            env=request.principal.env,
            actor=request.principal.actor,
        )
        return Made(purging, status=ACCEPTED, wakes=() if wake is None else (wake,))

    return await once(request, begin)


ROUTES = [purge_project]
