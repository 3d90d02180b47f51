"""Cost of one request: CPU of the event loop, of threads and of child processes, connection time, bytes.

A context variable holds the cost of the request that the running code works for. Code that runs for many
requests at once, or in a worker, has no such request, and its cost is not charged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter, thread_time
from typing import Any, ParamSpec, TypeVar

#: Seconds of CPU from which a step counts as holding the loop: every other request waits for it.
MIN_LOOP_HOLD_CPU_S = 0.01

FunctionParameters = ParamSpec("FunctionParameters")
T = TypeVar("T")


class RequestCostMeter:
    """The cost of a request so far. Times are seconds, sizes bytes of bodies.

    `database_s` is the time for which the request held a connection of the pool. It leaves out the event
    loop's CPU time in that period: a busy loop would otherwise make every statement look slow.
    """

    __slots__ = ("children_s", "database_s", "loop_s", "received", "sent", "threads_s")

    def __init__(self) -> None:
        self.loop_s = self.threads_s = self.children_s = self.database_s = 0.0
        self.received = self.sent = 0

    @property
    def cpu_s(self) -> float:
        """Return the CPU seconds of a request so far: of the event loop, threads and child processes together."""
        return self.loop_s + self.threads_s + self.children_s

    @property
    def bytes(self) -> int:
        """Return the bytes of bodies that a request received and sent so far."""
        return self.received + self.sent


_current_cost_variable: ContextVar[RequestCostMeter | None] = ContextVar("cost", default=None)

current_cost = _current_cost_variable.get


@contextmanager
def charge_costs_of_code_block_to_request(cost: RequestCostMeter) -> Iterator[None]:
    """Charge the costs of the block's code, and of the tasks that it starts, to `cost`, a request's cost."""
    token = _current_cost_variable.set(cost)
    try:
        yield
    finally:
        _current_cost_variable.reset(token)


class MeteredCoroutine(Awaitable[T]):
    """Awaits a coroutine, charges the CPU time of its steps to `cost`, and calls `report` with long ones.

    A step is the code between two suspensions. No other task of the event loop runs during a step. CPU time
    doesn't grow while the kernel or another thread has the processor, so a busy machine makes no step longer.
    """

    __slots__ = ("_cost", "_report", "_work")

    def __init__(self, work: Coroutine[Any, Any, T], cost: RequestCostMeter, report: Callable[[float], None]) -> None:
        self._work, self._cost, self._report = work, cost, report

    def __await__(self) -> Generator[Any, Any, T]:
        work, cost, cpu_time = self._work, self._cost, thread_time
        step: Callable[[Any], Any] = work.send
        value: Any = None
        while True:
            begun = cpu_time()
            try:
                awaited = step(value)
            except StopIteration as stop:
                result: T = stop.value
                return result
            finally:
                spent_s = cpu_time() - begun
                cost.loop_s += spent_s
                if spent_s >= MIN_LOOP_HOLD_CPU_S:
                    self._report(spent_s)
            try:
                value = yield awaited
                step = work.send
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001  the coroutine decides about a cancellation
                step, value = work.throw, error


@contextmanager
def charge_database_time() -> Iterator[None]:
    """Charge the time of the block to the current request, as time on a database connection.

    The CPU time of this thread is left out. Do nothing if no request is current.
    """
    cost = _current_cost_variable.get()
    if cost is None:
        yield
        return
    began, used = perf_counter(), thread_time()
    try:
        yield
    finally:
        waited_s = perf_counter() - began - (thread_time() - used)
        cost.database_s += max(0.0, waited_s)


def wrap_thread_function_with_cpu_charge(work: Callable[FunctionParameters, T]) -> Callable[FunctionParameters, T]:
    """Return a function that runs `work` and charges the CPU time of its thread to the current request.

    Return `work` itself if no request is current.
    """
    cost = _current_cost_variable.get()
    if cost is None:
        return work

    def charge(*args: FunctionParameters.args, **named: FunctionParameters.kwargs) -> T:
        began = thread_time()
        try:
            return work(*args, **named)
        finally:
            cost.threads_s += thread_time() - began

    return charge


async def run_in_charged_thread(
    work: Callable[FunctionParameters, T], *args: FunctionParameters.args, **named: FunctionParameters.kwargs
) -> T:
    """Run `work` in a thread, return its result, and charge its CPU time to the current request, if any."""
    return await asyncio.to_thread(wrap_thread_function_with_cpu_charge(work), *args, **named)


def charge_child_process_cpu_to_request(seconds: float) -> None:
    """Charge CPU seconds of a child process to the current request. Do nothing if no request is current."""
    if cost := _current_cost_variable.get():
        cost.children_s += seconds
