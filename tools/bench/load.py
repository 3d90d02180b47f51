"""Load in a process, in a closed loop or at a fixed rate, and messages to its parent."""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import msgspec

AsyncCall: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

#: Closed-loop callers of every live run.
CLOSED_LOOP_SUBMITTER_COUNT = 16


async def run_closed_loop(call: AsyncCall, *, count: int) -> None:
    """Run `CLOSED_LOOP_SUBMITTER_COUNT` callers, each calling again after a response, until `count` calls
    were made.
    """
    tickets = iter(range(count))

    async def call_repeatedly() -> None:
        for _ in tickets:
            await call()

    async with asyncio.TaskGroup() as group:
        for _ in range(CLOSED_LOOP_SUBMITTER_COUNT):
            group.create_task(call_repeatedly())


async def run_fixed_rate_load(call: AsyncCall, *, count: int, rate: float) -> None:
    """Make `count` calls at `rate` a second; a slow call delays no other."""
    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for turn in range(count):
            await asyncio.sleep(max(0.0, start + turn / rate - time.monotonic()))
            group.create_task(call())


def print_json_to_parent(message: Any) -> None:
    """Print a message as a line of JSON on stdout and flush it: the parent process waits for it."""
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()
