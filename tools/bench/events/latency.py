"""Latency of event requests at a fixed rate, from due time to 202, compared with the bare route."""

from chaos.environment import BenchServersAndSettings
from tools.bench.events.serving import check_stored_events, run_event_load_plan, run_event_servers
from tools.bench.figures import (
    BenchmarkResult,
    BenchmarkRunSize,
    ProgressCallback,
    compute_median_ratio,
    compute_percentiles,
)
from tools.bench.http_load import BenchLoad

#: Events of a request, and events a second.
EVENTS_PER_LATENCY_REQUEST, LATENCY_EVENTS_PER_S = 20, 5_000

#: More connections than concurrent requests, so that a request never waits for one.
EVENT_LOAD_CONNECTION_COUNT = 64


async def measure_event_202_latency(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure event requests' time to the 202 against a bare route; return the p99s' ratio. Raise `BenchmarkFailed`."""
    rounds, count = size.rounds, int(LATENCY_EVENTS_PER_S / EVENTS_PER_LATENCY_REQUEST * size.event_s)
    plan = BenchLoad(
        requests=count,
        batch=EVENTS_PER_LATENCY_REQUEST,
        connections=EVENT_LOAD_CONNECTION_COUNT,
        per_s=LATENCY_EVENTS_PER_S / EVENTS_PER_LATENCY_REQUEST,
    )
    ours: list[list[float]] = []
    bare: list[list[float]] = []
    async with run_event_servers(environment) as (server, peer):
        for number in range(rounds + 1):
            tell(f"round {number} of {rounds}" if number else "warming up")
            runs = [(await run_event_load_plan(environment, side, plan)).latencies_ms for side in (peer, server)]
            if number:
                bare.append(runs[0])
                ours.append(runs[1])
    await check_stored_events(environment, (rounds + 1) * count * EVENTS_PER_LATENCY_REQUEST)
    figures = {"events_p99_x": compute_median_ratio(_latency_p99s_ms(ours), _latency_p99s_ms(bare))}
    return BenchmarkResult(
        figures, {"ms_until_the_202": {"ours": _summarize_latencies(ours), "bare": _summarize_latencies(bare)}}
    )


def _latency_p99s_ms(runs: list[list[float]]) -> list[float]:
    return [compute_percentiles(run)["p99"] for run in runs]


def _summarize_latencies(runs: list[list[float]]) -> dict[str, float]:
    return compute_percentiles([took_ms for run in runs for took_ms in run])
