"""Cancellation at each step: a block of code is canceled at any await, and leaves no connection open."""

import asyncio
from asyncio import Handle
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.waiting import eventually

#: Seconds until a lost cancel is repeated: `asyncio.wait_for` swallows some before Python 3.12.
AGAIN_S = 0.1
#: Passes of the loop until a closed transport closes its socket.
TURNS = 3


def sockets() -> set[str]:
    """Return the open sockets of this process."""
    found = set()
    for number in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(number.readlink()))
    return {name for name in found if name.startswith("socket:")}


async def nothing() -> None:
    pass


async def cut_everywhere(
    body: Callable[[], Coroutine[Any, Any, None]], *, times: int = 1, prepare: Callable[[], Awaitable[object]] = nothing
) -> None:
    """Run `body` repeatedly, canceled one step later each time, until it ends by itself.

    A step is one callback of the loop, of any task; `times` steps in a row cancel. A run must leave no new
    socket open.
    """
    for step in count(1):
        await prepare()
        before = sockets()
        canceled = await _cut(body, range(step, step + times))
        await eventually(partial(are_closed, before))
        if not canceled:
            return


async def are_closed(before: set[str]) -> bool:
    """Return whether all sockets but those of `before` are closed."""
    return sockets() <= before


async def _cut(body: Callable[[], Coroutine[Any, Any, None]], steps: range) -> bool:
    """Return whether a cancel came before its end."""
    run, task, passed = Handle._run, asyncio.create_task(body()), 0

    def step(handle: Handle) -> None:
        nonlocal passed
        passed += 1
        if passed in steps:
            task.cancel()
        run(handle)

    with patch.object(Handle, "_run", step):
        while not task.done():
            await asyncio.wait({task}, timeout=AGAIN_S)
            if passed >= steps.stop:
                task.cancel()
    if not task.cancelled():
        task.result()
    for _ in range(TURNS):
        await asyncio.sleep(0)
    return passed >= steps.start
