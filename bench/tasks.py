"""Kinds that only benchmarks run, and what they do."""

import asyncio
import time

from db.pool import Conn
from jobs.kinds import Kind
from jobs.outcomes import Done, Outcome
from workers.runtime.context import Context
from workers.runtime.runner import Tasks

POOL = "bench"


def _kind(name: str) -> Kind:
    return Kind(name, POOL, "jobs:read", timeout_s=60, max_attempts=3, total_s=3600)


NOOP, WRITE, STAMP, SLEEP, HELD = map(
    _kind, ("bench_noop", "bench_write", "bench_stamp", "bench_sleep", "bench_held")
)


async def noop(_: Context) -> Outcome:
    return Done()


async def write(context: Context) -> Outcome:
    """One row of its own, in the transaction that ends the job."""

    async def effect(conn: Conn) -> dict[str, int]:
        await conn.execute("insert into bench_effect values ($1, $2)", context.job.id, context.job.fence)
        return {}

    return await context.commit(effect)


async def stamp(_: Context) -> Outcome:
    """The start of the handler, by the clock that every process of the host shares."""
    return Done({"startedNs": time.monotonic_ns()})


async def sleep(context: Context) -> Outcome:
    await asyncio.sleep(context.job.args["seconds"])
    return Done()


async def held(context: Context) -> Outcome:
    """The first attempt never ends by itself: however slow the machine is, it is there to be killed."""
    if context.job.fence == 1:
        await asyncio.Event().wait()
    return Done()


TASKS: Tasks = {NOOP: noop, WRITE: write, STAMP: stamp, SLEEP: sleep, HELD: held}

KINDS = {kind.name: kind for kind in TASKS}
