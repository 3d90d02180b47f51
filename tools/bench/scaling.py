"""Throughput of several worker processes relative to one: jobs that only wait, in a steady state."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from chaos import backlog, fleet
from chaos.environment import BenchServersAndSettings
from chaos.processes import ChildProcess, read_child_cpu_s
from chaos.tasks import BENCH_POOL, SLEEP_BENCH_KIND
from jobs.courier import open_redis_wake_courier
from jobs.ledger import WakeMessage
from schemas import ids
from schemas.errors import BenchmarkFailed
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback

BENCH_SLOTS = 10
SLEEP_JOB_S = 0.1
#: Worker processes of each round; the previous round's workers stay.
SCALING_WORKER_COUNTS = (1, 2, 4, 8)
#: Time from the first job's end until all slots are busy.
SCALING_WARM_UP_S = 1.5
#: Length of the surplus backlog after the counted time.
SURPLUS_BACKLOG_S = 0.5

COUNT_ENDED_IN_ROUND = "select count(*) from job where finished_at > $1 and finished_at <= $2"
SELECT_ANY_ENDED_JOB = "select true from job where finished_at is not null limit 1"
SELECT_DATABASE_CLOCK = "select clock_timestamp()"


class ScalingRound(NamedTuple):
    """`of_ideal`: share of `workers * BENCH_SLOTS / SLEEP_JOB_S` jobs a second; `cores`: the host's busy cores."""

    jobs_s: float
    of_ideal: float
    worker_cpu_ms_a_job: float
    cores: float


async def measure_scaling(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure throughput in rounds, each with twice the workers and jobs of the round before.

    Return the last rate as a share of linear scaling. The jobs of many tenants only wait. Raise `BenchmarkFailed`.
    """
    tenants = await backlog.reset_bench_database_with_tenants(environment.pool, tenants=size.tenants)
    rounds: dict[int, ScalingRound] = {}
    children: list[ChildProcess] = []
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(fleet.run_bench_dispatcher(environment))
        for workers in SCALING_WORKER_COUNTS:
            tell(f"{workers} workers")
            more = fleet.run_workers(environment, workers=workers - len(children), slots=BENCH_SLOTS)
            children += await stack.enter_async_context(more)
            rounds[workers] = await _measure_scaling_round(environment, tenants, children, size.scaling_s)
    first, last = rounds[SCALING_WORKER_COUNTS[0]], rounds[SCALING_WORKER_COUNTS[-1]]
    if not first.jobs_s:
        raise BenchmarkFailed("no job of one worker ended in the measured time: other work keeps this host busy")
    return BenchmarkResult(
        {"scaling_x": round(last.jobs_s / (SCALING_WORKER_COUNTS[-1] * first.jobs_s), 3)},
        {"scaling": {str(workers): result._asdict() for workers, result in rounds.items()}},
    )


async def _measure_scaling_round(
    environment: BenchServersAndSettings, tenants: Sequence[UUID], workers: Sequence[ChildProcess], seconds: float
) -> ScalingRound:
    """Return the rate and CPU of jobs that end within `seconds`, in the middle of a longer backlog."""
    pool, ideal = environment.pool, len(workers) * BENCH_SLOTS / SLEEP_JOB_S
    count = int(ideal * (SCALING_WARM_UP_S + seconds + SURPLUS_BACKLOG_S))
    await backlog.delete_all_jobs(pool)
    await backlog.insert_waiting_jobs(pool, SLEEP_BENCH_KIND, tenants, count=count, args={"seconds": SLEEP_JOB_S})
    async with open_redis_wake_courier(environment.settings.redis_url) as courier:
        for _ in workers:
            await courier.send_or_queue_wake(WakeMessage(BENCH_POOL, SLEEP_BENCH_KIND.name, ids.new_uuid7()))
    # A worker that has just started may take a while.
    await fleet.poll_until(lambda: pool.fetchval(SELECT_ANY_ENDED_JOB), within=fleet.PROCESS_START_TIMEOUT_S)
    await asyncio.sleep(SCALING_WARM_UP_S)
    began, cpu, busy = (
        await pool.fetchval(SELECT_DATABASE_CLOCK),
        sum(map(read_child_cpu_s, workers)),
        _read_host_busy_s(),
    )
    await asyncio.sleep(seconds)
    ended, cpu, busy = (
        await pool.fetchval(SELECT_DATABASE_CLOCK),
        sum(map(read_child_cpu_s, workers)) - cpu,
        _read_host_busy_s() - busy,
    )
    ended_jobs: int = await pool.fetchval(COUNT_ENDED_IN_ROUND, began, ended)
    took_s = (ended - began).total_seconds()
    await fleet.wait_until_bench_pool_drained(pool)
    await backlog.check_bench_jobs_neither_lost_nor_doubled(pool, count=count)
    return ScalingRound(
        round(ended_jobs / took_s, 1),
        round(ended_jobs / took_s / ideal, 3),
        round(cpu / max(ended_jobs, 1) * 1000, 2),
        round(busy / took_s, 2),
    )


def _read_host_busy_s() -> float:
    """Return the seconds for which cores of this host were busy since its start."""
    user, nice, system, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")
