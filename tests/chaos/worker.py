"""`python -m tests.chaos.worker`: a real worker process with one kind, which writes to a table of effects.

A job creates a file at each point; at the points in its `pauses` its first attempt waits for the file `go`.
Files work while every server is away.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import uvloop

from db.pool import Conn
from db.queries import Query
from jobs.kinds import JobKindSpec
from jobs.outcomes import Done, JobWrite, TaskOutcome
from processes.image import PROCESS_WITHOUT_IMAGE, ServingProcessFacts
from schemas.errors import AttemptFenced
from schemas.settings import load_settings
from telemetry import logs
from tests.waiting import eventually
from workers.runtime.context import TaskContext
from workers.runtime.worker import serve_worker

POOL = "chaos"
EFFECT = JobKindSpec("write_effect", POOL, "jobs:read", timeout_s=600, max_attempts=3, total_s=3600)
GROUPED_EFFECT = EFFECT._replace(name="write_grouped_effect")

#: Waits for an advisory lock that a test may hold, so that it can kill the worker during the writes of a settlement.
INSERT_GROUPED_EFFECT = Query(
    "insert_grouped_effect",
    "insert into effect (job_id, fence) select :job_id, :fence from pg_advisory_xact_lock_shared(1)",
)

SCHEMA = """
create table effect (job_id uuid, fence bigint);
insert into pool (name) values ('chaos');
"""


async def write_effect(ctx: TaskContext) -> TaskOutcome:
    """Insert one row, in the transaction that ends the job."""

    async def body(conn: Conn) -> dict[str, int]:
        await conn.execute("insert into effect (job_id, fence) values ($1, $2)", ctx.job.id, ctx.job.fence)
        await reach(ctx, "step")
        return {"pid": os.getpid()}

    with leaving_word(ctx):
        await reach(ctx, "handler")
        await asyncio.sleep(ctx.job.args["takes_s"])
        done = await ctx.commit(body)
        await reach(ctx, "committed")
        return done


async def write_grouped_effect(ctx: TaskContext) -> TaskOutcome:
    """Return the insert of one row, which commits in the settlement of this job and others."""
    await reach(ctx, "handler")
    return Done(writes=[JobWrite(INSERT_GROUPED_EFFECT, {"job_id": ctx.job.id, "fence": ctx.job.fence})])


async def reach(ctx: TaskContext, point: str) -> None:
    mark(ctx, point)
    if point in ctx.job.args["pauses"] and ctx.job.fence == 1:
        await eventually(lambda: may_go(ctx), within=EFFECT.timeout_s)


async def may_go(ctx: TaskContext) -> bool:
    return folder(ctx).joinpath("go").exists()


def folder(ctx: TaskContext) -> Path:
    return Path(ctx.job.args["folder"])


@contextmanager
def leaving_word(ctx: TaskContext) -> Iterator[None]:
    """Record how an attempt was stopped."""
    try:
        yield
    except AttemptFenced:
        mark(ctx, "fenced")
        raise
    except asyncio.CancelledError:
        mark(ctx, "canceled")
        raise


def mark(ctx: TaskContext, word: str) -> None:
    (folder(ctx) / name_of(ctx.job.id, ctx.job.fence, word)).touch()


def name_of(job_id: UUID, fence: int, word: str) -> str:
    """Return the name of the file that an attempt leaves."""
    return f"{job_id}.{fence}.{word}"


async def main(process: ServingProcessFacts = PROCESS_WITHOUT_IMAGE) -> None:
    settings = load_settings(os.environ)
    logs.configure_logging(process=f"chaos-{os.getpid()}", level="info")
    await serve_worker(settings, POOL, {EFFECT: write_effect, GROUPED_EFFECT: write_grouped_effect}, process)


if __name__ == "__main__":
    uvloop.run(main())
