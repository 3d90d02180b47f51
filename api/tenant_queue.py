"""Queue for what takes a core: organizations beside each other, one after the other within each."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from telemetry import costs

T = TypeVar("T")

#: Python's own is five milliseconds, which each of a request's steps would wait.
SWITCH_S = 0.0005


class TenantQueue:
    """At most `at_once` have their turn, one of each organization: a hostile one holds up itself."""

    def __init__(self, at_once: int) -> None:
        self._all = asyncio.Semaphore(at_once)
        self._own = WeakValueDictionary[UUID, asyncio.Lock]()

    @asynccontextmanager
    async def turn(self, organization_id: UUID) -> AsyncIterator[None]:
        own = self._own.setdefault(organization_id, asyncio.Lock())
        async with own, self._all:
            yield


class Aside:
    """A thread for what takes milliseconds of CPU, so that no other request waits for them."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread, self._queue = thread, TenantQueue(1)

    async def run(self, organization_id: UUID, work: Callable[[], T]) -> T:
        async with self._queue.turn(organization_id):
            return await asyncio.get_running_loop().run_in_executor(self._thread, costs.in_thread(work))


@asynccontextmanager
async def open_aside() -> AsyncIterator[Aside]:
    """While it is open, threads of this process take the interpreter from each other after `SWITCH_S`."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="aside") as thread:
            yield Aside(thread)
    finally:
        sys.setswitchinterval(before)
