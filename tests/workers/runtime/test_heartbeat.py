"""A worker's lease, and its effects on the worker's attempts."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from jobs.outcomes import Done, TaskOutcome
from tests.waiting import PATIENCE_S, eventually
from tests.workers.runtime.workers import LEASE_S, POOL, Workers, finish
from workers.runtime.context import TaskContext
from workers.runtime.slots import JobLostStopCause
from workers.runtime.worker import WorkerRuntime

pytestmark = pytest.mark.timing


async def row_of(workers: Workers, worker_id: UUID) -> asyncpg.Record | None:
    return await workers.pool.fetchrow(
        "select *, lease_expires_at - now() as left from worker where id = $1", worker_id
    )


async def wait_for_row(workers: Workers, worker: WorkerRuntime) -> asyncpg.Record:
    row = await eventually(lambda: row_of(workers, worker.heartbeat.worker_id))
    assert row is not None
    return row


async def test_a_worker_has_a_row_while_it_lives(workers: Workers) -> None:
    async with workers.working(finish, slots=7) as worker:
        row = await wait_for_row(workers, worker)
        assert (row["pool"], row["slots"], row["state"]) == (POOL, 7, "active")
        first = row["lease_expires_at"]

        async def renewed() -> bool:
            row = await wait_for_row(workers, worker)
            return bool(row["lease_expires_at"] > first) and row["left"].total_seconds() > LEASE_S / 2

        await eventually(renewed)
    assert await row_of(workers, worker.heartbeat.worker_id) is None


async def test_a_worker_with_a_lost_row_registers_again_under_another_id(workers: Workers) -> None:
    verdicts: list[type | None] = []

    async def task(ctx: TaskContext) -> TaskOutcome:
        if ctx.job.fence > 1:
            return Done()
        (attempt,) = worker.slots.attempts.values()
        try:
            await asyncio.Event().wait()
        finally:
            verdicts.append(type(attempt.verdict))
        return Done()

    async with workers.working(task) as worker:
        job_id = await workers.submit()
        await workers.becomes(job_id, "state = 'running'")
        before = worker.heartbeat.worker_id
        await workers.pool.execute("delete from worker where id = $1", before)
        await workers.return_to_line(job_id)
        row = await workers.ended(job_id)
        assert worker.heartbeat.worker_id != before
        await wait_for_row(workers, worker)
    assert (verdicts, row["state"], row["fence"]) == ([JobLostStopCause], "completed", 2)


async def test_a_worker_without_renewals_stops_its_attempts_before_its_lease_ends(workers: Workers) -> None:
    """Its renewals wait for the row's lock, held by the test."""
    stopped = asyncio.Event()

    async def task(ctx: TaskContext) -> TaskOutcome:
        if ctx.job.fence > 1:
            return Done()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return Done()

    async with workers.working(task, lease_s=9) as worker:
        job_id = await workers.submit()
        await workers.becomes(job_id, "state = 'running'")
        async with workers.pool.acquire() as conn, conn.transaction():
            await conn.execute("select from worker where id = $1 for update", worker.heartbeat.worker_id)
            await asyncio.wait_for(stopped.wait(), PATIENCE_S)
            row = await wait_for_row(workers, worker)
            assert row["left"].total_seconds() > 0
        row = await workers.ended(job_id)
    # The job was given back, and no attempt spent, as soon as Postgres was reachable.
    assert (row["state"], row["fence"], row["attempt"], row["crashes"]) == ("completed", 2, 1, 0)
    assert await workers.attempts(job_id) == ["interrupted", "completed"]
