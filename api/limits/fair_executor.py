"""Fair queue for CPU-bound work: organizations run in parallel, tasks of one organization in sequence."""

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

#: Interpreter switch interval in seconds. Python's default of 5 ms would delay each step of a request.
THREAD_SWITCH_INTERVAL_S = 0.0005


class OneTaskPerTenantQueue:
    """Runs at most `at_once` tasks, one per organization: hostile work delays only its own organization."""

    def __init__(self, at_once: int) -> None:
        self._all = asyncio.Semaphore(at_once)
        self._own = WeakValueDictionary[UUID, asyncio.Lock]()

    @asynccontextmanager
    async def hold_turn(self, organization_id: UUID) -> AsyncIterator[None]:
        own = self._own.setdefault(organization_id, asyncio.Lock())
        async with own, self._all:
            yield


class FairExecutor:
    """Runs CPU-bound work of milliseconds on one thread, so that the event loop stays free."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread, self._queue = thread, OneTaskPerTenantQueue(1)

    async def run(self, organization_id: UUID, work: Callable[[], T]) -> T:
        async with self._queue.hold_turn(organization_id):
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, costs.wrap_thread_function_with_cpu_charge(work)
            )


@asynccontextmanager
async def open_fair_executor() -> AsyncIterator[FairExecutor]:
    """Yield an executor with one thread; meanwhile this process's threads switch every `THREAD_SWITCH_INTERVAL_S`."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(THREAD_SWITCH_INTERVAL_S)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="aside") as thread:
            yield FairExecutor(thread)
    finally:
        sys.setswitchinterval(before)
