"""A platform's own time, which a test moves forward: what is due comes about without anybody waiting."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

#: How long an advance waits, in real seconds, for what came due to be done.
PATIENCE_S = 120


class Clock:
    """Starts at the real time and runs `rate` times as fast; with a rate of 0 it stands until it is advanced.

    Times are seconds since 1970. What work in the background raises is added to `bugs`. Only the simulator's
    own loop may touch it: tests go by `POST /_sim/clock`.
    """

    def __init__(self, rate: float, bugs: list[BaseException]) -> None:
        self._rate, self._at, self._since = rate, time.time(), time.monotonic()
        self._bugs = bugs
        self._moved, self._rested = asyncio.Event(), asyncio.Event()
        self._busy: set[asyncio.Task[None]] = set()
        self._asleep: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        return self._at + (time.monotonic() - self._since) * self._rate

    def advance(self, seconds: float) -> None:
        self._at += seconds
        self._wake()

    def run_at(self, rate: float) -> None:
        self._at, self._since, self._rate = self.now(), time.monotonic(), rate
        self._wake()

    async def sleep_until(self, due: float) -> None:
        """Of a task that `start` began."""
        task = asyncio.current_task()
        assert task is not None
        while (left := due - self.now()) > 0:
            self._asleep.add(task)
            self._rested.set()
            try:
                await asyncio.wait_for(self._moved.wait(), left / self._rate if self._rate else None)
            except TimeoutError:
                continue
            finally:
                self._asleep.discard(task)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` in the background."""
        task = asyncio.ensure_future(work)
        self._busy.add(task)
        task.add_done_callback(self._ended)

    async def quiet(self) -> None:
        """Until all work in the background has ended or sleeps."""
        async with asyncio.timeout(PATIENCE_S):
            while self._busy - self._asleep:
                self._rested.clear()
                await self._rested.wait()

    def stop(self) -> None:
        for task in self._busy:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
        self._rested.set()
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._bugs.append(bug)

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        self._asleep.clear()  # Whoever still has to wait says so again.
