"""Latency of event requests at a fixed rate, from due time to 202, compared with the bare route."""

from chaos.environment import Environment
from tools.bench.events.serving import check_stored, run_servers, send
from tools.bench.figures import (
    BenchmarkResult,
    ProgressCallback,
    RunSize,
    compute_median_ratio,
    compute_percentiles,
)
from tools.bench.http_load import LoadPlan

#: Events of a request, and events a second.
BATCH, EVENTS_S = 20, 5_000

#: More connections than concurrent requests, so that a request never waits for one.
CONNECTIONS = 64


async def measure_event_latency(
    environment: Environment, size: RunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure both servers in turn. Raises `BenchmarkFailed`."""
    rounds, count = size.rounds, int(EVENTS_S / BATCH * size.event_s)
    plan = LoadPlan(requests=count, batch=BATCH, connections=CONNECTIONS, per_s=EVENTS_S / BATCH)
    ours: list[list[float]] = []
    bare: list[list[float]] = []
    async with run_servers(environment) as (server, peer):
        for number in range(rounds + 1):
            tell(f"round {number} of {rounds}" if number else "warming up")
            runs = [(await send(environment, side, plan)).latencies_ms for side in (peer, server)]
            if number:
                bare.append(runs[0])
                ours.append(runs[1])
    await check_stored(environment, (rounds + 1) * count * BATCH)
    figures = {"events_p99_x": compute_median_ratio(_p99s(ours), _p99s(bare))}
    return BenchmarkResult(figures, {"ms_until_the_202": {"ours": _shown(ours), "bare": _shown(bare)}})


def _p99s(runs: list[list[float]]) -> list[float]:
    return [compute_percentiles(run)["p99"] for run in runs]


def _shown(runs: list[list[float]]) -> dict[str, float]:
    return compute_percentiles([took_ms for run in runs for took_ms in run])
