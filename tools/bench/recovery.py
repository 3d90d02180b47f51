"""Recovery time: from a `kill -9` of a worker until its jobs run again on another worker."""

import asyncio
import random
import time
from uuid import UUID

from chaos import backlog, fleet
from chaos.environment import BenchServersAndSettings
from chaos.tasks import BENCH_POOL, BLOCKED_FIRST_ATTEMPT_BENCH_KIND
from db.pool import Conn, run_in_transaction
from jobs import ledger
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback

KILLED_WORKER_JOB_COUNT = 10
#: Timeout until a worker has pulled all jobs.
ALL_JOBS_PULLED_TIMEOUT_S = 300.0

#: Includes ended jobs: a second attempt ends immediately.
COUNT_PULLED_JOBS = "select count(*) from job where pool = $1 and fence >= $2"


async def measure_recovery(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure the seconds until a killed worker's jobs run again; return the worst. Raise `BenchmarkFailed`.

    Each round kills the worker in another phase of the lease. The lease is short to keep rounds short; the
    time after its end does not depend on its length.
    """
    tenants = await backlog.reset_bench_database_with_tenants(environment.pool, tenants=KILLED_WORKER_JOB_COUNT)
    took_s = []
    async with fleet.run_bench_dispatcher(environment, lease_s=size.lease_s):
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            await backlog.delete_all_jobs(environment.pool)
            took_s.append(await _measure_one_recovery(environment, tenants, size.lease_s))
    return BenchmarkResult({"recovery_s": max(took_s), "lease_s": size.lease_s}, {"recovery_s": took_s})


async def _measure_one_recovery(environment: BenchServersAndSettings, tenants: list[UUID], lease_s: float) -> float:
    """Kill a worker, and return the seconds until a second worker has pulled all its jobs.

    The second worker starts once the first has all jobs, so that every job is held by the victim. A first
    attempt ends only by the kill, so that no stall of the machine ends a job before it.
    """
    async with fleet.run_workers(environment, workers=1, slots=KILLED_WORKER_JOB_COUNT, lease_s=lease_s) as (victim,):
        await run_in_transaction(environment.pool, lambda conn: _submit_recovery_jobs(conn, tenants))
        await _wait_until_all_pulled(environment, fence=1)
        async with fleet.run_workers(environment, workers=1, slots=KILLED_WORKER_JOB_COUNT, lease_s=lease_s):
            await asyncio.sleep(random.uniform(0, lease_s / 5))
            victim.process.kill()
            killed = time.monotonic()
            await _wait_until_all_pulled(environment, fence=2)
            took_s = time.monotonic() - killed
            await fleet.wait_until_bench_pool_drained(environment.pool)
    await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=KILLED_WORKER_JOB_COUNT, fence=2)
    return round(took_s, 3)


async def _submit_recovery_jobs(conn: Conn, tenants: list[UUID]) -> None:
    for tenant in tenants:
        await ledger.submit_job(
            conn, kind=BLOCKED_FIRST_ATTEMPT_BENCH_KIND, organization_id=tenant, project_id=None, args={}
        )


async def _wait_until_all_pulled(environment: BenchServersAndSettings, *, fence: int) -> None:
    """Wait until workers have pulled all jobs of the round with this fence."""

    async def all_pulled() -> bool:
        return bool(await environment.pool.fetchval(COUNT_PULLED_JOBS, BENCH_POOL, fence) == KILLED_WORKER_JOB_COUNT)

    await fleet.poll_until(all_pulled, within=ALL_JOBS_PULLED_TIMEOUT_S)
