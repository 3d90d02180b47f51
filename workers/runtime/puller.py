"""Puller: claims as many jobs from the ledger as the worker has free slots.

It pulls at the start, after a wake, after a job's end, and after a second without a pull. So a job starts
even without Redis and the dispatcher.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from db.pool import Pool, acquire
from db.reach import RETRIED_ERRORS, raise_if_postgres_away
from jobs import ledger
from jobs.courier import Courier
from jobs.kinds import Kind
from jobs.ledger import Claim, Wake
from schemas import ids
from telemetry import metrics
from workers.runtime.slots import Slots

#: Seconds without a wake until the next pull.
POLL_S = 1.0

#: With a backlog and few free slots, the pause after a pull is this many times the pull's duration.
PAUSE_FACTOR = 4

#: Longest pause without a backlog, in seconds. The pause is the pull's duration times its number of jobs (at
#: most `PAUSE_FACTOR`): so fewer pulls with more jobs each serve a stream of wakes.
MAX_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Puller:
    """The loop that pulls. `worker_id` returns the id of the process's lease now; `start` runs a claim."""

    pool_name: str
    kinds: Sequence[Kind]
    pool: Pool
    slots: Slots
    courier: Courier
    worker_id: Callable[[], UUID]
    start: Callable[[Claim, float], None]

    async def run(self) -> None:
        """Pull until the slots are closed. Never cancel it: claims with a lost response would run nowhere."""
        clock = asyncio.get_running_loop().time
        while not self.slots.closed:
            started, free = clock(), self.slots.free
            claims = await self._pull(free)
            await self._start(claims, started, filled=len(claims) == free > 0)
            await self._wait(clock() - started, brought=len(claims))

    async def _pull(self, free: int) -> list[Claim]:
        try:
            with raise_if_postgres_away(), metrics.PULL_SECONDS.time():
                async with acquire(self.pool) as conn:
                    return await ledger.claim_due_jobs(
                        conn,
                        pool=self.pool_name,
                        worker_id=self.worker_id(),
                        free=free,
                        kinds=self.kinds,
                        freed=self.slots.pop_freed_tenants(),
                    )
        except RETRIED_ERRORS:
            return []

    async def _start(self, claims: Sequence[Claim], asked_at: float, *, filled: bool) -> None:
        for claim in claims:
            self.start(claim, asked_at)
            metrics.JOBS_CLAIMED.labels(claim.kind).inc()
        if filled and not self.slots.backlog:
            # More jobs may be due than this worker can take: wake another worker, once. The wake needs a new
            # id: Redis would refuse a job's own while its message is queued.
            await self.courier.send(Wake(self.pool_name, claims[-1].kind, ids.new()))
        self.slots.backlog = filled
        if filled:
            # The pull has filled the slots that a wake during it was for.
            self.slots.wake.clear()
            self.slots.notify()

    async def _wait(self, took_s: float, *, brought: int) -> None:
        """Wait for a free slot, then for a wake or `POLL_S`."""
        if not self.slots.backlog:
            # The next pull claims jobs that become due in this pause.
            await asyncio.sleep(min(took_s * min(max(brought, 1), PAUSE_FACTOR), MAX_PAUSE_S))
        await self.slots.has_free_slots.wait()
        limit_s = min(PAUSE_FACTOR * took_s, POLL_S) if self.slots.backlog else POLL_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self.slots.wake.wait()
        self.slots.wake.clear()
