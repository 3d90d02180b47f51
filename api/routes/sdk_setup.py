"""The way of an SDK app into a product: what to install, and whether its events come."""

from functools import partial
from typing import Annotated, get_args

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from api import filters, paths
from api.accepting import accept
from api.guard import requires
from api.ratelimit import Class
from api.requests import ApiRequest
from domain.apps import apps, install_spec
from domain.events import verifications
from jobs.kinds import VERIFY_TRACKING
from schemas.apps import AppPlatform
from schemas.install import InstallSpec
from schemas.jobs import Accepted

ONE = "/projects/{project_id:str}/sdk-apps/{app_id:str}"
Platforms = Annotated[
    list[AppPlatform] | None, QueryParameter(description="Of these platforms; unless given, the app's own.")
]


@get(f"{ONE}/install-spec", opt=requires("projects:read", Class.READ_LIGHT, 404))
async def get_install_spec(
    request: ApiRequest, project_id: FromPath[str], app_id: FromPath[str], platforms: Platforms = None
) -> InstallSpec:
    """What a product takes to send the app's events: packages, variables, a snippet and files.

    Phones take Segment's open SDKs, configured to send here, which they do over https alone; web kinds take
    the module that this server has, with page views of routers. The key is in none of it.
    """
    filters.words("platforms", platforms, get_args(AppPlatform))
    public_url = request.services.settings.public_url
    async with request.connection() as conn:
        app = await apps.get(
            conn,
            organization_id=request.organization_id,
            project_id=paths.read("project", project_id),
            app_id=paths.read("sdk_app", app_id),
            public_url=public_url,
        )
    return install_spec.show(
        app_id=app.app_id,
        endpoint=app.ingest_endpoint,
        public_url=public_url,
        platforms=platforms or [app.platform],
    )


@post(
    f"{ONE}/verify-tracking",
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


ROUTES = [get_install_spec, verify_tracking]
