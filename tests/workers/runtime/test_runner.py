"""The outcome of a job by the result of its task."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from db.queries import Query
from domain.jobs import jobs
from jobs import ledger
from jobs.ledger import ChangedJob, JobClaim
from jobs.outcomes import Done, Interrupted, JobWrite, Snooze, TaskOutcome
from tests import seeds
from tests.waiting import eventually
from tests.workers.runtime.workers import TEST_JOB, Workers, finish
from workers.runtime import completer, puller
from workers.runtime.context import TaskContext
from workers.runtime.runner import AttemptRunner
from workers.runtime.slots import MAX_UNSETTLED_JOBS_PER_SLOT
from workers.runtime.worker import WorkerRuntime


async def test_any_exception_of_a_task_is_retried_without_its_text(workers: Workers) -> None:
    async def task(_: TaskContext) -> TaskOutcome:
        raise KeyError("secret-of-ours")

    async with workers.working(task):
        job_id = await workers.submit(kind=TEST_JOB._replace(max_attempts=2))
        await workers.becomes(job_id, "attempt = 1 and state = 'queued'")
        await workers.pool.execute("update job set run_at = now(), stage = 'queued' where id = $1", job_id)
        row = await workers.ended(job_id)
    assert (row["state"], row["error"]["code"], row["error"]["retryable"]) == ("failed", "INTERNAL", True)
    assert "secret" not in row["error"]["message"]
    assert await workers.attempts(job_id) == ["retry", "failed"]


async def test_a_cancel_reaches_a_running_handler(workers: Workers) -> None:
    canceled = asyncio.Event()

    async def task(_: TaskContext) -> TaskOutcome:
        try:
            await asyncio.Event().wait()
        finally:
            canceled.set()
        return Done()

    async with workers.working(task):
        job_id = await workers.submit()
        await workers.becomes(job_id, "state = 'running'")
        await workers.pool.execute("update job set cancel_requested_at = now() where id = $1", job_id)
        row = await workers.ended(job_id)
    assert canceled.is_set()
    assert row["state"] == "canceled"


async def test_an_attempt_past_its_time_limit_is_stopped_and_retried(workers: Workers) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        if ctx.job.attempt == 1:
            await asyncio.Event().wait()
        return Done()

    brief = TEST_JOB._replace(timeout_s=0.1, max_attempts=100)
    row = await workers.run(task, kind=brief)
    # A stalled machine may stop later attempts too.
    assert row["state"] == "completed"
    assert await workers.attempts(row["id"]) == ["retry"] * (row["attempt"] - 1) + ["completed"]
    assert row["attempt"] > 1


async def test_an_unstorable_outcome_fails_only_its_own_job(workers: Workers) -> None:
    """They end together, so that one statement settles them."""
    results: dict[str, dict[str, Any]] = {
        "fine": {"text": "ok"},
        "nul": {"text": "a\0b"},
        "no json": {"text": object()},
    }
    together = asyncio.Barrier(len(results))

    async def task(ctx: TaskContext) -> TaskOutcome:
        await together.wait()
        return Done(results[ctx.job.args["which"]])

    # All three must run together; the long lease keeps a slow machine from losing one.
    async with workers.working(task, lease_s=60):
        made = {which: await workers.submit(args={"which": which}) for which in results}
        rows = {which: await workers.ended(job_id) for which, job_id in made.items()}
    assert {which: row["state"] for which, row in rows.items()} == {
        "fine": "completed",
        "nul": "failed",
        "no json": "failed",
    }
    assert rows["nul"]["error"]["code"] == "INTERNAL"


async def test_a_failing_write_fails_only_its_own_attempt(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three attempts end together. One write violates a check at first, another waits for the test's lock."""
    monkeypatch.setattr(ledger, "GROUPED_WRITE_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(completer, "SLOW_WRITE_SNOOZE", Snooze(0.01))
    await workers.pool.execute(
        "create table effect (name text primary key, fence bigint check (fence > 1 or name <> 'bad'))"
    )
    insert = Query("insert_effect", "insert into effect (name, fence) values (:name, :fence)")
    together = asyncio.Barrier(3)

    async def task(ctx: TaskContext) -> TaskOutcome:
        if ctx.job.fence == 1:
            await together.wait()
        return Done(writes=[JobWrite(insert, {"name": ctx.job.args["name"], "fence": ctx.job.fence})])

    async with workers.working(task, lease_s=60), workers.pool.acquire() as conn:
        rival = replace(workers, org=await seeds.organization(conn))
        blocking = conn.transaction()
        await blocking.start()
        await conn.execute("insert into effect values ('locked', 1)")
        submitters = {"fine": workers, "bad": workers, "locked": rival}
        made = {name: await one.submit(args={"name": name}) for name, one in submitters.items()}
        await workers.ended(made["fine"])
        await workers.becomes(made["bad"], "state = 'queued'")
        await workers.becomes(made["locked"], "fence > 1")
        await blocking.rollback()
        await workers.pool.execute("update job set run_at = now(), stage = 'queued' where id = $1", made["bad"])
        for job_id in made.values():
            await workers.ended(job_id)
    assert await workers.attempts(made["fine"]) == ["completed"]
    assert await workers.attempts(made["bad"]) == ["retry", "completed"]
    assert {*(await workers.attempts(made["locked"]))[:-1]} == {"snoozed"}
    assert await workers.pool.fetchval("select count(*) from effect") == 3


async def test_a_stop_before_a_run_is_settled_too(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    start = AttemptRunner.start_attempt

    def start_and_stop(runner: AttemptRunner, claim: JobClaim, began_at: float) -> None:
        start(runner, claim, began_at)
        if claim.fence == 1:
            runner.slots.stop_all_attempts(Interrupted())

    monkeypatch.setattr(AttemptRunner, "start_attempt", start_and_stop)
    async with workers.working(finish):
        job_id = await workers.submit()
        await workers.ended(job_id)
    assert await workers.attempts(job_id) == ["interrupted", "completed"]


async def test_no_more_attempts_run_than_slots(workers: Workers) -> None:
    running = most = 0

    async def task(_: TaskContext) -> TaskOutcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Done()

    async with workers.working(task, slots=3):
        for job_id in [await workers.submit() for _ in range(20)]:
            await workers.ended(job_id)
    assert 1 <= most <= 3


async def test_a_worker_with_blocked_settlements_stops_pulling(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unsettled jobs count as running, and another worker could have run the next ones."""
    settle, answered = jobs.settle_jobs_and_subjects, asyncio.Event()

    async def hang(*args: Any) -> list[ChangedJob]:
        await answered.wait()
        return await settle(*args)

    monkeypatch.setattr(jobs, "settle_jobs_and_subjects", hang)
    monkeypatch.setattr(puller, "LEDGER_PULL_EVERY_S", 0.01)
    submitted = [await workers.submit(wake=False) for _ in range(20)]
    async with workers.working(finish, slots=2) as worker:
        most = 2 + MAX_UNSETTLED_JOBS_PER_SLOT * 2
        await eventually(lambda: running(workers, most))
        await eventually(lambda: nothing_free(worker))
        assert await running(workers, most)
        answered.set()
        for job_id in submitted:
            await workers.ended(job_id)
            assert await workers.attempts(job_id) == ["completed"]


async def running(workers: Workers, count: int) -> bool:
    return bool(await workers.pool.fetchval("select count(*) = $1 from job where state = 'running'", count))


async def nothing_free(worker: WorkerRuntime) -> bool:
    return worker.slots.free_slot_count == 0
