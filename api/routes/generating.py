"""Generated content: what is asked for, and how far it is."""

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from api import paths
from api.accepting import accepted
from api.guard import requires
from api.idempotency import Made, once
from api.ratelimit import Class
from api.requests import ApiRequest
from db.pool import Conn
from domain.content import generating
from domain.content.generating import Started
from jobs.kinds import CONTENT_GENERATE
from schemas import ids
from schemas.content import ContentAccepted, ContentRequest


@post(
    "/projects/{project_id:str}/content",
    opt=requires("content:write", Class.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def generate_content(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[ContentRequest]
) -> Response[ContentAccepted]:
    """Make an item of content out of the project's brand: a slideshow, a picture, a video, a remix of a clip.

    The item exists at once, with its approval decided, and ends with its job. Each text in it is from the
    brand or yours, and `provenance` says from where. A brand that gives nothing to say is refused, with the
    fields that would help in `details.missingFields`.
    """

    async def start(conn: Conn) -> Made[ContentAccepted]:
        project = paths.read("project", project_id)
        started = await generating.start(
            conn, organization_id=request.organization_id, project_id=project, body=data
        )
        return _accepted(started, project_id=ids.show(ids.PROJECT, project))

    return await once(request, start)


def _accepted(started: Started, *, project_id: str) -> Made[ContentAccepted]:
    made = accepted(started.submitted, kind=CONTENT_GENERATE.name, project_id=project_id)
    body = ContentAccepted(
        content_id=ids.show(ids.CONTENT, started.content_id),
        job_id=made.content.job_id,
        kind=made.content.kind,
        status=made.content.status,
        stage=made.content.stage,
        location_url=made.content.location_url,
        project_id=made.content.project_id,
        started_at=made.content.started_at,
        deduplicated=made.content.deduplicated,
    )
    return Made(body, status=made.status, location=made.location, wakes=made.wakes)


ROUTES = [generate_content]
