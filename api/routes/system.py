"""Health, readiness and metrics, for the operators of the API. No key, no limits."""

import asyncio
from typing import Literal

import asyncpg
import prometheus_client
from litestar import get
from litestar.exceptions import NotFoundException

from api.auth import api_keys
from api.http.requests import ApiRequest
from api.limits.rate_limits import MAX_REDIS_WAIT_S
from api.server import metrics_port
from api.services import ApiServices
from db.pool import acquire_pg_connection
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from db.redis_reach import convert_redis_away_errors
from jobs.loop_time import SlowLoopTolerantTimeout
from schemas.base import ResponseStruct
from schemas.errors import RedisCallFailed, ServiceUnavailable
from schemas.ops import RedisStatus

READYZ_POSTGRES_TIMEOUT_S = 1.0


class Health(ResponseStruct, frozen=True, kw_only=True):
    """The process responds."""

    status: Literal["ok"] = "ok"
    """Always `ok`."""


class Readiness(ResponseStruct, frozen=True, kw_only=True):
    """The API can serve requests; without Redis jobs start later, and rate limits are not counted."""

    postgres: Literal["ok"] = "ok"
    """Always `ok`: without Postgres the answer is 503."""
    redis: RedisStatus
    """`degraded`: jobs start later, and rate limits are not counted."""


@get("/healthz")
async def healthz() -> Health:
    """Return `ok` if the process responds; check no other service."""
    return Health()


@get("/readyz")
async def readyz(request: ApiRequest) -> Readiness:
    """Return whether the API can serve requests, and whether Redis responds: 503 without Postgres."""
    postgres, redis = await asyncio.gather(_does_postgres_reply(request.services), _does_redis_reply(request.services))
    if not postgres:
        raise ServiceUnavailable
    return Readiness(redis="ok" if redis else "degraded")


@get("/metrics", media_type="text/plain; version=0.0.4")
async def metrics(request: ApiRequest) -> bytes:
    """Return metrics in Prometheus's text format; 404 if metrics have their own port (`METRICS_PORT`).

    On the API's port they are served to this machine only, and never through a proxy.
    """
    forwarded = api_keys.FORWARDING_HEADER_NAMES & request.request_state.headers.keys()
    if forwarded or not metrics_port.are_metrics_served_on_api_port(request.app, request.services.settings):
        raise NotFoundException
    return prometheus_client.generate_latest()


async def _does_postgres_reply(services: ApiServices) -> bool:
    try:
        with convert_postgres_away_errors():
            async with asyncio.timeout(READYZ_POSTGRES_TIMEOUT_S), acquire_pg_connection(services.pool) as conn:
                await conn.execute("select 1")
    except (*TRANSIENT_POSTGRES_ERRORS, asyncpg.PostgresError):
        return False
    return True


async def _does_redis_reply(services: ApiServices) -> bool:
    try:
        with convert_redis_away_errors():
            async with SlowLoopTolerantTimeout(MAX_REDIS_WAIT_S):
                await services.redis.ping()
    except RedisCallFailed:
        return False
    return True


KEYLESS_ROUTES = [healthz, readyz, metrics]
