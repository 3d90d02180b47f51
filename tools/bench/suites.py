"""The suites of `tenantry bench`, each with its measurements in order."""

import os
import platform
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from redis.asyncio import Redis

from chaos.environment import BenchServersAndSettings
from tools.bench import busy, drain, pickup, publishing, pulling, recovery, scaling, web, webhooks
from tools.bench.events import counting, latency, speed
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, MeasureFunction
from tools.bench.ledger import measure as old_ledger

JOB_BENCHMARKS: Mapping[str, MeasureFunction] = {
    "pickup": pickup.measure_pickup,
    "drain": drain.measure_drain,
    "live": drain.measure_job_rate_during_submits,
    "busy": busy.measure_idle_cost_and_peak_busy_slots,
    "scaling": scaling.measure_scaling,
    "recovery": recovery.measure_recovery,
    "pull": pulling.measure_pull,
}
HTTP_BENCHMARKS: Mapping[str, MeasureFunction] = {"http": web.measure_http_request_rates}
PUBLISH_BENCHMARKS: Mapping[str, MeasureFunction] = {"publish": publishing.measure_post_lateness}
EVENT_BENCHMARKS: Mapping[str, MeasureFunction] = {
    "speed": speed.measure_event_speed,
    "latency": latency.measure_event_202_latency,
    "counting": counting.measure_event_counting,
}
WEBHOOK_BENCHMARKS: Mapping[str, MeasureFunction] = {"webhooks": webhooks.measure_webhook_delays}
JOB_LEDGER_BENCHMARKS: Mapping[str, MeasureFunction] = {"ledger": old_ledger.compare_old_with_empty_ledger}
#: Posts come last, so that their rows affect no other figure.
BENCHMARKS_OF_README_FIGURES: Mapping[str, MeasureFunction] = {
    **JOB_BENCHMARKS,
    **HTTP_BENCHMARKS,
    **PUBLISH_BENCHMARKS,
}

#: Gets the name of the running benchmark and its current step.
SuiteProgress = Callable[[str, str], None]


async def run_benchmark_suite(
    environment: BenchServersAndSettings,
    suite: Mapping[str, MeasureFunction],
    size: BenchmarkRunSize,
    progress: SuiteProgress,
) -> BenchmarkResult:
    """Run the benchmarks in order in one environment; return all figures. Raise `BenchmarkFailed` for doubtful ones."""
    figures: dict[str, float] = {}
    details: dict[str, Any] = {"machine": await describe_machine(environment)}
    for name, measure in suite.items():
        result = await measure(environment, size, partial(progress, name))
        figures |= result.figures
        details |= result.details
    return BenchmarkResult(figures, details)


async def describe_machine(environment: BenchServersAndSettings) -> dict[str, Any]:
    """Return the machine's cores and load, and the versions of Python, PostgreSQL and Redis.

    `load` is the host's average over the minute before the call.
    """
    async with Redis.from_url(environment.settings.redis_url) as redis:
        server = await redis.info("server")
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "postgresql": await environment.pool.fetchval("show server_version"),
        "redis": server.get("valkey_version") or server["redis_version"],
    }
