"""The end of what an archived project left running."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from domain.jobs import jobs
from domain.leasing import leases
from domain.publishing import waiting
from jobs.outcomes import Done, Outcome
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Jobs or posts in one transaction: each keeps its lock until the batch is done.
BATCH = 200

#: Stops a batch; 0 when none is left.
Stop: TypeAlias = Callable[..., Awaitable[int]]


async def open_task(_: Resources) -> Task:
    return archive_project


async def archive_project(ctx: Context) -> Outcome:
    """The result counts this attempt's cancels; a running job stops at its next step, and its post with it.

    A post that waits for its time is canceled with its job, one that waits for an approval has none.
    """
    await ctx.progress(0, stage="canceling")
    jobs_canceled = await _stop_all(ctx, jobs.cancel_of_project)
    await ctx.progress(0.5, stage="canceling")
    blocked_canceled = await _stop_all(ctx, waiting.cancel_blocked_of_project)
    leases_ended = await _end_leases(ctx)
    return Done(
        {
            "canceledJobs": jobs_canceled,
            "canceledBlockedPosts": blocked_canceled,
            "endedLeases": leases_ended,
        }
    )


async def _end_leases(ctx: Context) -> int:
    """One in a transaction: each takes locks from the first of their order on."""
    ended = 0
    while await ctx.step(partial(leases.end_next_of_project, **scope(ctx))):
        ended += 1
    return ended


async def _stop_all(ctx: Context, stop: Stop) -> int:
    stopped = 0
    while batch := await ctx.step(partial(stop, **scope(ctx), limit=BATCH)):
        stopped += batch
    return stopped


def scope(ctx: Context) -> dict[str, Any]:
    return {"organization_id": ctx.job.organization_id, "project_id": ctx.job.project_id}
