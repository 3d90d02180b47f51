"""The tasks of all job kinds: one file for each kind, named after it; only its pool's workers import it.

A file has the task, from a `Context` to an outcome, and `open_task`, which opens its resources once for a
worker. The imports of other pools would take a third of a worker's start.

`publish_post.py` is a typical one. Read `publish_post.py`, `content_generate.py` and
`ingest_website.py` first.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import TypeAlias

from jobs.kinds import KINDS, Kind
from schemas.settings import Settings
from workers.resources import Resources, open_resources
from workers.runtime.runner import Task, Tasks

#: Builds a kind's task with its resources, which stay open as long as the worker runs.
Opener: TypeAlias = Callable[[Resources], Awaitable[Task]]


async def _open(kind: Kind, resources: Resources) -> Task:
    task: Task = await import_module(f"{__name__}.{kind.name}").open_task(resources)
    return task


OPENERS: Mapping[Kind, Opener] = {kind: partial(_open, kind) for kind in KINDS.values()}

POOLS = sorted({kind.pool for kind in OPENERS})


@asynccontextmanager
async def open_tasks(settings: Settings, pool_name: str) -> AsyncIterator[Tasks]:
    """Open the tasks of a pool."""
    async with open_resources(settings) as resources:
        yield {kind: await opener(resources) for kind, opener in OPENERS.items() if kind.pool == pool_name}
