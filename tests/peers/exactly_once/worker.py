"""`python -m tests.peers.exactly_once.worker`: the publish worker, with stop points.

`POINTS` names a file with the stop point of each post and account: a call, and the point of it at which the
job blocks forever. At the point the worker creates a file named after the job's key and the point. The test
then kills the worker.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import httpx
import msgspec

from db.pool import Conn
from tests.peers.exactly_once.shapes import PlatformCall
from workers import __main__ as product
from workers.platforms import connecting
from workers.runtime import runner
from workers.runtime.context import TaskContext
from workers.web.fetch import open_ssrf_guarded_client

T = TypeVar("T")

FILE = "POINTS"
#: Before the call, while it is answered, after the response, and after the commit of its result.
BEFORE, DURING, ANSWERED, COMMITTED = POINTS = ("before", "during", "answered", "committed")


class Stop(msgspec.Struct, frozen=True):
    """The stop point of a job; `call` are the fields of `PlatformCall`."""

    point: str
    call: tuple[Any, ...]


class StopWatch:
    """A job's path to its stop point, over all its attempts."""

    def __init__(self, folder: Path, key: str, stop: Stop) -> None:
        self._word, self._point = folder / f"{key}.{stop.point}", stop.point
        self._call, self._skip, self._called = PlatformCall(*stop.call), PlatformCall(*stop.call).skip, False

    def meets(self, request: httpx.Request) -> bool:
        if self._called or not self._call.is_named(request.method, names(request)):
            return False
        self._skip -= 1
        return self._skip < 0

    async def called(self, request: httpx.Request, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        await self.at(BEFORE)
        if self._point == DURING:
            self._call_under_way = asyncio.ensure_future(call())
            await self.at(DURING)
        answer = await call()
        self._called = True
        return answer

    async def between(self) -> None:
        """Mark the next action: if the call was made, its response has been read."""
        if self._called:
            await self.at(ANSWERED)

    async def written(self) -> None:
        if self._called:
            await self.at(COMMITTED)

    async def at(self, point: str) -> None:
        """Block forever: the process is as good as dead."""
        if self._point != point:
            return
        self._word.touch()
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()


walk: ContextVar[StopWatch | None] = ContextVar("walk", default=None)


class StoppingContext(TaskContext):
    """Context that stops before or after a transaction, or a statement that commits by itself."""

    async def step(self, body: Callable[[Conn], Awaitable[T]], **given: Any) -> T:
        return await through(partial(super().step, body, **given))

    async def run_self_fenced_statements(self, body: Callable[[Conn], Awaitable[T]]) -> T:
        return await through(partial(super().run_self_fenced_statements, body), writes=lambda done: done is not None)

    async def commit(self, body: Any, **given: Any) -> Any:
        return await through(partial(super().commit, body, **given))

    async def end(self, body: Any, **given: Any) -> Any:
        return await through(partial(super().end, body, **given))


async def through(way: Callable[[], Awaitable[T]], writes: Callable[[T], bool] = lambda _: True) -> T:
    """Stop before `way`, and after it if it wrote: a refused statement writes nothing."""
    walking = walk.get()
    if walking is None:
        return await way()
    await walking.between()
    done = await way()
    if writes(done):
        await walking.written()
    return done


def names(request: httpx.Request) -> list[str]:
    """Return the request's names, as the simulators do."""
    found = [request.url.path]
    sent = request.headers.get("Content-Range", "").removeprefix("bytes ")
    if sent:
        end, total = sent.partition("-")[2].split("/")
        found += ["chunk", *(["last_chunk"] if int(end) + 1 == int(total) else [])]
    response = request.url.params.get("fields", "")
    found += [name for name, field in (("container", "status_code"), ("medium", "permalink")) if field in response]
    return found


@asynccontextmanager
async def walked(**given: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with open_ssrf_guarded_client(**given) as client:
        send = client.send

        async def sent(request: httpx.Request, **options: Any) -> httpx.Response:
            walking = walk.get()
            if walking is None:
                return await send(request, **options)
            await walking.between()
            # A time-out of a slow machine would be one more attempt than the page has.
            request.extensions["timeout"] = {}
            if not walking.meets(request):
                return await send(request, **options)
            return await walking.called(request, lambda: send(request, **options))

        client.send = sent  # type: ignore[method-assign]
        yield client


def main() -> None:
    path = Path(os.environ[FILE])
    stops = msgspec.json.decode(path.read_bytes(), type=dict[str, Stop])
    walks = {key: StopWatch(path.parent, key, stop) for key, stop in stops.items()}
    outcome_of = runner.run_attempt_task

    async def walking(task: runner.JobTask, context: TaskContext, attempt: Any) -> Any:
        key = context.job.args.get("post_id") or context.job.args.get("account_id") or ""
        walk.set(walks.get(key))
        return await outcome_of(task, context, attempt)

    with (
        patch.object(runner, "run_attempt_task", walking),
        patch.object(runner, "TaskContext", StoppingContext),
        patch.object(connecting, "open_ssrf_guarded_client", walked),
    ):
        product.main(["publish"])


if __name__ == "__main__":
    main()
