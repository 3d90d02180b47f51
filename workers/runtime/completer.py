"""Completer: settles attempts in the ledger, in batches.

One statement runs at a time, and settles all attempts that ended while the last one ran.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from logging import DEBUG

import asyncpg

from db.pool import Pool
from db.reach import PASSING, reaching
from domain.jobs import jobs
from jobs.ledger import Moved, Settlement
from jobs.outcomes import Done, Failed, Outcome
from telemetry import logs, metrics, tracing
from workers.runtime import spans
from workers.runtime.progress import ProgressWriter
from workers.runtime.slots import Attempt, Key, Slots, key

#: Seconds before a failed statement is repeated, without end: the fence keeps a late one from counting.
RETRY_S = 0.2

#: Errors for an outcome that is no JSON, or none that Postgres stores (a NUL).
UNSTORABLE = (TypeError, ValueError, asyncpg.DataError)

NOT_STORED = Failed("INTERNAL", "the job's outcome can't be stored: contact support")

_log = logs.get("completer")


class Completer:
    """Outcomes to settle: `put` takes one at any time, `run` writes them.

    `unsettled` has the keys of attempts whose outcome isn't written yet; `settled` is set while it is empty.
    """

    def __init__(self, pool: Pool, slots: Slots, progress_writer: ProgressWriter) -> None:
        self._pool, self._slots, self._progress_writer = pool, slots, progress_writer
        self._inbox: list[tuple[Attempt, Outcome]] = []
        self._arrived, self.settled = asyncio.Event(), asyncio.Event()
        self.unsettled: set[Key] = set()
        self.settled.set()

    def put(self, attempt: Attempt, outcome: Outcome) -> None:
        self._inbox.append((attempt, outcome))
        self._slots.settle(1)
        self.unsettled.add(key(attempt.claim))
        self._arrived.set()
        self.settled.clear()

    async def run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            ended, self._inbox = self._inbox, []
            await self._flush_progress(ended)
            batch = [Settlement(attempt.claim, outcome) for attempt, outcome in ended]
            began = tracing.now()
            announce(batch, await self._store(batch))
            spans.settled([attempt for attempt, _ in ended], began)
            self._slots.settle(-len(batch))
            self._slots.ended(claim for claim, _ in batch)
            self.unsettled.difference_update(key(attempt.claim) for attempt, _ in ended)
            if not self.unsettled:
                self.settled.set()

    async def _flush_progress(self, ended: Sequence[tuple[Attempt, Outcome]]) -> None:
        """Write the last progress of attempts that aren't done; a done job's progress is 1 anyway."""
        for attempt, outcome in ended:
            if isinstance(outcome, Done):
                self._progress_writer.forget(attempt)
            else:
                await self._progress_writer.flush(attempt)

    async def _store(self, batch: Sequence[Settlement]) -> list[Moved]:
        """Settle the batch: again while Postgres is away, one by one where it can't be stored."""
        while True:
            try:
                return await self._write(batch)
            except PASSING:
                await asyncio.sleep(RETRY_S)
            except UNSTORABLE:
                return await self._separately(batch)

    async def _separately(self, batch: Sequence[Settlement]) -> list[Moved]:
        """Settle each by itself, so that an outcome that can't be stored fails its own job and no other."""
        if len(batch) > 1:
            return [moved for one in batch for moved in await self._store([one])]
        claim = batch[0].claim
        _log.exception("outcome can't be stored", **logs.job(claim, attempt=claim.attempt))
        return await self._store([Settlement(claim, NOT_STORED)])

    async def _write(self, batch: Sequence[Settlement]) -> list[Moved]:
        with reaching(), metrics.SETTLE.time():
            return await jobs.settle(self._pool, batch)


def announce(batch: Sequence[Settlement], moved: Sequence[Moved]) -> None:
    """Count how each attempt ended, and log it: at `info` what isn't done, or was said too late."""
    rows = {(row.id, row.fence): row for row in moved}
    words: Counter[tuple[str, str]] = Counter()
    told = _log.is_enabled_for(DEBUG)
    for claim, outcome in batch:
        row = rows.get((claim.id, claim.fence))
        words[claim.kind, outcome.word if row else "lost"] += 1
        fine = row is not None and isinstance(outcome, Done)
        if told or not fine:
            log = _log.debug if fine else _log.info
            about = logs.job(claim, attempt=claim.attempt)
            log("attempt ended", outcome=outcome.word, now=row and row.state, **about)
    for (kind, word), count in words.items():
        metrics.JOBS_SETTLED.labels(kind, word).inc(count)
