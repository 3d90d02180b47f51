"""Driver of plain arq: the same loads as the product's, on a new queue each time."""

import secrets

from chaos.environment import BenchServersAndSettings
from chaos.processes import read_json_message, run_module_and_read_json, run_module_for_bench
from tools.bench.figures import compute_percentiles

PLAIN_ARQ_MODULE_NAME = "tools.bench.peers.plain_arq"

#: Seconds between arq's polls: tuned, and its default. By default it starts at most `queue_read_limit` (500)
#: jobs each half second: a thousand a second. At 10 ms only its own work limits it.
TUNED_ARQ_POLL_PAUSE_S, DEFAULT_ARQ_POLL_PAUSE_S = 0.01, 0.5


async def measure_arq_drain(environment: BenchServersAndSettings, *, count: int, slow_job_s: float = 0.0) -> float:
    """Return plain arq's jobs a second from a queue that was full before its worker started.

    Every tenth job sleeps for `slow_job_s` seconds.
    """
    queue = _new_queue_name()
    await run_module_and_read_json(environment, PLAIN_ARQ_MODULE_NAME, "load", queue, str(count), "0", str(slow_job_s))
    async with run_module_for_bench(
        environment, PLAIN_ARQ_MODULE_NAME, "worker", queue, str(count), str(TUNED_ARQ_POLL_PAUSE_S)
    ) as worker:
        await read_json_message(worker)
        seen = await read_json_message(worker)
    return _jobs_per_second(count, seen["last_ns"] - seen["first_ns"])


async def measure_arq_live_rate(environment: BenchServersAndSettings, *, count: int) -> float:
    """Return plain arq's jobs a second from the first enqueue to the last end, with a running worker."""
    queue = _new_queue_name()
    async with run_module_for_bench(
        environment, PLAIN_ARQ_MODULE_NAME, "worker", queue, str(count), str(TUNED_ARQ_POLL_PAUSE_S)
    ) as worker:
        await read_json_message(worker)
        loaded = await run_module_and_read_json(environment, PLAIN_ARQ_MODULE_NAME, "load", queue, str(count), "0")
        seen = await read_json_message(worker)
    return _jobs_per_second(count, seen["last_ns"] - loaded["first_ns"])


async def measure_arq_pickup(
    environment: BenchServersAndSettings, *, count: int, rate: float, poll_s: float
) -> dict[str, float]:
    """Return p50, p95 and p99 of arq's ms from `enqueue_job` to the handler's start, at `rate` jobs a second."""
    queue = _new_queue_name()
    async with run_module_for_bench(
        environment, PLAIN_ARQ_MODULE_NAME, "worker", queue, str(count), str(poll_s)
    ) as worker:
        await read_json_message(worker)
        await run_module_and_read_json(environment, PLAIN_ARQ_MODULE_NAME, "load", queue, str(count), str(rate))
        seen = await read_json_message(worker)
    return compute_percentiles([lag_ns / 1e6 for lag_ns in seen["lags_ns"]])


def _new_queue_name() -> str:
    return f"bench:{secrets.token_hex(4)}"


def _jobs_per_second(count: int, took_ns: int) -> float:
    return round(count / took_ns * 1e9, 1)
