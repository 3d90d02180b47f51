"""Waits of tests: for a condition, with a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.01

#: Seconds for events that come soon, unless something hangs: a stalled machine takes many of them.
PATIENCE_S = 120.0


def until(condition: Callable[[], T], *, within: float = PATIENCE_S) -> T:
    """Return the first truthy value of `condition`, in a test without an event loop."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within} s: {value!r}"
        time.sleep(POLL_S)
    return value


async def run_loop_iterations() -> None:
    """Let the loop run all tasks as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def eventually(condition: Callable[[], Awaitable[T]], *, within: float = PATIENCE_S) -> T:
    """Return the first truthy value of `condition`, in a test with an event loop."""
    deadline = time.monotonic() + within
    while not (value := await condition()):
        assert time.monotonic() < deadline, f"not within {within} s: {value!r}"
        await asyncio.sleep(POLL_S)
    return value
