"""This process's lease: held while it lives, and what follows for its work when it isn't.

Only the database compares leases. Here a monotonic clock says when our own has gone unrenewed for
too long to trust it.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version

from db.pool import Conn, Pool
from db.reach import PASSING, reaching
from jobs import heartbeat
from jobs.heartbeat import Running
from jobs.ledger import Claim
from jobs.outcomes import Canceled, Interrupted, Retry
from schemas import ids
from telemetry import logs, metrics
from workers.runtime.slots import Attempt, Key, Lost, Slots, Verdict, key

#: Parts of a lease: how often it is renewed, how long a renewal may take, and after how long without
#: one we stop our own work.
BEAT, PATIENCE, OUT_OF_TOUCH = 2 / 15, 1 / 3, 2 / 3

TIMED_OUT = Retry("TIMEOUT", "the attempt took longer than it may and is tried again")

_log = logs.get("heartbeat")


class Heartbeat:
    """The worker's row and its renewal. `worker_id` changes when the row was lost.

    `adopt` gets claims that are ours and have nobody: the answer of their pull was cut off.
    `unsettled` names attempts that have ended here and not yet in the ledger.
    """

    def __init__(self, *, pool_name: str, lease_s: float, pool: Pool, slots: Slots) -> None:
        self.worker_id = ids.new()
        self._pool_name, self._lease_s, self._pool, self._slots = pool_name, lease_s, pool, slots
        self._strangers: set[Key] = set()
        self._clock = asyncio.get_running_loop()
        self._renewed_at = self._clock.time()
        self._watch = self._clock.call_later(lease_s * OUT_OF_TOUCH, self._stop_own_work)
        metrics.LEASE_AGE.set_function(lambda: self.age_s)

    async def enter(self) -> None:
        """Take a lease under a new id. There is none to lose: the answer may take as long as one lasts."""
        self.worker_id, asked_at = ids.new(), self._clock.time()
        async with self._contact(share=1) as conn:
            await heartbeat.register(
                conn,
                worker_id=self.worker_id,
                pool=self._pool_name,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=version("tenantry"),
                slots=self._slots.size,
                lease_s=self._lease_s,
            )
        self._trust(asked_at)

    async def run(self, *, adopt: Callable[[Claim], None], unsettled: Collection[Key]) -> None:
        while True:
            await asyncio.sleep(self._lease_s * BEAT)
            try:
                await self._beat(adopt, unsettled)
            except PASSING:
                _log.warning("lease not renewed", age_s=round(self.age_s, 1))

    async def drain(self) -> None:
        async with self._contact() as conn:
            await heartbeat.drain(conn, worker_id=self.worker_id)

    async def leave(self) -> None:
        self._watch.cancel()
        async with self._contact() as conn:
            await heartbeat.retire(conn, worker_id=self.worker_id)

    @property
    def age_s(self) -> float:
        """Since the last renewal was asked for."""
        return self._clock.time() - self._renewed_at

    @property
    def left_s(self) -> float:
        """At least so long the lease lasts: until then no other worker gets what this one holds."""
        return self._lease_s - self.age_s

    async def _beat(self, adopt: Callable[[Claim], None], unsettled: Collection[Key]) -> None:
        held, asked_at = [*self._slots.attempts.values()], self._clock.time()
        async with self._contact() as conn:
            owned = await heartbeat.renew(conn, worker_id=self.worker_id, lease_s=self._lease_s)
        if owned is None:
            await self._start_over()
            return
        self._trust(asked_at)
        rows = {(row.id, row.fence): row for row in owned}
        judge(held, rows)
        await self._take_in(rows.keys() - self._slots.attempts.keys() - set(unsettled), adopt)

    async def _take_in(self, strangers: set[Key], adopt: Callable[[Claim], None]) -> None:
        """Adopt what is ours in two renewals running and on no desk; in one, its pull may be under way."""
        lasting, self._strangers = strangers & self._strangers, strangers
        if lasting:
            async with self._contact() as conn:
                claims = await heartbeat.claims(
                    conn, worker_id=self.worker_id, job_ids=[job_id for job_id, _ in lasting]
                )
            for claim in claims:
                adopt(claim)

    async def _start_over(self) -> None:
        _log.warning("worker row lost", jobs=len(self._slots.attempts))
        self._slots.stop_all(Lost())
        await self.enter()

    def _trust(self, asked_at: float) -> None:
        """The lease counts from before it was asked for."""
        self._renewed_at = asked_at
        self._watch.cancel()
        self._watch = self._clock.call_at(asked_at + self._lease_s * OUT_OF_TOUCH, self._stop_own_work)

    def _stop_own_work(self) -> None:
        _log.warning("out of touch with Postgres: stopping own work", jobs=len(self._slots.attempts))
        self._slots.stop_all(Interrupted())

    @asynccontextmanager
    async def _contact(self, *, share: float = PATIENCE) -> AsyncIterator[Conn]:
        """Within a part of the lease, or `Unavailable`: a silent server mustn't hold up the next try."""
        limit_s = self._lease_s * share
        with reaching():
            async with asyncio.timeout(limit_s), self._pool.acquire(timeout=limit_s) as conn:
                yield conn


def judge(held: Collection[Attempt], rows: Mapping[Key, Running]) -> None:
    """Stop each attempt, held when the renewal was asked for, whose row says so."""
    for attempt in held:
        verdict = verdict_on(attempt, rows.get(key(attempt.claim)))
        if verdict is not None:
            attempt.stop(verdict)


def verdict_on(attempt: Attempt, row: Running | None) -> Verdict | None:
    if attempt.committed:
        return None
    if row is None:
        return Lost()
    if row.cancel:
        return Canceled()
    return TIMED_OUT if row.overdue else None
