"""Heartbeat of a worker process: renews its lease, and stops its attempts when the lease may be gone.

Only the database compares leases. Here a monotonic clock measures the time since the last renewal; after too
long a time the worker stops relying on its lease.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TypeAlias
from uuid import UUID

from db.pool import Conn, Pool
from db.reach import RETRIED_ERRORS, raise_if_postgres_away
from jobs import heartbeat
from jobs.heartbeat import HeldJob
from jobs.ledger import Claim
from jobs.outcomes import TIMED_OUT, Canceled, Interrupted
from schemas import ids
from telemetry import logs, metrics
from workers.runtime.slots import Attempt, AttemptKey, LeaseLost, Slots, Verdict, attempt_key

#: Pause between two renewals, as a part of a lease.
RENEW_EVERY = 2 / 15
#: Timeout of a renewal, as a part of a lease.
RENEW_TIMEOUT = 1 / 3
#: Time without a renewal until attempts stop, as a part of a lease.
STOP_ATTEMPTS_SHARE = 2 / 3

#: Seconds that a worker waits for Postgres at least: a busy machine may be this late.
MIN_PATIENCE_S = 2.0

#: Starts a claim; the second argument is the start of its attempt by the loop's clock.
Adopt: TypeAlias = Callable[[Claim, float], None]

_log = logs.get_logger("heartbeat")


def patience_s(lease_s: float) -> float:
    """Return the seconds of silence until a worker drops a connection, and Postgres the worker's session."""
    return max(MIN_PATIENCE_S, lease_s * RENEW_TIMEOUT)


class Heartbeat:
    """The worker's row and its renewal. `worker_id` changes when the row was lost.

    `run` hands lost claims to `adopt`: this worker owns them, but the response to their pull was cut off.
    `unsettled` has the keys of attempts that have ended here, and not yet in the ledger.
    """

    def __init__(self, *, pool_name: str, lease_s: float, pool: Pool, slots: Slots) -> None:
        self.worker_id = ids.new()
        self._pool_name, self._lease_s, self._pool, self._slots = pool_name, lease_s, pool, slots
        self._unknown: set[AttemptKey] = set()
        self._clock = asyncio.get_running_loop()
        self._renewed_at = self._clock.time()
        self._watch = self._clock.call_later(lease_s * STOP_ATTEMPTS_SHARE, self._stop_attempts)
        metrics.LEASE_AGE.set_function(lambda: self.age_s)

    async def register(self) -> UUID:
        """Take a lease under a new id. No lease is at risk yet, so the call may take as long as a lease."""
        self.worker_id, asked_at = ids.new(), self._clock.time()
        async with self._connection(share=1) as conn:
            await heartbeat.insert_worker_row(
                conn,
                worker_id=self.worker_id,
                pool=self._pool_name,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=version("tenantry"),
                slots=self._slots.size,
                lease_s=self._lease_s,
            )
        self._renewed(asked_at)
        return self.worker_id

    async def run(self, *, adopt: Adopt, unsettled: Collection[AttemptKey]) -> None:
        while True:
            await asyncio.sleep(self._lease_s * RENEW_EVERY)
            try:
                await self._renew(adopt, unsettled)
            except RETRIED_ERRORS:
                _log.warning("lease not renewed", age_s=round(self.age_s, 1))

    async def drain(self) -> None:
        async with self._connection() as conn:
            await heartbeat.mark_draining(conn, worker_id=self.worker_id)

    async def retire(self) -> None:
        self._watch.cancel()
        async with self._connection() as conn:
            await heartbeat.delete_worker_row(conn, worker_id=self.worker_id)

    @property
    def age_s(self) -> float:
        """Return the seconds since the start of the last successful renewal."""
        return self._clock.time() - self._renewed_at

    @property
    def left_s(self) -> float:
        """Return the seconds that the lease lasts at least: until then no other worker gets these jobs."""
        return self._lease_s - self.age_s

    async def _renew(self, adopt: Adopt, unsettled: Collection[AttemptKey]) -> None:
        attempts, asked_at = [*self._slots.attempts.values()], self._clock.time()
        async with self._connection() as conn:
            owned = await heartbeat.renew_worker_lease(conn, worker_id=self.worker_id, lease_s=self._lease_s)
        if owned is None:
            await self._register_again()
            return
        self._renewed(asked_at)
        rows = {(row.id, row.fence): row for row in owned}
        stop_ended_attempts(attempts, rows)
        await self._adopt_unknown(rows.keys() - self._slots.attempts.keys() - set(unsettled), adopt)

    async def _adopt_unknown(self, unknown: set[AttemptKey], adopt: Adopt) -> None:
        """Adopt own claims that have no slot at two renewals in a row: at one, a pull may be under way."""
        lost, self._unknown = unknown & self._unknown, unknown
        if lost:
            asked_at = self._clock.time()
            async with self._connection() as conn:
                claims = await heartbeat.list_held_claims(
                    conn, worker_id=self.worker_id, job_ids=[job_id for job_id, _ in lost]
                )
            for claim, age_s in claims:
                adopt(claim, asked_at - age_s)

    async def _register_again(self) -> None:
        _log.warning("worker row lost", jobs=len(self._slots.attempts))
        self._slots.stop_all(LeaseLost())
        await self.register()

    def _renewed(self, asked_at: float) -> None:
        """Set the lease's start to the time before the renewal was sent."""
        self._renewed_at = asked_at
        self._watch.cancel()
        self._watch = self._clock.call_at(asked_at + self._lease_s * STOP_ATTEMPTS_SHARE, self._stop_attempts)

    def _stop_attempts(self) -> None:
        _log.warning("lease not renewed in time: stopping the attempts", jobs=len(self._slots.attempts))
        self._slots.stop_all(Interrupted())

    @asynccontextmanager
    async def _connection(self, *, share: float = RENEW_TIMEOUT) -> AsyncIterator[Conn]:
        """Hold a connection for at most `share` of the lease, then raise `Unavailable`: a retry is near."""
        limit_s = self._lease_s * share
        with raise_if_postgres_away():
            async with asyncio.timeout(limit_s), self._pool.acquire(timeout=limit_s) as conn:
                yield conn


def stop_ended_attempts(attempts: Collection[Attempt], rows: Mapping[AttemptKey, HeldJob]) -> None:
    """Stop each attempt that the ledger has ended; `attempts` ran before the renewal was sent."""
    for attempt in attempts:
        verdict = stop_verdict(attempt, rows.get(attempt_key(attempt.claim)))
        if verdict is not None:
            attempt.stop(verdict)


def stop_verdict(attempt: Attempt, row: HeldJob | None) -> Verdict | None:
    if attempt.committed:
        return None
    if row is None:
        return LeaseLost()
    if row.cancel:
        return Canceled()
    return TIMED_OUT if row.overdue else None
