"""Job kinds of benchmarks, and their tasks."""

import asyncio
import time

from db.pool import Conn
from jobs.kinds import Kind
from jobs.outcomes import Done, Outcome
from workers.runtime.context import Context
from workers.runtime.runner import Tasks

BENCH_POOL = "bench"


def _kind(name: str) -> Kind:
    return Kind(name, BENCH_POOL, "jobs:read", timeout_s=60, max_attempts=3, total_s=3600)


NOOP, WRITE, STAMP, SLEEP, HELD = map(
    _kind, ("bench_noop", "bench_write", "bench_stamp", "bench_sleep", "bench_held")
)


async def noop(_: Context) -> Outcome:
    return Done()


async def write(context: Context) -> Outcome:
    """Insert one row in the transaction that ends the job."""

    async def effect(conn: Conn) -> dict[str, int]:
        await conn.execute("insert into bench_effect values ($1, $2)", context.job.id, context.job.fence)
        return {}

    return await context.commit(effect)


async def stamp(_: Context) -> Outcome:
    """Return the handler's start time, by the clock that all processes of the host share."""
    return Done({"startedNs": time.monotonic_ns()})


async def sleep(context: Context) -> Outcome:
    await asyncio.sleep(context.job.args["seconds"])
    return Done()


async def held(context: Context) -> Outcome:
    """Block the first attempt forever, so that it is still running at the kill, however slow the machine
    is.
    """
    if context.job.fence == 1:
        await asyncio.Event().wait()
    return Done()


TASKS: Tasks = {NOOP: noop, WRITE: write, STAMP: stamp, SLEEP: sleep, HELD: held}

KINDS = {kind.name: kind for kind in TASKS}
