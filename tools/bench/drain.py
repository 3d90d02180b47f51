"""Job rates compared with plain arq: backlogs of no-op, writing and mixed jobs, and jobs submitted live.

Plain arq stores no job durably.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median
from typing import NamedTuple
from uuid import UUID

from chaos import backlog, fleet
from chaos.environment import BenchServersAndSettings
from chaos.processes import ChildProcess, run_module_and_read_json
from chaos.tasks import BENCH_POOL, NOOP_BENCH_KIND, ONE_WRITE_BENCH_KIND, SLEEP_BENCH_KIND
from jobs.kinds import JobKindSpec
from tools.bench.cpu import JobCpu, start_job_cpu_meter
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback, compute_median_ratio
from tools.bench.peers import arq_peer

BENCH_SLOTS = 100

#: Duration of every tenth job of the mixed backlog: it must not hold up the others.
SLOW_JOB_S = 0.2

#: Gives the jobs random due times, so that their kinds are mixed.
RANDOMIZE_DUE_TIMES = "update job set run_at = now() - random() * interval '1 minute'"

#: The pool is paused until the worker has registered, so that the CPU of the worker's start isn't counted.
PAUSE_BENCH_POOL_SQL = "update pool set paused = true where name = $1"
RESUME_BENCH_POOL_SQL = "update pool set paused = false where name = $1"

#: Rate from the first handler's start to the last job's end, by the database's clock.
SELECT_BENCH_JOB_RATE = "select count(*) / extract(epoch from max(finished_at) - min(started_at)) from job"

#: Rate of a live run, from the first submit.
SELECT_JOB_RATE_FROM_FIRST_SUBMIT = "select count(*) / extract(epoch from max(finished_at) - min(created_at)) from job"


class BenchJobRun(NamedTuple):
    """Rate of one run of Tenantry, in jobs a second, and the mean CPU of a job."""

    jobs_s: float
    cpu: JobCpu


class DrainRound(NamedTuple):
    """Rates of plain arq without and with slow jobs, then runs of no-op, writing and mixed jobs."""

    peer: float
    peer_mixed: float
    noop: BenchJobRun
    write: BenchJobRun
    mixed: BenchJobRun


async def measure_drain(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure jobs a second of a backlog with a dispatcher and one worker of 100 slots, against plain arq.

    Return the ratios for no-op jobs, jobs that write a row, and no-op jobs of which every tenth sleeps, of many capped
    tenants. Raise `BenchmarkFailed`.
    """
    tenants = await backlog.reset_bench_database_with_tenants(environment.pool, tenants=size.tenants)
    rounds = list[DrainRound]()
    async with fleet.run_bench_dispatcher(environment):
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            rounds.append(await _measure_drain_round(environment, size, tenants))
    peers, mixed_peers = [one.peer for one in rounds], [one.peer_mixed for one in rounds]
    runs = {name: [getattr(one, name) for one in rounds] for name in ("noop", "write", "mixed")}
    rates = {name: [run.jobs_s for run in ours] for name, ours in runs.items()}
    return BenchmarkResult(
        {
            "drain_noop_x": compute_median_ratio(rates["noop"], peers),
            "drain_write_x": compute_median_ratio(rates["write"], peers),
            "drain_mixed_x": compute_median_ratio(rates["mixed"], mixed_peers),
        },
        {
            "drain_jobs_s": {"plain_arq": peers, "plain_arq_mixed": mixed_peers, **rates},
            "drain_cpu_us_a_job": {name: summarize_job_cpu(ours) for name, ours in runs.items()},
        },
    )


async def _measure_drain_round(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tenants: list[UUID]
) -> DrainRound:
    drain = partial(_insert_jobs_and_measure_drain, environment, tenants)
    return DrainRound(
        await arq_peer.measure_arq_drain(environment, count=size.peer_jobs),
        await arq_peer.measure_arq_drain(environment, count=size.peer_jobs, slow_job_s=SLOW_JOB_S),
        await drain({NOOP_BENCH_KIND: size.drain_jobs}),
        await drain({ONE_WRITE_BENCH_KIND: size.write_jobs}, effects=size.write_jobs),
        await drain({NOOP_BENCH_KIND: size.peer_jobs * 9 // 10, SLEEP_BENCH_KIND: size.peer_jobs // 10}),
    )


async def _insert_jobs_and_measure_drain(
    environment: BenchServersAndSettings, tenants: list[UUID], counts: Mapping[JobKindSpec, int], *, effects: int = 0
) -> BenchJobRun:
    pool, count = environment.pool, sum(counts.values())
    await backlog.delete_all_jobs(pool)
    for kind, kind_count in counts.items():
        await backlog.insert_waiting_jobs(pool, kind, tenants, count=kind_count, args={"seconds": SLOW_JOB_S})
    if len(counts) > 1:
        await pool.execute(RANDOMIZE_DUE_TIMES)
        await pool.execute("vacuum analyze job")
    await pool.execute(PAUSE_BENCH_POOL_SQL, BENCH_POOL)
    async with fleet.run_workers(environment, slots=BENCH_SLOTS) as workers:
        meter = await start_job_cpu_meter(pool, workers)
        await pool.execute(RESUME_BENCH_POOL_SQL, BENCH_POOL)
        await fleet.wait_until_bench_pool_drained(pool)
        cpu = meter.read_mean_job_cpu(count)
    await backlog.check_bench_jobs_neither_lost_nor_doubled(pool, count=count, effects=effects)
    return BenchJobRun(round(float(await pool.fetchval(SELECT_BENCH_JOB_RATE)), 1), cpu)


def summarize_job_cpu(runs: Sequence[BenchJobRun]) -> dict[str, float]:
    """Return the medians of a job's CPU over the runs, in microseconds."""
    return {name: median(getattr(run.cpu, name) for run in runs) for name in JobCpu._fields}


async def measure_job_rate_during_submits(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure jobs a second from closed-loop submitters to one worker of 100 slots, against plain arq.

    Return the ratio to arq. The submitters share one process, for many tenants in turn. Raise `BenchmarkFailed`.
    """
    await backlog.reset_bench_database_with_tenants(environment.pool, tenants=size.tenants)
    ours, peers = list[BenchJobRun](), list[float]()
    async with fleet.run_bench_dispatcher(environment), fleet.run_workers(environment, slots=BENCH_SLOTS) as workers:
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            peers.append(await arq_peer.measure_arq_live_rate(environment, count=size.live_jobs))
            ours.append(await _submit_jobs_and_measure_end_rate(environment, workers, count=size.live_jobs))
    rates = [run.jobs_s for run in ours]
    return BenchmarkResult(
        {"live_x": compute_median_ratio(rates, peers)},
        {"live_jobs_s": {"plain_arq": peers, "ours": rates}, "live_cpu_us_a_job": summarize_job_cpu(ours)},
    )


async def _submit_jobs_and_measure_end_rate(
    environment: BenchServersAndSettings, workers: Sequence[ChildProcess], *, count: int
) -> BenchJobRun:
    await backlog.delete_all_jobs(environment.pool)
    meter = await start_job_cpu_meter(environment.pool, workers)
    await run_module_and_read_json(environment, "tools.bench.submitter", NOOP_BENCH_KIND.name, str(count), "0")
    await fleet.wait_until_bench_pool_drained(environment.pool)
    cpu = meter.read_mean_job_cpu(count)
    await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=count)
    return BenchJobRun(round(float(await environment.pool.fetchval(SELECT_JOB_RATE_FROM_FIRST_SUBMIT)), 1), cpu)
