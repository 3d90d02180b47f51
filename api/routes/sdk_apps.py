"""SDK apps of a project: the senders of its events, each with a key of its own."""

from functools import partial

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from api.guard import build_route_options
from api.http import path_ids
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.apps import apps
from domain.apps.apps import AppChangeAuthor
from schemas.apps import SdkApp, SdkAppChanged, SdkAppCreate, SdkAppDeleted, SdkAppPatch, SdkAppShown
from schemas.base import Page

SDK_APPS_PATH, SDK_APP_PATH = "/projects/{project_id:str}/sdk-apps", "/projects/{project_id:str}/sdk-apps/{app_id:str}"


@post(SDK_APPS_PATH, opt=build_route_options("projects:write", RateClass.WRITE_LIGHT, 404, 409), status_code=201)
async def create_sdk_app(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[SdkAppCreate]
) -> Response[SdkAppShown]:
    """Create an SDK app for one platform. Only this answer contains its key.

    There is one app for each platform and identifier. The key may be shipped in each copy of the app: it can
    only send the app's events.
    """
    body = apps.check_new_app(data)

    async def create(conn: Conn) -> WriteReply[SdkAppShown]:
        app = await apps.register_sdk_app(
            conn,
            author=_sdk_app_change_author_of(request, project_id),
            peppers=request.services.peppers,
            body=body,
            public_url=request.public_api_base_url,
        )
        return WriteReply(app, status=201, location=_sdk_app_location(app), secret=True)

    return await run_idempotent_write(request, create)


@get(SDK_APPS_PATH, opt=build_route_options("projects:read", RateClass.READ_LIGHT, 404))
async def list_sdk_apps(
    request: ApiRequest, project_id: FromPath[str], *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[SdkApp]:
    """List a project's SDK apps, newest first."""
    find = partial(apps.list_apps_of_project, public_url=request.public_api_base_url)
    return await read_list_page_in_project(request, find, project_id, cursor, limit)


@get(SDK_APP_PATH, opt=build_route_options("projects:read", RateClass.READ_LIGHT, 404))
async def get_sdk_app(request: ApiRequest, project_id: FromPath[str], app_id: FromPath[str]) -> SdkApp:
    """Return one SDK app, without its key."""
    async with request.acquire_connection() as conn:
        return await apps.read_sdk_app_by_id(
            conn,
            **request.parse_org_and_project_id(project_id),
            app_id=path_ids.parse_id("sdk_app", app_id),
            public_url=request.public_api_base_url,
        )


@patch(SDK_APP_PATH, opt=build_route_options("projects:write", RateClass.WRITE_LIGHT, 404, 409))
async def patch_sdk_app(
    request: ApiRequest, project_id: FromPath[str], app_id: FromPath[str], data: JSONBody[SdkAppPatch]
) -> Response[SdkAppChanged]:
    """Change an SDK app's name, identifier or conversion destinations, or rotate its key with `{"rotateKey": true}`.

    Omitted fields stay unchanged. The old key stays valid for `overlapHours`, so that installed copies of the
    app can send until they are updated; a still older key ends at once.
    """
    body = apps.check_app_patch(data)

    async def change(conn: Conn) -> WriteReply[SdkAppChanged]:
        changed = await apps.apply_app_patch(
            conn,
            author=_sdk_app_change_author_of(request, project_id),
            app_id=path_ids.parse_id("sdk_app", app_id),
            peppers=request.services.peppers,
            vault=request.services.vault,
            body=body,
            public_url=request.public_api_base_url,
        )
        if changed.api_key is None:
            return WriteReply(changed)
        # A purge finds a sealed answer by its location.
        return WriteReply(changed, location=_sdk_app_location(changed), secret=True)

    return await run_idempotent_write(request, change)


@delete(SDK_APP_PATH, opt=build_route_options("projects:write", RateClass.WRITE_LIGHT, 404), status_code=200)
async def delete_sdk_app(
    request: ApiRequest, project_id: FromPath[str], app_id: FromPath[str]
) -> Response[SdkAppDeleted]:
    """Delete an SDK app: its key is invalid from the next request on, and its events stay readable.

    The app is not found from then on, and another app may use its identifier.
    """
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: apps.delete_project_app(
            conn, author=_sdk_app_change_author_of(request, project_id), app_id=path_ids.parse_id("sdk_app", app_id)
        ),
    )


def _sdk_app_change_author_of(request: ApiRequest, project_id: str) -> AppChangeAuthor:
    return AppChangeAuthor(
        request.organization_id, path_ids.parse_id("project", project_id), request.principal.key_uuid
    )


def _sdk_app_location(app: SdkApp) -> str:
    return f"/v1/projects/{app.project_id}/sdk-apps/{app.app_id}"
