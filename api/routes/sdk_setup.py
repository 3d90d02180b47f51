"""The way of an SDK app into a product: what to install, and whether its events come."""

from functools import partial

from litestar import Response, post
from litestar.params import FromPath

from api import paths
from api.accepting import accept
from api.guard import requires
from api.ratelimit import Class
from api.requests import ApiRequest
from domain.events import verifications
from jobs.kinds import VERIFY_TRACKING
from schemas.jobs import Accepted


@post(
    "/projects/{project_id:str}/sdk-apps/{app_id:str}/verify-tracking",
    opt=requires("projects:write", Class.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def verify_tracking(
    request: ApiRequest, project_id: FromPath[str], app_id: FromPath[str]
) -> Response[Accepted]:
    """Listen for an event of the app, for a minute: use the app meanwhile.

    The job's result is `{verified, count, event, lastEventAt, findings}`: the newest event that came since
    the request, or what may be wrong and what to do. While one listens for this app, the answer is its job.
    """
    submit = partial(verifications.start, app_id=paths.read("sdk_app", app_id))
    return await accept(request, project_id, VERIFY_TRACKING, submit)


ROUTES = [verify_tracking]
