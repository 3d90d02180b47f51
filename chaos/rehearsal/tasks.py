"""Job kinds of a rehearsal and their tasks. Each task writes its effects in fenced transactions."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from chaos import receiver
from chaos.proxy import ServerAddress
from chaos.receiver import EffectCall
from chaos.tasks import BENCH_POOL, INSERT_BENCH_EFFECT
from db.pool import Conn
from jobs import ledger
from jobs.kinds import JobKindSpec
from jobs.outcomes import Done, Failed, JobWrite, Retry, Snooze, TaskOutcome
from schemas.errors import AttemptFenced
from telemetry import logs
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask, TasksByKind

_REHEARSAL_JOB_KIND_DEFAULTS = JobKindSpec("", BENCH_POOL, "jobs:read", timeout_s=60, max_attempts=20, total_s=3600)


class ExpectedJobEffects(NamedTuple):
    """Effects of a completed job: rows in the table of effects, and calls that the receiver accepted.

    `late`: only the commit writes the rows, so a job that isn't completed has none.
    """

    rows: int = 0
    calls: int = 0
    late: bool = True


#: `rehearse_none` does nothing. `_write` inserts a row in its commit, `_group` in the settlement of many jobs, `_steps`
#: in each of three named steps. `_call` calls the receiver with a key from a named step. `_flaky` fails first, `_early`
#: snoozes, `_long` outlives a lease. `_held` waits to be canceled, `_chain` submits the next job in its commit, and
#: `_doomed` always fails.
(
    NO_EFFECT_REHEARSAL_KIND,
    ONE_WRITE_REHEARSAL_KIND,
    GROUPED_WRITE_REHEARSAL_KIND,
    NAMED_STEPS_REHEARSAL_KIND,
    RECEIVER_CALL_REHEARSAL_KIND,
    FAIL_FIRST_REHEARSAL_KIND,
    SNOOZE_FIRST_REHEARSAL_KIND,
    LONGER_THAN_LEASE_REHEARSAL_KIND,
    WAIT_FOR_CANCEL_REHEARSAL_KIND,
    JOB_CHAIN_REHEARSAL_KIND,
    ALWAYS_FAILING_REHEARSAL_KIND,
) = (
    _REHEARSAL_JOB_KIND_DEFAULTS._replace(name=f"rehearse_{word}")
    for word in "none write group steps call flaky early long held chain doomed".split()
)

EXPECT_ONE_EFFECT = ExpectedJobEffects(rows=1)
EXPECTED_EFFECTS_BY_KIND = {
    NO_EFFECT_REHEARSAL_KIND.name: ExpectedJobEffects(),
    ONE_WRITE_REHEARSAL_KIND.name: EXPECT_ONE_EFFECT,
    GROUPED_WRITE_REHEARSAL_KIND.name: EXPECT_ONE_EFFECT,
    NAMED_STEPS_REHEARSAL_KIND.name: ExpectedJobEffects(rows=3, late=False),
    RECEIVER_CALL_REHEARSAL_KIND.name: ExpectedJobEffects(rows=1, calls=1),
    FAIL_FIRST_REHEARSAL_KIND.name: EXPECT_ONE_EFFECT,
    SNOOZE_FIRST_REHEARSAL_KIND.name: EXPECT_ONE_EFFECT,
    LONGER_THAN_LEASE_REHEARSAL_KIND.name: EXPECT_ONE_EFFECT,
    WAIT_FOR_CANCEL_REHEARSAL_KIND.name: EXPECT_ONE_EFFECT,
    JOB_CHAIN_REHEARSAL_KIND.name: EXPECT_ONE_EFFECT,
    ALWAYS_FAILING_REHEARSAL_KIND.name: ExpectedJobEffects(),
}

#: Pause before a retry, or length of a snooze.
REHEARSED_JOB_RETRY_S = 0.3

_log = logs.get_logger("rehearsal")


def build_rehearsal_tasks(outside: ServerAddress) -> TasksByKind:
    """Return the task function of each job kind of a rehearsal. `outside` is the effect receiver's address."""
    bare: Mapping[Any, JobTask] = {
        NO_EFFECT_REHEARSAL_KIND: complete_noop_rehearsal_job,
        ONE_WRITE_REHEARSAL_KIND: commit_job_and_effect,
        GROUPED_WRITE_REHEARSAL_KIND: complete_with_grouped_effect,
        NAMED_STEPS_REHEARSAL_KIND: insert_effects_in_steps,
        RECEIVER_CALL_REHEARSAL_KIND: partial(call_receiver_then_commit, outside),
        FAIL_FIRST_REHEARSAL_KIND: fail_first_then_commit,
        SNOOZE_FIRST_REHEARSAL_KIND: snooze_then_commit_effect,
        LONGER_THAN_LEASE_REHEARSAL_KIND: sleep_then_commit,
        WAIT_FOR_CANCEL_REHEARSAL_KIND: sleep_then_commit,
        JOB_CHAIN_REHEARSAL_KIND: commit_and_submit_next_chain_link,
        ALWAYS_FAILING_REHEARSAL_KIND: fail_rehearsal_job_without_retry,
    }
    return {kind: partial(run_task_logging_refused_write, task) for kind, task in bare.items()}


