"""Setup of an SDK app: the install spec, and a check that its events arrive."""

from functools import partial
from typing import Annotated, get_args

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from api.guard import build_route_options
from api.http import filters, path_ids
from api.http.accepted_job import submit_project_job
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from domain.apps import apps, install_spec
from domain.events import verifications
from schemas.apps import AppPlatform
from schemas.install import InstallSpec
from schemas.jobs import Accepted

SDK_APP_API_PATH = "/projects/{project_id:str}/sdk-apps/{app_id:str}"
InstallSpecPlatforms = Annotated[
    list[AppPlatform] | None, QueryParameter(description="The platforms of the spec; default: the app's own.")
]


@get(f"{SDK_APP_API_PATH}/install-spec", opt=build_route_options("projects:read", RateClass.READ_LIGHT, 404))
async def get_install_spec(
    request: ApiRequest, project_id: FromPath[str], app_id: FromPath[str], platforms: InstallSpecPlatforms = None
) -> InstallSpec:
    """Return all that a product needs to send the app's events: packages, variables, a snippet and files.

    Mobile platforms use Segment's open SDKs, configured for this API, which need https. Web platforms use the
    module on this server, with page views from routers. The spec doesn't contain the key.
    """
    filters.check_filter_values("platforms", platforms, get_args(AppPlatform))
    public_url = request.public_api_base_url
    async with request.acquire_connection() as conn:
        app = await apps.read_sdk_app_by_id(
            conn,
            **request.parse_org_and_project_id(project_id),
            app_id=path_ids.parse_id("sdk_app", app_id),
            public_url=public_url,
        )
    return install_spec.build_sdk_install_spec(
        app_id=app.app_id, endpoint=app.ingest_endpoint, public_url=public_url, platforms=platforms or [app.platform]
    )


@post(
    f"{SDK_APP_API_PATH}/verify-tracking",
    opt=build_route_options("projects:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def verify_tracking(request: ApiRequest, project_id: FromPath[str], app_id: FromPath[str]) -> Response[Accepted]:
    """Start a job that waits up to a minute for an event of an SDK app: use the app meanwhile.

    The job's result is `{verified, count, event, lastEventAt, findings}`: the newest event since the request,
    or possible causes with their remedies. While such a job runs for this app, the answer is that job.
    """
    submit = partial(verifications.start_tracking_verification, app_id=path_ids.parse_id("sdk_app", app_id))
    return await submit_project_job(request, project_id, submit)
