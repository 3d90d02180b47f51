"""Stop what an archived project left running."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from domain import jobs
from jobs.outcomes import Done, Outcome
from workers.context import Context
from workers.runner import Task
from workers.tools import Tools

#: Jobs in one transaction: each holds its lock until the batch is done.
BATCH = 200


@asynccontextmanager
async def open_task(_: Tools) -> AsyncIterator[Task]:
    yield archive_project


async def archive_project(ctx: Context) -> Outcome:
    """The result counts this attempt's cancels; a running job stops at its next step."""
    await ctx.progress(0, stage="canceling")
    where: dict[str, Any] = {
        "organization_id": ctx.job.organization_id,
        "project_id": ctx.job.project_id,
    }
    canceled = 0
    while batch := await ctx.step(partial(jobs.cancel_of_project, **where, limit=BATCH)):
        canceled += batch
    return Done({"canceledJobs": canceled})
