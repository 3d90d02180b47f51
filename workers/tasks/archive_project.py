"""Cleanup after a project's archive: cancels its open jobs and posts, and ends its leases."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from domain.jobs import jobs
from domain.leasing import leases
from domain.publishing import waiting
from jobs.outcomes import Done, TaskOutcome
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Jobs or posts of one transaction: their locks are held until the batch is done.
MAX_CANCELED_ROWS_PER_TRANSACTION = 200

#: Stops a batch; returns 0 when nothing is left.
CancelBatch: TypeAlias = Callable[..., Awaitable[int]]


async def build_job_task_with_resources(_: WorkerResources) -> JobTask:
    return archive_project


async def archive_project(ctx: TaskContext) -> TaskOutcome:
    """Cancel an archived project's jobs and blocked posts, and end its leases of accounts.

    The outcome has this attempt's counts. A running job stops at its next step, and its post with it. A
    scheduled post is canceled with its job; a post that waits for an approval has no job.
    """
    await ctx.report_progress(0, stage="canceling")
    jobs_canceled = await _cancel_until_none_is_left(
        ctx, partial(jobs.cancel_jobs_of_archived_project, limit=MAX_CANCELED_ROWS_PER_TRANSACTION)
    )
    await ctx.report_progress(0.5, stage="canceling")
    blocked_canceled = await _cancel_until_none_is_left(
        ctx, partial(waiting.cancel_blocked_posts_in_project, limit=MAX_CANCELED_ROWS_PER_TRANSACTION)
    )
    # Each lease ends in its own transaction, since that takes locks from the start of the lock order.
    leases_ended = await _cancel_until_none_is_left(ctx, leases.end_next_lease_of_archived_project)
    return Done({"canceledJobs": jobs_canceled, "canceledBlockedPosts": blocked_canceled, "endedLeases": leases_ended})


async def _cancel_until_none_is_left(ctx: TaskContext, stop: CancelBatch) -> int:
    stopped = 0
    scope = {"organization_id": ctx.job.organization_id, "project_id": ctx.job.project_id}
    while batch := await ctx.step(partial(stop, **scope)):
        stopped += batch
    return stopped
