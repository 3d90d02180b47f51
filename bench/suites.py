"""The suites of `tenantry bench jobs|http|publish|all`, and their order."""

import os
import platform
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from redis.asyncio import Redis

from bench import busy, drain, live, pickup, publishing, pulling, recovery, scaling, web
from bench.environment import Environment
from bench.figures import Measure, Result, Size

JOBS: Mapping[str, Measure] = {
    "pickup": pickup.measure,
    "drain": drain.measure,
    "live": live.measure,
    "busy": busy.measure,
    "scaling": scaling.measure,
    "recovery": recovery.measure,
    "pull": pulling.measure,
}
HTTP: Mapping[str, Measure] = {"http": web.measure}
PUBLISH: Mapping[str, Measure] = {"publish": publishing.measure}
#: Posts come last: what they leave behind is in no other figure's way.
ALL: Mapping[str, Measure] = {**JOBS, **HTTP, **PUBLISH}

#: Told the name of what runs and what it does now.
Progress = Callable[[str, str], None]


async def run(
    environment: Environment, suite: Mapping[str, Measure], size: Size, progress: Progress
) -> Result:
    """One after the other, in one place. Raises `BenchmarkFailed` rather than answer a doubtful figure."""
    figures: dict[str, float] = {}
    details: dict[str, Any] = {"machine": await machine(environment)}
    for name, measure in suite.items():
        result = await measure(environment, size, partial(progress, name))
        figures |= result.figures
        details |= result.details
    return Result(figures, details)


async def machine(environment: Environment) -> dict[str, Any]:
    """The machine that it ran on; `load` is the host's over the minute before the run."""
    async with Redis.from_url(environment.settings.redis_url) as redis:
        server = await redis.info("server")
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "postgresql": await environment.pool.fetchval("show server_version"),
        "redis": server.get("valkey_version") or server["redis_version"],
    }
