"""Progress of running jobs, written at most once a second."""

import asyncio
from typing import NamedTuple

from db.pool import Pool
from db.reach import PASSING, reaching
from jobs import ledger
from jobs.outcomes import Canceled
from schemas.errors import CancelRequested, Fenced
from workers.runtime.slots import Attempt, Lost

GAP_S = 1.0


class Progress(NamedTuple):
    ratio: float
    stage: str | None


class ProgressWriter:
    """The latest unwritten report of each attempt. A stage stays until the next one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._latest: dict[Attempt, Progress] = {}
        self._arrived = asyncio.Event()

    def add(self, attempt: Attempt, ratio: float, stage: str | None) -> None:
        earlier = self._latest.get(attempt)
        self._latest[attempt] = Progress(ratio, stage or (earlier.stage if earlier else None))
        self._arrived.set()

    def forget(self, attempt: Attempt) -> None:
        self._latest.pop(attempt, None)

    async def run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            for attempt in [*self._latest]:
                await self.flush(attempt)
            await asyncio.sleep(GAP_S)

    async def flush(self, attempt: Attempt) -> None:
        """Write what the attempt last said. A refusal stops it; an outage forgets the report."""
        report = self._latest.pop(attempt, None)
        if report is None:
            return
        try:
            await self._write(attempt, report)
        except Fenced:
            attempt.stop(Lost())
        except CancelRequested:
            attempt.stop(Canceled())
        except PASSING:
            pass  # The next report says more than this one.

    async def _write(self, attempt: Attempt, report: Progress) -> None:
        with reaching():
            async with self._pool.acquire() as conn:
                await ledger.progress(conn, attempt.claim, progress=report.ratio, stage=report.stage)
