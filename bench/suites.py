"""The suites of `tenantry bench jobs|http|publish|all`, and their order."""

import os
import platform
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from redis.asyncio import Redis

from bench import busy, drain, live, pickup, publishing, pulling, recovery, web
from bench.figures import Measure, Result, Size
from bench.stage import Stage

JOBS: Mapping[str, Measure] = {
    "pickup": pickup.measure,
    "drain": drain.measure,
    "live": live.measure,
    "busy": busy.measure,
    "recovery": recovery.measure,
    "pull": pulling.measure,
}
HTTP: Mapping[str, Measure] = {"http": web.measure}
PUBLISH: Mapping[str, Measure] = {"publish": publishing.measure}
#: Posts come last: what they leave behind is in no other figure's way.
ALL: Mapping[str, Measure] = {**JOBS, **HTTP, **PUBLISH}

#: Told the name of what runs and what it does now.
Progress = Callable[[str, str], None]


async def run(stage: Stage, suite: Mapping[str, Measure], size: Size, progress: Progress) -> Result:
    """One after the other, on one stage. Raises `BenchmarkFailed` rather than answer a doubtful figure."""
    figures: dict[str, float] = {}
    details: dict[str, Any] = {"machine": await machine(stage)}
    for name, measure in suite.items():
        result = await measure(stage, size, partial(progress, name))
        figures |= result.figures
        details |= result.details
    return Result(figures, details)


async def machine(stage: Stage) -> dict[str, Any]:
    """Where it ran: a figure means little without. `load` is the host's before the run, over a minute."""
    async with Redis.from_url(stage.settings.redis_url) as redis:
        server = await redis.info("server")
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "postgresql": await stage.pool.fetchval("show server_version"),
        "redis": server.get("valkey_version") or server["redis_version"],
    }
