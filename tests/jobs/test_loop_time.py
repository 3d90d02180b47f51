"""Time limits that a slow loop doesn't use up: an arrived response is read before a timeout."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jobs.loop_time import LOOP_TIMEOUT_TICK_S, SlowLoopTolerantTimeout

BLOCKED_S = 0.15


@contextmanager
def slow_loop() -> Iterator[None]:
    """Make each pass of the loop take `BLOCKED_S`, as if requests kept it busy."""
    loop, busy = asyncio.get_running_loop(), True

    def block() -> None:
        time.sleep(BLOCKED_S)
        if busy:
            loop.call_soon(block)

    loop.call_soon(block)
    try:
        yield
    finally:
        busy = False


async def test_a_response_that_arrived_during_a_busy_loop_is_in_time() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader, writer = await asyncio.open_connection(sock=ours)
        with slow_loop():
            theirs.send(b"answer\n")
            async with SlowLoopTolerantTimeout(BLOCKED_S / 2):
                assert await reader.readline() == b"answer\n"
        writer.close()


async def test_silence_times_out() -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with pytest.raises(TimeoutError):
        async with SlowLoopTolerantTimeout(4 * LOOP_TIMEOUT_TICK_S):
            await loop.create_future()
    assert loop.time() - begun >= 4 * LOOP_TIMEOUT_TICK_S * 0.99


async def test_silence_times_out_in_a_slow_loop() -> None:
    with slow_loop(), pytest.raises(TimeoutError):
        async with SlowLoopTolerantTimeout(4 * LOOP_TIMEOUT_TICK_S):
            await asyncio.get_running_loop().create_future()


async def test_a_cancel_is_propagated() -> None:
    async def wait() -> None:
        async with SlowLoopTolerantTimeout(60):
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
