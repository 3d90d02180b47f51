"""Write down what attempts came to: one statement at a time, for all that ended while the last one ran."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import asyncpg

from db.pool import Pool
from db.reach import PASSING, reaching
from domain.jobs import jobs
from jobs.ledger import Moved, Settlement
from jobs.outcomes import Done, Failed, Outcome
from telemetry import logs, metrics
from workers.runtime.progress import ProgressWriter
from workers.runtime.slots import Attempt, Key, Slots, key

#: Ask again this soon, for as long as it takes: the fence says whether a late answer counts.
AGAIN_S = 0.2

#: What the outcome holds is no JSON, or none that Postgres stores (a NUL).
UNFIT = (TypeError, ValueError, asyncpg.DataError)

UNSTORABLE = Failed("INTERNAL", "the job's outcome can't be stored: contact support")

_log = logs.get("completer")


class Completer:
    """Takes outcomes at any time; `run` writes them.

    `unsettled` names the attempts whose outcome isn't written yet; `settled` is set while there is none.
    """

    def __init__(self, pool: Pool, slots: Slots, progress_writer: ProgressWriter) -> None:
        self._pool, self._slots, self._progress_writer = pool, slots, progress_writer
        self._inbox: list[tuple[Attempt, Outcome]] = []
        self._arrived, self.settled = asyncio.Event(), asyncio.Event()
        self.unsettled: set[Key] = set()
        self.settled.set()

    def put(self, attempt: Attempt, outcome: Outcome) -> None:
        self._inbox.append((attempt, outcome))
        self.unsettled.add(key(attempt.claim))
        self._arrived.set()
        self.settled.clear()

    async def run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            ended, self._inbox = self._inbox, []
            await self._report(ended)
            batch = [Settlement(attempt.claim, outcome) for attempt, outcome in ended]
            announce(batch, await self._store(batch))
            # A tenant that was at its cap may start another one now.
            self._slots.notify()
            self.unsettled.difference_update(key(attempt.claim) for attempt, _ in ended)
            if not self.unsettled:
                self.settled.set()

    async def _report(self, ended: Sequence[tuple[Attempt, Outcome]]) -> None:
        """How far each one came that isn't done; what is done says so itself."""
        for attempt, outcome in ended:
            if isinstance(outcome, Done):
                self._progress_writer.forget(attempt)
            else:
                await self._progress_writer.flush(attempt)

    async def _store(self, batch: Sequence[Settlement]) -> list[Moved]:
        """Until Postgres has taken it; what it refuses for its content, it gets one by one."""
        while True:
            try:
                return await self._write(batch)
            except PASSING:
                await asyncio.sleep(AGAIN_S)
            except UNFIT:
                return await self._separately(batch)

    async def _separately(self, batch: Sequence[Settlement]) -> list[Moved]:
        """So that an outcome that can't be stored fails its own job and no other."""
        if len(batch) > 1:
            return [moved for one in batch for moved in await self._store([one])]
        claim = batch[0].claim
        _log.exception("outcome can't be stored", **logs.job(claim.id, claim.kind, claim.attempt))
        return await self._store([Settlement(claim, UNSTORABLE)])

    async def _write(self, batch: Sequence[Settlement]) -> list[Moved]:
        with reaching(), metrics.SETTLE.time():
            return await jobs.settle(self._pool, batch)


def announce(batch: Sequence[Settlement], moved: Sequence[Moved]) -> None:
    """Count how each attempt ended, and say what a person may want to know."""
    rows = {(row.id, row.fence): row for row in moved}
    words: Counter[tuple[str, str]] = Counter()
    for claim, outcome in batch:
        row = rows.get((claim.id, claim.fence))
        words[claim.kind, outcome.word if row else "lost"] += 1
        if not isinstance(outcome, Done):
            about = logs.job(claim.id, claim.kind, claim.attempt)
            _log.info("attempt ended", outcome=outcome.word, now=row and row.state, **about)
    for (kind, word), count in words.items():
        metrics.JOBS_SETTLED.labels(kind, word).inc(count)
