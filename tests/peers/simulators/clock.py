"""A platform's clock, which a test advances: due work runs without waiting."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

#: Seconds of real time that an advance waits for due work.
PATIENCE_S = 120


class SimulatorClock:
    """Starts at the real time and runs `rate` times as fast; a rate of 0 stops it between advances.

    Times are seconds since 1970. Errors of background work are added to `bugs`. Only the simulator's own loop
    may use it: tests call `POST /_sim/clock`.
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

    async def sleep_until(self, due: float) -> None:
        """Sleep until a time; for tasks of `start`."""
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
        """Run `work` in the background."""
        task = asyncio.ensure_future(work)
        self._busy.add(task)
        task.add_done_callback(self._ended)

    async def quiet(self) -> None:
        """Wait until all background work has ended or sleeps."""
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
        self._asleep.clear()  # Tasks that must wait longer add themselves again.
