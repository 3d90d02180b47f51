"""A task's writes: fenced, in one transaction, at most once."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn
from jobs.outcomes import Done, Snooze, TaskOutcome
from schemas.errors import AttemptFenced
from tests.waiting import PATIENCE_S
from tests.workers.runtime.workers import LEASE_S, TEST_JOB, Workers
from workers.runtime.context import TaskContext

#: Seconds of a lease longer than any test: without a heartbeat a shorter one would stop the attempt.
UNSTOPPED = 3600


async def write(conn: Conn, job_id: UUID, what: str) -> dict[str, str]:
    await conn.execute("insert into effect values ($1, $2)", job_id, what)
    return {"wrote": what}


async def test_a_commit_that_raises_writes_nothing(workers: Workers, effects: Any) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        async def body(conn: Conn) -> dict[str, str]:
            await write(conn, ctx.job.id, "half")
            raise RuntimeError("no further")

        with pytest.raises(RuntimeError):
            await ctx.commit(body)
        return await ctx.commit(lambda conn: write(conn, ctx.job.id, "whole"))

    row = await workers.run(task)
    assert row["state"] == "completed"
    assert await effects() == ["whole"]


async def test_an_outcome_that_a_step_decides_is_settled_with_it(workers: Workers, effects: Any) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        async def body(conn: Conn) -> Snooze:
            await write(conn, ctx.job.id, "rests")
            return Snooze(60)

        await ctx.run_step_and_settle_outcome(body)
        stages.append((await workers.job(ctx.job.id))["stage"])
        raise RuntimeError("too late to matter")

    stages: list[str] = []

    async with workers.working(task):
        job_id = await workers.submit()
        await workers.becomes(job_id, "stage = 'scheduled'")
    assert (stages, await effects()) == (["scheduled"], ["rests"])
    assert await workers.attempts(job_id) == ["snoozed"]


async def test_the_time_left_is_the_lease_s_or_the_attempt_s(workers: Workers) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        return Done({"left": ctx.attempt_seconds_left()})

    brief = TEST_JOB._replace(timeout_s=10.0)
    for kind, least, most in [(TEST_JOB, 10.0, LEASE_S), (brief, 1.0, 10.0)]:
        async with workers.working(task, kind=kind):
            row = await workers.ended(await workers.submit(kind=kind))
        assert least < row["result"]["left"] <= most


@pytest.mark.parametrize(("way", "given"), [("step", {}), ("step", {"name": "pay"}), ("commit", {})])
async def test_an_attempt_that_lost_its_job_writes_nothing(
    workers: Workers, effects: Any, way: str, given: dict[str, str]
) -> None:
    refused: list[str] = []

    async def task(ctx: TaskContext) -> TaskOutcome:
        if ctx.job.fence > 1:
            return await ctx.commit(lambda conn: write(conn, ctx.job.id, "second"))
        await workers.return_to_line(ctx.job.id)
        try:
            await getattr(ctx, way)(lambda conn: write(conn, ctx.job.id, "first"), **given)
        except AttemptFenced:
            refused.append(way)
            raise
        return Done()

    async with workers.working(task, lease_s=UNSTOPPED):
        job_id = await workers.submit()
        row = await workers.ended(job_id)
    assert (row["state"], row["fence"]) == ("completed", 2)
    assert (refused, await effects()) == ([way], ["second"])


async def test_progress_reports_within_a_second_are_one_write_and_the_latest_wins(workers: Workers) -> None:
    reported, go_on = asyncio.Event(), asyncio.Event()

    async def task(ctx: TaskContext) -> TaskOutcome:
        await ctx.report_progress(0.1, stage="fetching")
        await workers.becomes(ctx.job.id, "progress > 0")
        for percent in range(20, 60):
            await ctx.report_progress(percent / 100)
        await ctx.report_progress(0.6, stage="analyzing")
        reported.set()
        await go_on.wait()
        return Done()

    async with workers.working(task):
        job_id = await workers.submit()
        await asyncio.wait_for(reported.wait(), PATIENCE_S)
        row = await workers.becomes(job_id, "stage = 'analyzing'")
        go_on.set()
        await workers.ended(job_id)
    # Submitted, claimed, and two reports.
    assert (row["state_version"], round(row["progress"], 2)) == (4, 0.6)


async def test_the_last_progress_report_of_a_failed_attempt_is_written(workers: Workers) -> None:
    async def task(ctx: TaskContext) -> TaskOutcome:
        await ctx.report_progress(0.1)
        await workers.becomes(ctx.job.id, "progress > 0")
        await ctx.report_progress(0.7)
        raise RuntimeError

    async with workers.working(task):
        row = await workers.becomes(await workers.submit(), "attempt = 1 and state = 'queued'")
    assert round(row["progress"], 2) == 0.7


async def test_a_progress_report_of_a_lost_job_stops_the_attempt(workers: Workers) -> None:
    stopped = asyncio.Event()

    async def task(ctx: TaskContext) -> TaskOutcome:
        if ctx.job.fence > 1:
            return Done()
        await workers.return_to_line(ctx.job.id)
        await ctx.report_progress(0.5)
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return Done()

    row = await workers.run(task)
    assert (stopped.is_set(), row["fence"]) == (True, 2)


async def test_a_deadlocks_victim_runs_once_more(workers: Workers, effects: Any) -> None:
    """Two jobs, each of which needs the lock that the other one holds."""
    await workers.pool.execute("create table thing (name text primary key); insert into thing values ('a'), ('b')")
    both = asyncio.Barrier(2)
    met: set[UUID] = set()

    async def task(ctx: TaskContext) -> TaskOutcome:
        async def body(conn: Conn) -> dict[str, str]:
            first, second = ctx.job.args["order"]
            await conn.execute("select from thing where name = $1 for update", first)
            if ctx.job.id not in met:
                met.add(ctx.job.id)
                await both.wait()
            await conn.execute("select from thing where name = $1 for update", second)
            return await write(conn, ctx.job.id, first + second)

        return await ctx.commit(body)

    async with workers.working(task):
        for job_id in [await workers.submit(args={"order": order}) for order in ("ab", "ba")]:
            row = await workers.ended(job_id)
            assert (row["state"], row["attempt"]) == ("completed", 1)
    assert await effects() == ["ab", "ba"]


async def test_a_lock_timeout_costs_no_attempt(workers: Workers, effects: Any) -> None:
    """Another session holds the lock of the step: the job returns into its line."""
    await workers.pool.execute("create table thing (name text); insert into thing values ('a')")

    async def task(ctx: TaskContext) -> TaskOutcome:
        async def body(conn: Conn) -> dict[str, str]:
            await conn.execute("select from thing for update")
            return await write(conn, ctx.job.id, "mine")

        return await ctx.commit(body)

    async with workers.working(task, lease_s=3):
        async with workers.pool.acquire() as conn, conn.transaction():
            await conn.execute("select from thing for update")
            job_id = await workers.submit()
            await workers.becomes(job_id, "fence > 1")
        row = await workers.ended(job_id)
    assert (row["state"], row["attempt"], await effects()) == ("completed", 1, ["mine"])
    assert await workers.attempts(job_id) == ["interrupted"] * (row["fence"] - 1) + ["completed"]
