"""Puller: claims as many jobs from the ledger as the worker has free slots.

It pulls at the start, after a wake, after a job's end, and after a second without a pull. So a job starts
even without Redis and the dispatcher.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from db.pool import Pool, acquire_pg_connection
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from jobs import ledger
from jobs.courier import WakeCourier
from jobs.kinds import JobKindSpec
from jobs.ledger import JobClaim, WakeMessage
from schemas import ids
from telemetry import metrics
from workers.runtime.slots import WorkerSlots

#: Seconds without a wake until the next pull.
LEDGER_PULL_EVERY_S = 1.0

#: With a backlog and few free slots, the pause after a pull is this many times the pull's duration.
PAUSE_TO_JOB_PULL_RATIO = 4

#: A pull that claims a job for at least one in this many free slots leaves a backlog.
MAX_SLOTS_TO_CLAIMS_RATIO_WITH_BACKLOG = 2

#: Longest pause without a backlog, in seconds. The pause is the pull's duration times its number of jobs (at
#: most `PAUSE_TO_JOB_PULL_RATIO`): so fewer pulls with more jobs each serve a stream of wakes.
MAX_JOB_PULL_BATCHING_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPuller:
    """The loop that pulls. `worker_id` returns the id of the process's lease now; `start` runs a claim."""

    pool_name: str
    kinds: Sequence[JobKindSpec]
    pool: Pool
    slots: WorkerSlots
    courier: WakeCourier
    worker_id: Callable[[], UUID]
    start: Callable[[JobClaim, float], None]

    async def run(self) -> None:
        """Claim due jobs from the ledger for the free slots and start them, again and again until the slots are closed.

        Never cancel it: jobs that were claimed by a lost response would run nowhere.
        """
        clock = asyncio.get_running_loop().time
        while not self.slots.closed:
            started, free = clock(), self.slots.free_slot_count
            claims = await self._claim_jobs(free)
            # Shares, and turns of several jobs, leave slots free although jobs wait.
            filled = len(claims) >= max(1, free / MAX_SLOTS_TO_CLAIMS_RATIO_WITH_BACKLOG)
            await self._start_claimed_jobs(claims, started, filled=filled)
            await self._wait_for_next_pull(clock() - started, brought=len(claims))

    async def _claim_jobs(self, free: int) -> list[JobClaim]:
        try:
            with convert_postgres_away_errors(), metrics.JOB_PULL_HISTOGRAM.time():
                async with acquire_pg_connection(self.pool) as conn:
                    return await ledger.claim_due_jobs(
                        conn,
                        pool=self.pool_name,
                        worker_id=self.worker_id(),
                        free=free,
                        kinds=self.kinds,
                        turns=[self.slots.count_jobs_per_tenant_turn(kind.name) for kind in self.kinds],
                        freed=self.slots.pop_tenants_of_ended_jobs(),
                    )
        except TRANSIENT_POSTGRES_ERRORS:
            return []

    async def _start_claimed_jobs(self, claims: Sequence[JobClaim], asked_at: float, *, filled: bool) -> None:
        for claim in claims:
            self.start(claim, asked_at)
        for kind, count in Counter(claim.kind for claim in claims).items():
            metrics.CLAIMED_JOB_COUNTER.labels(kind).inc(count)
        if filled and not self.slots.backlog:
            # More jobs may be due than this worker can take: wake another worker, once. The wake needs a new
            # id: Redis would refuse a job's own while its message is queued.
            await self.courier.send_or_queue_wake(WakeMessage(self.pool_name, claims[-1].kind, ids.new_uuid7()))
        self.slots.backlog = filled
        if filled:
            # The pull has filled the slots that a wake during it was for.
            self.slots.wake.clear()
            self.slots.request_pull()

    async def _wait_for_next_pull(self, took_s: float, *, brought: int) -> None:
        """Wait until the next pull of jobs is due: for a free slot, then for a wake or `LEDGER_PULL_EVERY_S`.

        With a backlog, wait for a wake at most a multiple of the last pull's duration `took_s`.
        Without one, first pause for a short time, longer after a pull that `brought` many jobs. No pause follows a
        lone job while most slots are free: a quiet worker answers each wake at once.
        """
        is_quiet = brought == 1 and self.slots.free_slot_count > self.slots.size / 2
        if not self.slots.backlog and not is_quiet:
            # The next pull claims jobs that become due in this pause.
            await asyncio.sleep(
                min(took_s * min(max(brought, 1), PAUSE_TO_JOB_PULL_RATIO), MAX_JOB_PULL_BATCHING_PAUSE_S)
            )
        await self.slots.has_free_slots.wait()
        limit_s = (
            min(PAUSE_TO_JOB_PULL_RATIO * took_s, LEDGER_PULL_EVERY_S) if self.slots.backlog else LEDGER_PULL_EVERY_S
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self.slots.wake.wait()
        self.slots.wake.clear()