async def run_task_logging_refused_write(task: JobTask, ctx: TaskContext) -> TaskOutcome:
    """Run a job's task, and return its outcome.

    If another attempt owns the job, log the line that `recovery.py` counts, and raise `AttemptFenced`.
    """
    try:
        return await task(ctx)
    except AttemptFenced:
        _log.info("write refused", **logs.job_log_fields(ctx.job, attempt=ctx.job.attempt))
        raise


async def complete_noop_rehearsal_job(_: TaskContext) -> TaskOutcome:
    return Done()


async def commit_job_and_effect(ctx: TaskContext) -> TaskOutcome:
    """Complete the job and insert its effect row in one commit, kept open `pause_s` so that faults hit it."""

    async def body(conn: Conn) -> None:
        await _insert_effect(ctx, conn)
        await asyncio.sleep(ctx.job.args["pause_s"])

    return await ctx.commit(body)


async def complete_with_grouped_effect(ctx: TaskContext) -> TaskOutcome:
    """Complete with the insert of an effect row, which commits in the settlement of many jobs."""
    return Done(writes=[JobWrite(INSERT_BENCH_EFFECT, {"job_id": ctx.job.id, "fence": ctx.job.fence})])


async def insert_effects_in_steps(ctx: TaskContext) -> TaskOutcome:
    """Insert an effect row in each of three named steps. Each step commits once over all attempts."""
    for name in ("first", "second", "third"):
        await ctx.step(partial(_insert_effect, ctx), name=name)
        await asyncio.sleep(ctx.job.args["pause_s"])
    return Done()


async def call_receiver_then_commit(outside: ServerAddress, ctx: TaskContext) -> TaskOutcome:
    """Call the receiver, then write the effect as `commit_job_and_effect` does. If it doesn't respond, return
    `Retry`.

    The key is committed before the first call, so that every attempt uses the same key.
    """
    key = await ctx.step(_generate_random_call_key, name="key")
    try:
        await receiver.call_effect_receiver(outside, EffectCall(str(ctx.job.id), key))
    except OSError as error:
        return Retry("NO_ANSWER", f"the receiver did not respond: {error!r}", after_s=REHEARSED_JOB_RETRY_S)
    return await commit_job_and_effect(ctx)


async def fail_first_then_commit(ctx: TaskContext) -> TaskOutcome:
    if ctx.job.attempt <= ctx.job.args["failures"]:
        return Retry("FLAKY", "it fails at first", after_s=REHEARSED_JOB_RETRY_S)
    return await commit_job_and_effect(ctx)


async def snooze_then_commit_effect(ctx: TaskContext) -> TaskOutcome:
    if ctx.job.fence <= ctx.job.args["snoozes"]:
        return Snooze(REHEARSED_JOB_RETRY_S)
    return await commit_job_and_effect(ctx)


async def sleep_then_commit(ctx: TaskContext) -> TaskOutcome:
    """Sleep for `takes_s` in ten parts with progress before each, then write the effect as
    `commit_job_and_effect` does.
    """
    for tenth in range(10):
        await ctx.report_progress(tenth / 10)
        await asyncio.sleep(ctx.job.args["takes_s"] / 10)
    return await commit_job_and_effect(ctx)


async def commit_and_submit_next_chain_link(ctx: TaskContext) -> TaskOutcome:
    """Insert the effect row and submit the next link, if any, in the transaction that completes this job."""

    async def link(conn: Conn) -> None:
        await _insert_effect(ctx, conn)
        if left := ctx.job.args["left"]:
            args = {"key": build_next_chain_key(ctx.job.args["key"]), "left": left - 1}
            await ledger.submit_job(
                conn, kind=JOB_CHAIN_REHEARSAL_KIND, organization_id=ctx.job.organization_id, project_id=None, args=args
            )

    return await ctx.commit(link)


async def fail_rehearsal_job_without_retry(_: TaskContext) -> TaskOutcome:
    return Failed("DOOMED", "it always fails")


def build_next_chain_key(key: str) -> str:
    """Return the key of the job that follows the job with this key in its chain."""
    return f"{key}>"


async def _generate_random_call_key(_: Conn) -> str:
    return uuid4().hex


async def _insert_effect(ctx: TaskContext, conn: Conn) -> None:
    await INSERT_BENCH_EFFECT.run(conn, job_id=ctx.job.id, fence=ctx.job.fence)
