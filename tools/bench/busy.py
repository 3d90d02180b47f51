"""Many workers on one pool: their cost while idle, and the time until all their slots are busy."""

import asyncio
import time
from typing import NamedTuple

from redis.asyncio import Redis

from chaos import backlog, fleet
from chaos.environment import BenchServersAndSettings
from chaos.processes import ChildProcess, read_child_cpu_s
from chaos.tasks import BENCH_POOL, SLEEP_BENCH_KIND
from db.pool import Conn, Pool, run_in_transaction
from jobs import ledger
from jobs.courier import open_redis_wake_courier
from jobs.ledger import WakeMessage
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback

BENCH_SLOTS = 10

COUNT_RUNNING_JOBS = "select count(*) from job where pool = $1 and state = 'running'"


class PeakBusySlots(NamedTuple):
    """The largest number of running jobs, and its time after the commit."""

    slots: int
    after_s: float


async def measure_idle_cost_and_peak_busy_slots(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure idle workers, then the busy slots after twice as many jobs as slots; return the worse of two rounds."""
    await backlog.reset_bench_database_with_tenants(environment.pool, tenants=size.tenants)
    async with fleet.run_bench_dispatcher(environment):
        tell(f"{size.workers} workers start")
        async with fleet.run_workers(environment, workers=size.workers, slots=BENCH_SLOTS) as workers:
            await asyncio.sleep(size.settle_s)
            tell("idle")
            idle = await _measure_cpu_and_redis_use_when_idle(environment, workers, size.idle_s)
            tell("busy")
            busy = [await _measure_peak_slots_of_bench_pool(environment, size) for _ in range(2)]
    slots, after_s = min(slots for slots, _ in busy), max(after_s for _, after_s in busy)
    return BenchmarkResult(
        {"busy_slots": slots, "busy_after_s": after_s, **idle}, {"busy": [peak._asdict() for peak in busy]}
    )


async def _measure_cpu_and_redis_use_when_idle(
    environment: BenchServersAndSettings, workers: list[ChildProcess], seconds: float
) -> dict[str, float]:
    """Return each idle worker's CPU in percent and Redis commands a second.

    The dispatcher's Redis commands are included.
    """
    async with Redis.from_url(environment.settings.redis_url) as redis:
        commands, spent_s = await _count_redis_commands(redis), sum(map(read_child_cpu_s, workers))
        await asyncio.sleep(seconds)
        spent_s = sum(map(read_child_cpu_s, workers)) - spent_s
        commands = await _count_redis_commands(redis) - commands - 1
    share = len(workers) * seconds
    return {"idle_cpu_pct": round(spent_s / share * 100, 3), "idle_redis_cmds_s": round(commands / share, 3)}


async def _count_redis_commands(redis: "Redis") -> int:
    return int((await redis.info("stats"))["total_commands_processed"])


async def _measure_peak_slots_of_bench_pool(
    environment: BenchServersAndSettings, size: BenchmarkRunSize
) -> PeakBusySlots:
    count = 2 * BENCH_SLOTS * size.workers
    await backlog.delete_all_jobs(environment.pool)
    async with open_redis_wake_courier(environment.settings.redis_url) as courier:
        wakes = await run_in_transaction(
            environment.pool, lambda conn: _submit_sleep_jobs(conn, count=count, seconds=size.busy_s)
        )
        committed = time.monotonic()
        watch = asyncio.create_task(
            _poll_pool_slot_peak(environment.pool, committed, within_s=size.busy_s, full=count // 2)
        )
        for wake in wakes:
            await courier.send_or_queue_wake(wake)
        peak = await watch
    await fleet.wait_until_bench_pool_drained(environment.pool)
    await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=count)
    return peak


async def _submit_sleep_jobs(conn: Conn, *, count: int, seconds: float) -> list[WakeMessage]:
    tenants = [row["id"] for row in await conn.fetch("select id from organization")]
    submitted = [
        await ledger.submit_job(
            conn,
            kind=SLEEP_BENCH_KIND,
            organization_id=tenants[turn % len(tenants)],
            project_id=None,
            args={"seconds": seconds},
        )
        for turn in range(count)
    ]
    return [job.wake for job in submitted if job.wake]


async def _poll_pool_slot_peak(pool: Pool, committed: float, *, within_s: float, full: int) -> PeakBusySlots:
    """Return the peak of running jobs, and its seconds after the commit.

    Polls until `full` jobs run, or until the first job may have ended.
    """
    peak, after_s = 0, 0.0
    while peak < full and time.monotonic() - committed < within_s:
        running: int = await pool.fetchval(COUNT_RUNNING_JOBS, BENCH_POOL)
        if running > peak:
            peak, after_s = running, time.monotonic() - committed
        await asyncio.sleep(fleet.CONDITION_POLL_S)
    return PeakBusySlots(peak, round(after_s, 3))
