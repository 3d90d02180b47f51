"""Job kinds of a rehearsal and their tasks. Each task writes its effects in fenced transactions."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from chaos import receiver
from chaos.proxy import ServerAddress
from chaos.receiver import EffectCall
from chaos.tasks import BENCH_POOL
from db.pool import Conn
from jobs import ledger
from jobs.kinds import Kind
from jobs.outcomes import Done, Failed, Outcome, Retry, Snooze
from schemas.errors import Fenced
from telemetry import logs
from workers.runtime.context import Context
from workers.runtime.runner import Task, Tasks

_KIND_TEMPLATE = Kind("", BENCH_POOL, "jobs:read", timeout_s=60, max_attempts=20, total_s=3600)


class Effects(NamedTuple):
    """Effects of a completed job: rows in the table of effects, and calls that the receiver accepted.

    `late`: only the commit writes the rows, so a job that isn't completed has none.
    """

    rows: int = 0
    calls: int = 0
    late: bool = True


#: `rehearse_none` does nothing. `_write` inserts a row in its commit, `_steps` in each of three named steps.
#: `_call` calls the receiver with a key from a named step. `_flaky` fails first, `_early` snoozes, `_long`
#: outlives a lease. `_held` waits to be canceled, `_chain` submits the next job in its commit, and `_doomed`
#: always fails.
NONE, WRITE, STEPS, CALL, FLAKY, EARLY, LONG, HELD, CHAIN, DOOMED = (
    _KIND_TEMPLATE._replace(name=f"rehearse_{word}")
    for word in "none write steps call flaky early long held chain doomed".split()
)

ROW = Effects(rows=1)
EFFECTS_BY_KIND = {
    NONE.name: Effects(),
    WRITE.name: ROW,
    STEPS.name: Effects(rows=3, late=False),
    CALL.name: Effects(rows=1, calls=1),
    FLAKY.name: ROW,
    EARLY.name: ROW,
    LONG.name: ROW,
    HELD.name: ROW,
    CHAIN.name: ROW,
    DOOMED.name: Effects(),
}

#: Pause before a retry, or length of a snooze.
RETRY_PAUSE_S = 0.3

INSERT_EFFECT = "insert into bench_effect (job_id, fence) values ($1, $2)"

_log = logs.get_logger("rehearsal")


def tasks(outside: ServerAddress) -> Tasks:
    """Return the task of each kind; the receiver is at `outside`."""
    bare: Mapping[Any, Task] = {
        NONE: none,
        WRITE: write,
        STEPS: steps,
        CALL: partial(call, outside),
        FLAKY: flaky,
        EARLY: early,
        LONG: slow,
        HELD: slow,
        CHAIN: chain,
        DOOMED: doomed,
    }
    return {kind: partial(log_refused_write, task) for kind, task in bare.items()}


async def log_refused_write(task: Task, ctx: Context) -> Outcome:
    """Run the task. If a write is refused, log the line that `recovery.py` counts, and raise `Fenced`."""
    try:
        return await task(ctx)
    except Fenced:
        _log.info("write refused", **logs.job_fields(ctx.job, attempt=ctx.job.attempt))
        raise


async def none(_: Context) -> Outcome:
    return Done()


async def write(ctx: Context) -> Outcome:
    """Complete the job and insert its effect row in one commit, kept open `pause_s` so that faults hit it."""

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


async def call(outside: ServerAddress, ctx: Context) -> Outcome:
    """Call the receiver, then write the effect as `write` does. If it doesn't respond, return `Retry`.

    The key is committed before the first call, so that every attempt uses the same key.
    """
    key = await ctx.step(_draw_key, name="key")
    try:
        await receiver.call_receiver(outside, EffectCall(str(ctx.job.id), key))
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
    """Sleep for `takes_s` in ten parts with progress before each, then write the effect as `write` does."""
    for tenth in range(10):
        await ctx.progress(tenth / 10)
        await asyncio.sleep(ctx.job.args["takes_s"] / 10)
    return await write(ctx)


async def chain(ctx: Context) -> Outcome:
    """Insert the effect row and submit the next link, if any, in the transaction that completes this job."""

    async def link(conn: Conn) -> None:
        await _insert_effect(ctx, conn)
        if left := ctx.job.args["left"]:
            args = {"key": next_key(ctx.job.args["key"]), "left": left - 1}
            await ledger.submit(
                conn, kind=CHAIN, organization_id=ctx.job.organization_id, project_id=None, args=args
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
    await conn.execute(INSERT_EFFECT, ctx.job.id, ctx.job.fence)
