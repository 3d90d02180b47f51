"""Time of a pull of ten rows with many waiting tenants."""

import time
from uuid import UUID

from chaos import backlog
from chaos.environment import BenchServersAndSettings
from chaos.tasks import BENCH_POOL, BENCH_TASKS, NOOP_BENCH_KIND
from db.pool import Conn
from db.queries import worker
from jobs import ledger
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Done
from schemas import ids
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback, compute_percentiles

JOBS_PER_TIMED_PULL, WARM_UP_PULL_COUNT = 10, 5


async def measure_pull(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure the time of a pull of ten jobs among many waiting tenants.

    The jobs are settled before the next pull, so that one worker's worth of jobs runs.
    """
    tell(f"{size.waiting_rows} rows of {size.waiting_tenants} tenants")
    tenants = await backlog.reset_bench_database_with_tenants(environment.pool, tenants=size.waiting_tenants)
    await backlog.insert_waiting_jobs(environment.pool, NOOP_BENCH_KIND, tenants, count=size.waiting_rows)
    async with environment.pool.acquire() as conn:
        worker_id = await _insert_bench_worker(conn)
        took_ms = [await _time_one_pull(conn, worker_id) for _ in range(WARM_UP_PULL_COUNT + size.pulls)][
            WARM_UP_PULL_COUNT:
        ]
        await worker.retire_worker.run(conn, id=worker_id)
    return BenchmarkResult(
        {"pull_p50_ms": compute_percentiles(took_ms)["p50"]}, {"pull_ms": compute_percentiles(took_ms)}
    )


async def _insert_bench_worker(conn: Conn) -> UUID:
    worker_id = ids.new_uuid7()
    await worker.register_worker.run(
        conn, id=worker_id, pool=BENCH_POOL, host="bench", pid=0, version="0", slots=JOBS_PER_TIMED_PULL, lease_s=3600
    )
    return worker_id


async def _time_one_pull(conn: Conn, worker_id: UUID) -> float:
    start = time.perf_counter()
    claims = await ledger.claim_due_jobs(
        conn, pool=BENCH_POOL, worker_id=worker_id, free=JOBS_PER_TIMED_PULL, kinds=list(BENCH_TASKS)
    )
    took_ms = (time.perf_counter() - start) * 1000
    await ledger.settle_job_attempts(conn, [AttemptSettlement(claim, Done()) for claim in claims])
    return took_ms
