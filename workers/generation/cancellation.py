"""Work outside of Postgres that ends as soon as its job is canceled or another attempt owns it."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from db.pool import Conn
from schemas.errors import ServiceUnavailable
from workers.runtime.context import TaskContext

T = TypeVar("T")

#: Seconds between two checks of the job: a cancel frees the slot within this time.
JOB_CANCEL_CHECK_INTERVAL_S = 0.5


async def run_until_job_canceled(ctx: TaskContext, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` and return its result; cancel it once its job is canceled or another attempt owns the job.

    Raise `JobCancelRequested` or `AttemptFenced` then, and the errors of `work`.
    """
    working, looking = asyncio.create_task(work), asyncio.create_task(_check_job_until_canceled(ctx))
    try:
        await asyncio.wait((working, looking), return_when=asyncio.FIRST_COMPLETED)
        return looking.result() if looking.done() else working.result()
    finally:
        for task in (working, looking):
            task.cancel()
        await asyncio.gather(working, looking, return_exceptions=True)


async def _check_job_until_canceled(ctx: TaskContext) -> Any:
    """Check the job every `JOB_CANCEL_CHECK_INTERVAL_S`, without end. Ignore an outage of Postgres.

    Raise `JobCancelRequested` once the job is canceled, `AttemptFenced` once another attempt owns it.
    """
    while True:
        await asyncio.sleep(JOB_CANCEL_CHECK_INTERVAL_S)
        with suppress(ServiceUnavailable):
            await ctx.step(_do_nothing_while_step_checks_job)


async def _do_nothing_while_step_checks_job(_: Conn) -> None:
    """Do nothing, as the body of a step: the step itself locks the job, and so finds a cancel."""
