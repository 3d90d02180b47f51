"""Pickup time: from a job's confirmed commit to the start of its handler."""

from chaos import backlog, fleet
from chaos.environment import BenchServersAndSettings
from chaos.processes import run_module_and_read_json
from chaos.tasks import START_TIME_BENCH_KIND
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback, compute_percentiles
from tools.bench.peers import arq_peer

BENCH_SLOTS = 10

#: A busy rate.
BUSY_JOBS_PER_S = 50
#: A rate so low that all processes are idle between jobs.
IDLE_JOBS_PER_S = 3


async def measure_pickup(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure ms from commit to handler start, and arq's; return our p50, p95, p99 at 50/s. Raise `BenchmarkFailed`."""
    await backlog.reset_bench_database_with_tenants(environment.pool, tenants=size.tenants)
    async with fleet.run_bench_dispatcher(environment), fleet.run_workers(environment, slots=BENCH_SLOTS):
        tell("a job now and then")
        lone = await _measure_pickup_ms(environment, count=size.lone_jobs, rate=IDLE_JOBS_PER_S)
        tell(f"{BUSY_JOBS_PER_S} jobs a second")
        busy = await _measure_pickup_ms(environment, count=size.paced_jobs, rate=BUSY_JOBS_PER_S)
    tell(f"plain arq, {BUSY_JOBS_PER_S} jobs a second")
    peers = {
        f"plain_arq_poll_{poll_s:g}": await arq_peer.measure_arq_pickup(
            environment, count=size.peer_paced_jobs, rate=BUSY_JOBS_PER_S, poll_s=poll_s
        )
        for poll_s in (arq_peer.DEFAULT_ARQ_POLL_PAUSE_S, arq_peer.TUNED_ARQ_POLL_PAUSE_S)
    }
    return BenchmarkResult(
        {f"pickup_{name}_ms": busy[name] for name in ("p50", "p95", "p99")},
        {"pickup_ms": {"idle": lone, "at_50_s": busy, **peers}},
    )


async def _measure_pickup_ms(environment: BenchServersAndSettings, *, count: int, rate: float) -> dict[str, float]:
    """Return percentiles of the ms from a job's commit to its handler's start, at `rate` jobs a second.

    The handler returns its start time, and both ends use the host's monotonic clock.
    """
    await backlog.delete_all_jobs(environment.pool)
    committed_ns = await run_module_and_read_json(
        environment, "tools.bench.submitter", START_TIME_BENCH_KIND.name, str(count), str(rate)
    )
    await fleet.wait_until_bench_pool_drained(environment.pool)
    await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=count)
    jobs = await environment.pool.fetch("select id, result from job")
    return compute_percentiles([(job["result"]["startedNs"] - committed_ns[str(job["id"])]) / 1e6 for job in jobs])
