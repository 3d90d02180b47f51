"""The tasks of all kinds of job: one file a kind, of its name, which only the workers of its pool import.

A file has the task, from a `Context` to an outcome, and `open_task`, which opens what it needs, once for a
worker. What only other pools need would be a third of a worker's start.
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

#: Makes a kind's task, with what it needs for as long as the worker runs.
Opener: TypeAlias = Callable[[Resources], Awaitable[Task]]


async def _open(kind: Kind, resources: Resources) -> Task:
    task: Task = await import_module(f"{__name__}.{kind.name}").open_task(resources)
    return task


OPENERS: Mapping[Kind, Opener] = {kind: partial(_open, kind) for kind in KINDS.values()}

POOLS = sorted({kind.pool for kind in OPENERS})


@asynccontextmanager
async def open_tasks(settings: Settings, pool_name: str) -> AsyncIterator[Tasks]:
    """The tasks of a pool, ready for use."""
    async with open_resources(settings) as resources:
        yield {kind: await opener(resources) for kind, opener in OPENERS.items() if kind.pool == pool_name}
