"""The tasks of all job kinds: one file for each kind, named after it; only its pool's workers import it.

A file has the task, from a `TaskContext` to an outcome, and `build_job_task_with_resources`, which opens its resources
once for a worker. The imports of other pools would take a third of a worker's start.

`publish_post.py` is a typical one. Read `publish_post.py`, `content_generate.py` and
`ingest_website.py` first.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import TypeAlias

from jobs.kinds import JOB_KINDS, JobKindSpec
from schemas.settings import Settings
from workers.resources import WorkerResources, open_worker_resources
from workers.runtime.runner import JobTask, TasksByKind

#: Builds a kind's task with its resources, which stay open as long as the worker runs.
OpenTask: TypeAlias = Callable[[WorkerResources], Awaitable[JobTask]]


async def _open_task_of_kind(kind: JobKindSpec, resources: WorkerResources) -> JobTask:
    task: JobTask = await import_module(f"{__name__}.{kind.name}").build_job_task_with_resources(resources)
    return task


TASK_OPENER_BY_KIND: Mapping[JobKindSpec, OpenTask] = {
    kind: partial(_open_task_of_kind, kind) for kind in JOB_KINDS.values()
}


def import_pool_tasks(pool_name: str) -> None:
    """Import the tasks of a pool, so that workers forked later don't."""
    for kind in JOB_KINDS.values():
        if kind.pool == pool_name:
            import_module(f"{__name__}.{kind.name}")


SORTED_WORKER_POOL_NAMES = sorted({kind.pool for kind in TASK_OPENER_BY_KIND})


@asynccontextmanager
async def open_pool_tasks(settings: Settings, pool_name: str) -> AsyncIterator[TasksByKind]:
    """Open the tasks of all job kinds that run in a pool, with their resources; yield the tasks by kind.

    The resources are closed after the block.
    """
    async with open_worker_resources(settings) as resources:
        yield {kind: await opener(resources) for kind, opener in TASK_OPENER_BY_KIND.items() if kind.pool == pool_name}
