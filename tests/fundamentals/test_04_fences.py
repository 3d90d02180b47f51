"""4. A task writes only under its fence (a fencing token), so only one attempt's writes count.

A worker may freeze for a minute and resume. By then another worker has its job, with a higher fence.
`ctx.step` and `ctx.commit` detect that inside the transaction and roll back.

Committed steps of an earlier attempt stay, and the next attempt starts from the beginning. A step that
must not be repeated needs a name.
"""

import asyncio
from typing import Any

from db.pool import Conn
from jobs.outcomes import Done, Retry, TaskOutcome
from tests.workers.runtime.workers import Workers
from workers.runtime.context import TaskContext


async def count_visit(conn: Conn, who: str) -> dict[str, Any]:
    await conn.execute("insert into visit values ($1)", who)
    return {"by": who}


async def test_a_commit_writes_and_ends_the_job_atomically(workers: Workers) -> None:
    """`ctx.commit` is the last step: the write and the end commit together."""
    await workers.pool.execute("create table visit (who text)")

    async def visit(ctx: TaskContext) -> TaskOutcome:
        return await ctx.commit(lambda conn: count_visit(conn, "me"))

    job = await workers.run(visit)
    assert (job["state"], job["result"]) == ("completed", {"by": "me"})
    assert await workers.pool.fetchval("select count(*) from visit") == 1


async def test_an_attempt_that_lost_its_job_writes_nothing(workers: Workers) -> None:
    await workers.pool.execute("create table visit (who text)")
    frozen, thawed = asyncio.Event(), asyncio.Event()

    async def visit(ctx: TaskContext) -> TaskOutcome:
        if ctx.job.fence == 1:
            frozen.set()
            await thawed.wait()
        return await ctx.commit(lambda conn: count_visit(conn, f"attempt {ctx.job.fence}"))

    async with workers.working(visit):
        job_id = await workers.submit()
        await frozen.wait()
        await workers.return_to_line(job_id)
        thawed.set()
        job = await workers.ended(job_id)
    assert (job["state"], job["fence"]) == ("completed", 2)
    assert [row["who"] for row in await workers.pool.fetch("select who from visit")] == ["attempt 2"]


async def test_a_named_step_runs_once_and_other_steps_in_each_attempt(workers: Workers) -> None:
    await workers.pool.execute("create table visit (who text)")

    async def visit(ctx: TaskContext) -> TaskOutcome:
        await ctx.step(lambda conn: count_visit(conn, "again"))
        result = await ctx.step(lambda conn: count_visit(conn, f"once, by {ctx.job.attempt}"), name="visit")
        return Retry("BUSY", "try again", after_s=0) if ctx.job.attempt == 1 else Done(result)

    job = await workers.run(visit)
    assert job["result"] == {"by": "once, by 1"}
    visits = await workers.pool.fetch("select who from visit order by who")
    assert [row["who"] for row in visits] == ["again", "again", "once, by 1"]
