"""Tasks of a rehearsal's kinds. Each writes its effects in fenced transactions, like any task."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

from chaos import receiver
from chaos.proxy import Address
from chaos.receiver import Call
from chaos.rehearsal import kinds
from db.pool import Conn
from jobs import ledger
from jobs.outcomes import Done, Failed, Outcome, Retry, Snooze
from schemas.errors import Fenced
from telemetry import logs
from workers.runtime.context import Context
from workers.runtime.runner import Task, Tasks

#: Pause before a retry, or length of a snooze.
RETRY_PAUSE_S = 0.3

EFFECT = "insert into bench_effect (job_id, fence) values ($1, $2)"

_log = logs.get_logger("rehearsal")


def tasks(outside: Address) -> Tasks:
    """Return the task of each kind; the receiver is at `outside`."""
    bare: Mapping[Any, Task] = {
        kinds.NONE: none,
        kinds.WRITE: write,
        kinds.STEPS: steps,
        kinds.CALL: partial(call, outside),
        kinds.FLAKY: flaky,
        kinds.EARLY: early,
        kinds.LONG: slow,
        kinds.HELD: slow,
        kinds.CHAIN: chain,
        kinds.DOOMED: doomed,
    }
    return {kind: partial(log_refused_write, task) for kind, task in bare.items()}


async def log_refused_write(task: Task, ctx: Context) -> Outcome:
    """Log an attempt with a refused write: `fences` counts these lines."""
    try:
        return await task(ctx)
    except Fenced:
        _log.info("write refused", **logs.job_fields(ctx.job, attempt=ctx.job.attempt))
        raise


async def none(_: Context) -> Outcome:
    return Done()


async def write(ctx: Context) -> Outcome:
    """Insert a row in the commit, which stays open for a while, so that faults hit it."""

    async def body(conn: Conn) -> None:
        await _insert_effect(ctx, conn)
        await asyncio.sleep(ctx.job.args["pause_s"])

    return await ctx.commit(body)


async def steps(ctx: Context) -> Outcome:
    """Insert rows in named steps. Each step commits once over all attempts."""
    for name in ("first", "second", "third"):
        await ctx.step(partial(_insert_effect, ctx), name=name)
        await asyncio.sleep(ctx.job.args["pause_s"])
    return Done()


async def call(outside: Address, ctx: Context) -> Outcome:
    """Call the receiver. The key is committed before the first call, so that every attempt uses the same
    key.
    """
    key = await ctx.step(_draw_key, name="key")
    try:
        await receiver.make_call(outside, Call(str(ctx.job.id), key))
    except OSError as error:
        return Retry("NO_ANSWER", f"the receiver did not respond: {error!r}", after_s=RETRY_PAUSE_S)
    return await write(ctx)


async def flaky(ctx: Context) -> Outcome:
    if ctx.job.attempt <= ctx.job.args["failures"]:
        return Retry("FLAKY", "it fails at first", after_s=RETRY_PAUSE_S)
    return await write(ctx)


async def early(ctx: Context) -> Outcome:
    if ctx.job.fence <= ctx.job.args["snoozes"]:
        return Snooze(RETRY_PAUSE_S)
    return await write(ctx)


async def slow(ctx: Context) -> Outcome:
    """Sleep for `takes_s` in ten parts, with progress."""
    for tenth in range(10):
        await ctx.progress(tenth / 10)
        await asyncio.sleep(ctx.job.args["takes_s"] / 10)
    return await write(ctx)


async def chain(ctx: Context) -> Outcome:
    """Submit the next link in the transaction that ends this job."""

    async def link(conn: Conn) -> None:
        await _insert_effect(ctx, conn)
        if left := ctx.job.args["left"]:
            args = {"key": next_key(ctx.job.args["key"]), "left": left - 1}
            await ledger.submit(
                conn, kind=kinds.CHAIN, organization_id=ctx.job.organization_id, project_id=None, args=args
            )

    return await ctx.commit(link)


async def doomed(_: Context) -> Outcome:
    return Failed("DOOMED", "it always fails")


def next_key(key: str) -> str:
    """Return the key of a chain's next link."""
    return f"{key}>"


async def _draw_key(_: Conn) -> str:
    return uuid4().hex


async def _insert_effect(ctx: Context, conn: Conn) -> None:
    await conn.execute(EFFECT, ctx.job.id, ctx.job.fence)
