"""API keys of the caller's own organization."""

from datetime import timedelta
from functools import partial

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from api.guard import build_route_options
from api.http import path_ids
from api.http.idempotency import WriteReply, run_real_clock_idempotent_write
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.tenancy import api_keys
from schemas.api_keys import ApiKey, ApiKeyCreate, ApiKeyRotate, ApiKeyShown
from schemas.base import Page

DEFAULT_API_KEY_ROTATION_BODY = ApiKeyRotate()


@post("/api-keys", opt=build_route_options("keys:write", RateClass.WRITE_LIGHT, 409), status_code=201)
async def create_api_key(request: ApiRequest, data: JSONBody[ApiKeyCreate]) -> Response[ApiKeyShown]:
    """Create an API key with at most the rights of yours. Only this answer contains its secret."""

    async def create(conn: Conn) -> WriteReply[ApiKeyShown]:
        key = await api_keys.insert_api_key(
            conn,
            peppers=request.services.peppers,
            actor=request.principal.actor,
            name=data.name,
            scopes=data.scopes,
            return_origins=data.return_origins,
            expires_at=data.expires_at,
            now=request.services.clock(),
        )
        return WriteReply(key, status=201, location=f"/v1/api-keys/{key.id}", secret=True)

    return await run_real_clock_idempotent_write(request, create)


@get("/api-keys", opt=build_route_options("keys:write", RateClass.READ_LIGHT))
async def list_api_keys(
    request: ApiRequest, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[ApiKey]:
    """List the organization's API keys, newest first, killed ones included."""
    who = request.principal
    find = partial(api_keys.list_api_key_page, organization_id=who.organization_id, env=who.env)
    return await read_list_page_by_id(request, find, cursor, limit)


@get("/api-keys/{api_key_id:str}", opt=build_route_options("keys:write", RateClass.READ_LIGHT, 404))
async def get_api_key(request: ApiRequest, api_key_id: FromPath[str]) -> ApiKey:
    """Return one API key, without its secret."""
    who = request.principal
    async with request.acquire_connection() as conn:
        return await api_keys.read_api_key_by_id(
            conn, organization_id=who.organization_id, env=who.env, key_uuid=path_ids.parse_id("api_key", api_key_id)
        )


@post(
    "/api-keys/{api_key_id:str}/rotate",
    opt=build_route_options("keys:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=200,
)
async def rotate_api_key(
    request: ApiRequest, api_key_id: FromPath[str], data: JSONBody[ApiKeyRotate] = DEFAULT_API_KEY_ROTATION_BODY
) -> Response[ApiKeyShown]:
    """Rotate an API key's secret; the key keeps its id, scopes and Idempotency-Keys.

    Your key must have all rights of the rotated key.
    """

    async def rotate(conn: Conn) -> WriteReply[ApiKeyShown]:
        key = await api_keys.rotate_api_key_secret(
            conn,
            peppers=request.services.peppers,
            actor=request.principal.actor,
            key_uuid=path_ids.parse_id("api_key", api_key_id),
            overlap=timedelta(hours=data.overlap_hours),
        )
        return WriteReply(key, secret=True)

    return await run_real_clock_idempotent_write(request, rotate)


@post(
    "/api-keys/{api_key_id:str}/kill",
    opt=build_route_options("keys:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=200,
)
async def kill_api_key(request: ApiRequest, api_key_id: FromPath[str]) -> Response[ApiKey]:
    """Kill an API key for good, from its next request on. Your key must have all of its rights.

    Repeating the request changes nothing.
    """

    async def kill(conn: Conn) -> WriteReply[ApiKey]:
        key_id = path_ids.parse_id("api_key", api_key_id)
        return WriteReply(await api_keys.disable_api_key(conn, actor=request.principal.actor, key_uuid=key_id))

    return await run_real_clock_idempotent_write(request, kill)
