"""Pools and workers, for operators: these scopes see all organizations."""

from litestar import Response, get, post
from litestar.params import FromPath

from api.guard import build_route_options
from api.http.idempotency import run_idempotent_write_without_wakes
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.operations import pools
from schemas.base import Page
from schemas.ops import Pool, Worker


@get("/ops/pools", opt=build_route_options("ops:read", RateClass.READ_LIGHT))
async def list_pools(request: ApiRequest) -> Page[Pool]:
    """List the worker pools with their waiting and running jobs, and the number of workers they need."""
    async with request.acquire_connection() as conn:
        return Page(items=await pools.list_worker_pools(conn, slots=request.services.settings.slots), next_cursor=None)


@get("/ops/workers", opt=build_route_options("ops:read", RateClass.READ_LIGHT))
async def list_workers(request: ApiRequest) -> Page[Worker]:
    """List the live worker processes."""
    async with request.acquire_connection() as conn:
        return Page(items=await pools.list_workers(conn), next_cursor=None)


@post("/ops/pools/{name:str}/pause", opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404), status_code=200)
async def pause_pool(request: ApiRequest, name: FromPath[str]) -> Response[Pool]:
    """Pause a worker pool: it takes no more jobs; running jobs continue."""
    return await _set_pool_paused(request, name, paused=True)


@post("/ops/pools/{name:str}/resume", opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404), status_code=200)
async def resume_pool(request: ApiRequest, name: FromPath[str]) -> Response[Pool]:
    """Resume a paused worker pool."""
    return await _set_pool_paused(request, name, paused=False)


async def _set_pool_paused(request: ApiRequest, name: str, *, paused: bool) -> Response[Pool]:
    actor = request.get_non_sandbox_actor()

    async def change(conn: Conn) -> Pool:
        slots = request.services.settings.slots
        return await pools.pause_or_resume_pool(conn, name=name, paused=paused, slots=slots, actor=actor)

    return await run_idempotent_write_without_wakes(request, change)
