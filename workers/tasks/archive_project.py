"""Cleanup after a project's archive: cancels its open jobs and posts, and ends its leases."""

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

#: Jobs or posts of one transaction: their locks are held until the batch is done.
BATCH = 200

#: Stops a batch; returns 0 when nothing is left.
StopBatch: TypeAlias = Callable[..., Awaitable[int]]


async def open_task(_: Resources) -> Task:
    return archive_project


async def archive_project(ctx: Context) -> Outcome:
    """Cancel the project's jobs and blocked posts, end its leases, and return this attempt's counts.

    A running job stops at its next step, and its post with it. A scheduled post is canceled with its job; a
    post that waits for an approval has no job.
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
    """End the leases, one a transaction: each takes locks from the first of the lock order on."""
    count = 0
    while await ctx.step(partial(leases.end_next_of_project, **project_scope(ctx))):
        count += 1
    return count


async def _stop_all(ctx: Context, stop: StopBatch) -> int:
    stopped = 0
    while batch := await ctx.step(partial(stop, **project_scope(ctx), limit=BATCH)):
        stopped += batch
    return stopped


def project_scope(ctx: Context) -> dict[str, Any]:
    return {"organization_id": ctx.job.organization_id, "project_id": ctx.job.project_id}
