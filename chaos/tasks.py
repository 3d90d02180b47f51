"""Job kinds of benchmarks, and their tasks."""

import asyncio
import time

from db.queries import Query
from jobs.kinds import JobKindSpec
from jobs.outcomes import Done, JobWrite, TaskOutcome
from workers.runtime.context import TaskContext
from workers.runtime.runner import TasksByKind

BENCH_POOL = "bench"

INSERT_BENCH_EFFECT = Query("insert_bench_effect", "insert into bench_effect (job_id, fence) values (:job_id, :fence)")


def _build_bench_job_kind(name: str) -> JobKindSpec:
    return JobKindSpec(name, BENCH_POOL, "jobs:read", timeout_s=60, max_attempts=3, total_s=3600)


NOOP_BENCH_KIND, ONE_WRITE_BENCH_KIND, START_TIME_BENCH_KIND, SLEEP_BENCH_KIND, BLOCKED_FIRST_ATTEMPT_BENCH_KIND = map(
    _build_bench_job_kind, ("bench_noop", "bench_write", "bench_stamp", "bench_sleep", "bench_held")
)


async def complete_noop_job(_: TaskContext) -> TaskOutcome:
    return Done()


async def complete_with_bench_effect(context: TaskContext) -> TaskOutcome:
    """Complete the job, and insert its row into `bench_effect` in the same settlement."""
    return Done(writes=[JobWrite(INSERT_BENCH_EFFECT, {"job_id": context.job.id, "fence": context.job.fence})])


async def return_start_time_of_bench_job(_: TaskContext) -> TaskOutcome:
    """Complete the job with its handler's start time, by the clock that all processes of the host share."""
    return Done({"startedNs": time.monotonic_ns()})


async def complete_bench_job_after_sleep(context: TaskContext) -> TaskOutcome:
    await asyncio.sleep(context.job.args["seconds"])
    return Done()


async def block_first_attempt_of_bench_job(context: TaskContext) -> TaskOutcome:
    """Block the first attempt forever, so that it still runs at the kill; complete any later one at once."""
    if context.job.fence == 1:
        await asyncio.Event().wait()
    return Done()


BENCH_TASKS: TasksByKind = {
    NOOP_BENCH_KIND: complete_noop_job,
    ONE_WRITE_BENCH_KIND: complete_with_bench_effect,
    START_TIME_BENCH_KIND: return_start_time_of_bench_job,
    SLEEP_BENCH_KIND: complete_bench_job_after_sleep,
    BLOCKED_FIRST_ATTEMPT_BENCH_KIND: block_first_attempt_of_bench_job,
}

BENCH_KINDS = {kind.name: kind for kind in BENCH_TASKS}
