"""Attempts by hand: a job runs in the test's own process, by a worker that may die."""

import asyncio
from datetime import UTC, datetime

from db.pool import Pool
from domain.jobs import jobs
from domain.operations import maintenance
from jobs.kinds import JobKindSpec
from jobs.ledger import AttemptSettlement, JobClaim
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask, run_attempt_task
from workers.runtime.slots import JobAttempt, LeaseLostVerdict

FUTURE = datetime.max.replace(tzinfo=UTC)


class Died(BaseException):
    """Simulates the end of the process."""


def attempt_of(claim: JobClaim, kind: JobKindSpec) -> JobAttempt:
    return JobAttempt(claim, asyncio.get_running_loop().time() + kind.timeout_s)


async def perform(pool: Pool, task: JobTask, context: TaskContext, attempt: JobAttempt) -> str:
    """Run and settle an attempt; return its outcome. After `died`, the worker's jobs are rescued."""
    try:
        verdict = await run_attempt_task(task, context, attempt)
    except Died:
        await rescue(pool)
        return "died"
    if attempt.committed:
        return attempt.committed
    if isinstance(verdict, LeaseLostVerdict):
        return verdict.word
    [moved] = await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(attempt.claim, verdict)])
    return "canceled" if moved.state == "canceled" else verdict.word


async def rescue(pool: Pool) -> None:
    """Rescue the jobs as if all workers were dead."""
    async with pool.acquire() as conn:
        await conn.execute("update worker set lease_expires_at = now() - interval '1 second'")
        await maintenance.rescue_jobs_of_dead_workers(conn, before=FUTURE)
