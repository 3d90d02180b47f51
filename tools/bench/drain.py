"""Rates compared with plain arq: of a backlog of no-op jobs and of jobs that each write a row, and live.

Plain arq stores no job durably.
"""

from typing import NamedTuple
from uuid import UUID

from chaos import backlog, fleet
from chaos.environment import BenchEnvironment
from chaos.processes import run_module_and_read_json
from chaos.tasks import NOOP, WRITE
from jobs.kinds import JobKindSpec
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback, compute_median_ratio
from tools.bench.peers import arq_peer

BENCH_SLOTS = 100

#: Rate from the first handler's start to the last job's end, by the database's clock.
SELECT_BENCH_JOB_RATE = "select count(*) / extract(epoch from max(finished_at) - min(started_at)) from job"

#: Rate of a live run, from the first submit.
SELECT_JOB_RATE_FROM_FIRST_SUBMIT = "select count(*) / extract(epoch from max(finished_at) - min(created_at)) from job"


class DrainRatesOfArqAndOurs(NamedTuple):
    """Jobs a second of plain arq, of our no-op jobs, and of our jobs that each write a row."""

    peer: float
    noop: float
    write: float


async def measure_drain(
    environment: BenchEnvironment, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure jobs a second of a backlog with a dispatcher and one worker of 100 slots, against plain arq.

    Return the ratios for no-op jobs and jobs that write a row, of many capped tenants. Raise `BenchmarkFailed`.
    """
    tenants = await backlog.reset_bench_database_with_tenants(environment.pool, tenants=size.tenants)
    rounds = []
    async with fleet.run_bench_dispatcher(environment):
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            rounds.append(await _measure_drain_round(environment, size, tenants))
    peer, noop, write = map(list, zip(*rounds, strict=True))
    return BenchmarkResult(
        {"drain_noop_x": compute_median_ratio(noop, peer), "drain_write_x": compute_median_ratio(write, peer)},
        {"drain_jobs_s": {"plain_arq": peer, "noop": noop, "write": write}},
    )


async def _measure_drain_round(
    environment: BenchEnvironment, size: BenchmarkRunSize, tenants: list[UUID]
) -> DrainRatesOfArqAndOurs:
    return DrainRatesOfArqAndOurs(
        await arq_peer.measure_arq_drain(environment, count=size.peer_jobs),
        await _insert_jobs_and_measure_drain_rate(environment, NOOP, tenants, count=size.drain_jobs, effects=0),
        await _insert_jobs_and_measure_drain_rate(
            environment, WRITE, tenants, count=size.write_jobs, effects=size.write_jobs
        ),
    )


async def _insert_jobs_and_measure_drain_rate(
    environment: BenchEnvironment, kind: JobKindSpec, tenants: list[UUID], *, count: int, effects: int
) -> float:
    await backlog.delete_all_jobs(environment.pool)
    await backlog.insert_waiting_jobs(environment.pool, kind, tenants, count=count)
    async with fleet.run_workers(environment, slots=BENCH_SLOTS):
        await fleet.wait_until_bench_pool_drained(environment.pool)
    await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=count, effects=effects)
    return round(float(await environment.pool.fetchval(SELECT_BENCH_JOB_RATE)), 1)


async def measure_job_rate_during_submits(
    environment: BenchEnvironment, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure jobs a second from closed-loop submitters to one worker of 100 slots, against plain arq.

    Return the ratio to arq. The submitters share one process, for many tenants in turn. Raise `BenchmarkFailed`.
    """
    await backlog.reset_bench_database_with_tenants(environment.pool, tenants=size.tenants)
    ours, peers = [], []
    async with fleet.run_bench_dispatcher(environment), fleet.run_workers(environment, slots=BENCH_SLOTS):
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            peers.append(await arq_peer.measure_arq_live_rate(environment, count=size.live_jobs))
            ours.append(await _submit_jobs_and_measure_end_rate(environment, count=size.live_jobs))
    return BenchmarkResult(
        {"live_x": compute_median_ratio(ours, peers)}, {"live_jobs_s": {"plain_arq": peers, "ours": ours}}
    )


async def _submit_jobs_and_measure_end_rate(environment: BenchEnvironment, *, count: int) -> float:
    await backlog.delete_all_jobs(environment.pool)
    await run_module_and_read_json(environment, "tools.bench.submitter", NOOP.name, str(count), "0")
    await fleet.wait_until_bench_pool_drained(environment.pool)
    await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=count)
    return round(float(await environment.pool.fetchval(SELECT_JOB_RATE_FROM_FIRST_SUBMIT)), 1)
