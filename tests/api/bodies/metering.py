"""CPU of the application's coroutines: the longest step between two awaits, and the whole of a request.

Measures CPU time of the thread and of the process, not wall time: other processes on the machine don't affect
it.
"""

import asyncio
import gc
import time
from collections.abc import Coroutine, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from litestar import Litestar

from tests.api.disconnecting import http_scope

#: Bytes of a body that a server passes on at once.
CHUNK_BYTES = 1 << 16


class CpuCost(NamedTuple):
    """Milliseconds of CPU of one request: its longest step on the loop, and the whole process."""

    step_ms: float
    total_ms: float
    status: int

    def cheaper(self, other: "CpuCost") -> "CpuCost":
        """Return the smaller of each: a cold cache only makes a measurement larger."""
        return CpuCost(min(self.step_ms, other.step_ms), min(self.total_ms, other.total_ms), self.status)


class MeteredRequest(NamedTuple):
    """A request as a server passes it to the application."""

    method: str
    path: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    query: bytes = b""


class Meter:
    """Measures each step of a coroutine, and of every task that starts meanwhile."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return await _Steps(coroutine, self)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Measure tasks that start in the block, too."""
        loop = asyncio.get_running_loop()

        def start(loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> Any:
            return asyncio.Task(self.run(coroutine), loop=loop, **more)

        loop.set_task_factory(start)
        try:
            yield
        finally:
            loop.set_task_factory(None)


@contextmanager
def collect_garbage_of_block() -> Iterator[None]:
    """Collect garbage of the block, as in production. Older objects are frozen, as `api/server` does."""
    gc.collect()
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        gc.disable()


class _Steps:
    """An awaitable that times each `send` of a coroutine."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], meter: Meter) -> None:
        self._coroutine, self._meter = coroutine, meter

    def __await__(self) -> Generator[Any, Any, Any]:
        error: BaseException | None = None
        value: Any = None
        while True:
            begun = time.thread_time()
            try:
                step = self._coroutine.send if error is None else self._coroutine.throw
                waits_for = step(value if error is None else error)
            except StopIteration as end:
                return end.value
            finally:
                self._meter.longest = max(self._meter.longest, time.thread_time() - begun)
            error = value = None
            try:
                value = yield waits_for
            except BaseException as raised:  # noqa: BLE001  the coroutine decides, a cancellation too
                error = raised


async def measure(app: Litestar, sent: MeteredRequest) -> CpuCost:
    """Send a request to the application, and measure it."""
    meter = Meter()
    statuses: list[int] = []
    chunks = [sent.body[at : at + CHUNK_BYTES] for at in range(0, len(sent.body), CHUNK_BYTES)] or [b""]
    headers = [(b"host", b"api"), (b"content-length", str(len(sent.body)).encode()), *sent.headers]
    scope = http_scope(sent.method, sent.path, headers, query=sent.query)
    left = iter(chunks)
    more = iter(range(len(chunks) - 1, -1, -1))

    async def receive() -> Any:
        chunk = next(left, None)
        if chunk is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": next(more) > 0}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    with meter.watching():
        begun = time.process_time()
        await meter.run(app(scope, receive, send))  # type: ignore[arg-type]  # a scope as servers make it
        total = time.process_time() - begun
    return CpuCost(meter.longest * 1e3, total * 1e3, statuses[0])
