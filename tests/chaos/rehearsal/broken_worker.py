"""`python -m tests.chaos.rehearsal.broken_worker`: a worker with two faults for the tally to find.

The flaky task writes its effect outside of fenced transactions, once for each attempt. The write task deletes
its own job in the commit.
"""

import os
import sys

import asyncpg
import uvloop

from chaos.proxy import ServerAddress
from chaos.rehearsal.tasks import (
    FAIL_FIRST_REHEARSAL_KIND,
    ONE_WRITE_REHEARSAL_KIND,
    build_rehearsal_tasks,
    fail_first_then_commit,
)
from chaos.tasks import BENCH_POOL, INSERT_BENCH_EFFECT
from db.pool import Conn
from jobs.outcomes import TaskOutcome
from schemas.settings import load_settings
from telemetry import logs
from workers.runtime.context import TaskContext
from workers.runtime.worker import serve_worker


async def unfenced(ctx: TaskContext) -> TaskOutcome:
    conn = await asyncpg.connect(os.environ["DATABASE_URL"])
    await INSERT_BENCH_EFFECT.run(conn, job_id=ctx.job.id, fence=ctx.job.fence)
    await conn.close()
    return await fail_first_then_commit(ctx)


async def deleting(ctx: TaskContext) -> TaskOutcome:
    async def body(conn: Conn) -> None:
        await conn.execute("delete from job where id = $1", ctx.job.id)

    return await ctx.commit(body)


if __name__ == "__main__":
    outside = ServerAddress(sys.argv[1], int(sys.argv[2]))
    broken = {FAIL_FIRST_REHEARSAL_KIND: unfenced, ONE_WRITE_REHEARSAL_KIND: deleting}
    logs.configure_logging(process="rehearsal")
    uvloop.run(serve_worker(load_settings(os.environ), BENCH_POOL, {**build_rehearsal_tasks(outside), **broken}))
