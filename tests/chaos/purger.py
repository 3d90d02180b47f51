"""`python -m tests.chaos.purger`: the worker of the pool `default`, with stop points in its purges.

A project's purge records each step in a file named by the project's id, and deletes one object at a time. It
blocks forever at the point in the `.stop` file. The test then kills the worker.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from db.pool import Conn
from domain.media.store import MediaStore
from domain.operations import purge
from jobs.kinds import PURGE_PROJECT_KIND
from jobs.outcomes import Done
from workers import __main__ as product
from workers.runtime import runner
from workers.runtime.context import TaskContext

T = TypeVar("T")

FOLDER = "CHAOS_FOLDER"
#: Points: with uncommitted writes, after the commit, and after the first deleted file.
WRITING, WRITTEN, DELETING = "writing", "written", "deleting"
POOL = PURGE_PROJECT_KIND.pool


class Walk:
    """A purge's path to its stop point."""

    def __init__(self, project_id: str) -> None:
        folder = Path(os.environ[FOLDER])
        self._passed, self._stopped = folder / f"{project_id}.passed", folder / f"{project_id}.stopped"
        stop = folder / f"{project_id}.stop"
        self._stop = stop.read_text() if stop.exists() else None
        self._names = set[str]()

    async def at(self, step: str, point: str) -> None:
        """Record the point; block forever if it is the stop point: the process is as good as dead."""
        name = f"{step}.{point}"
        if name not in self._names:
            self._names.add(name)
            with self._passed.open("a") as passed:
                passed.write(f"{name}\n")
        if name == self._stop:
            self._stopped.touch()
            while True:
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()


walk: ContextVar[Walk | None] = ContextVar("walk", default=None)


class Walking(TaskContext):
    """Context with two points for each transaction of a purge."""

    async def step(self, body: Any, **given: Any) -> Any:
        return await through(super().step, body, **given)

    async def commit(self, body: Any, **given: Any) -> Done:
        done: Done = await through(super().commit, body, **given)
        return done


async def through(way: Callable[..., Awaitable[T]], body: Any, **given: Any) -> T:
    walking = walk.get()
    if walking is None:
        return await way(body, **given)
    name = body.func.__name__

    async def stopping(conn: Conn) -> Any:
        done = await body(conn)
        await walking.at(name, WRITING)
        return done

    result = await way(stopping, **given)
    await walking.at(name, WRITTEN)
    return result


async def delete_files(store: MediaStore, filed: list[purge.PurgedRowFiles]) -> None:
    """Delete the files one by one."""
    walking = walk.get()
    for token in (token for one in filed for token in one.tokens):
        await store.delete(token)
        if walking:
            await walking.at("delete_files", DELETING)


def main() -> None:
    outcome_of = runner.run_attempt_task

    async def walking(task: runner.JobTask, context: TaskContext, attempt: Any) -> Any:
        walk.set(Walk(context.job.args["project_id"]) if context.job.kind == PURGE_PROJECT_KIND.name else None)
        return await outcome_of(task, context, attempt)

    with (
        patch.object(runner, "run_attempt_task", walking),
        patch.object(runner, "TaskContext", Walking),
        patch.multiple(
            purge,
            MAX_PURGED_ROWS_PER_STEP=1,
            MAX_PURGED_CONTENTS_PER_STEP=1,
            MAX_PURGED_IDEMPOTENCY_RECORDS_PER_STEP=1,
            delete_files_of_purged_rows=delete_files,
        ),
    ):
        product.main([POOL])


if __name__ == "__main__":
    main()
