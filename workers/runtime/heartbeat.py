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

from db.pool import Conn, Pool, acquire_pg_connection
from db.queries import worker
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from jobs import heartbeat
from jobs.heartbeat import JobHeldByWorker
from jobs.ledger import JobClaim
from jobs.outcomes import RETRY_OUTCOME_OF_TIMED_OUT_ATTEMPT, Canceled, Interrupted
from schemas import ids
from telemetry import logs, metrics
from workers.runtime.slots import AttemptKey, JobAttempt, JobLostStopCause, WorkerSlots, build_job_id_and_fence_key

#: Pause between two renewals, as a part of a lease.
LEASE_RENEWAL_INTERVAL_SHARE = 2 / 15
#: Timeout of a renewal, as a part of a lease.
LEASE_RENEWAL_TIMEOUT_SHARE = 1 / 3
#: Time without a renewal until attempts stop, as a part of a lease.
WORKER_LEASE_SHARE_UNTIL_STOP = 2 / 3

#: Seconds that a worker waits for Postgres at least: a busy machine may be this late.
MIN_POSTGRES_SILENCE_TIMEOUT_S = 2.0

#: Starts a claim; the second argument is the start of its attempt by the loop's clock.
AdoptClaim: TypeAlias = Callable[[JobClaim, float], None]

LIST_HELD_JOB_CLAIMS = worker.claims_held.typed(JobClaim)

_log = logs.get_logger("heartbeat")


def compute_postgres_silence_timeout_s(lease_s: float) -> float:
    """Return the seconds of silence after which a worker drops its connection to Postgres, by its lease's length.

    After the same time Postgres ends the session of a silent worker.
    """
    return max(MIN_POSTGRES_SILENCE_TIMEOUT_S, lease_s * LEASE_RENEWAL_TIMEOUT_SHARE)


class WorkerHeartbeat:
    """The worker's row and its renewal. `worker_id` changes when the row was lost.

    `run` hands lost claims to `adopt`: this worker owns them, but the response to their pull was cut off.
    `unsettled` has the keys of attempts that have ended here, and not yet in the ledger.
    """

    def __init__(self, *, pool_name: str, lease_s: float, pool: Pool, slots: WorkerSlots) -> None:
        self.worker_id = ids.new_uuid7()
        self._pool_name, self._lease_s, self._pool, self._slots = pool_name, lease_s, pool, slots
        self._unknown: set[AttemptKey] = set()
        self._clock = asyncio.get_running_loop()
        self._renewed_at = self._clock.time()
        self._watch = self._clock.call_later(lease_s * WORKER_LEASE_SHARE_UNTIL_STOP, self._stop_attempts)
        metrics.WORKER_LEASE_AGE_SECONDS_GAUGE.set_function(lambda: self.lease_age_s)

    async def register_worker(self) -> UUID:
        """Insert this worker's row with a new id and a new lease; return the id.

        No lease is at risk yet, so the call may take as long as a lease. Raise `ServiceUnavailable` after that.
        """
        self.worker_id, asked_at = ids.new_uuid7(), self._clock.time()
        async with self._hold_connection_for_lease_share(share=1) as conn:
            await worker.register_worker.run(
                conn,
                id=self.worker_id,
                pool=self._pool_name,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=version("tenantry"),
                slots=self._slots.size,
                lease_s=self._lease_s,
            )
        self._note_renewal(asked_at)
        return self.worker_id

    async def run(self, *, adopt: AdoptClaim, unsettled: Collection[AttemptKey]) -> None:
        while True:
            await asyncio.sleep(self._lease_s * LEASE_RENEWAL_INTERVAL_SHARE)
            try:
                await self._renew_lease(adopt, unsettled)
            except TRANSIENT_POSTGRES_ERRORS:
                _log.warning("lease not renewed", age_s=round(self.lease_age_s, 1))

    async def mark_draining(self) -> None:
        async with self._hold_connection_for_lease_share() as conn:
            await worker.drain_worker.run(conn, id=self.worker_id)

    async def delete_worker_row(self) -> None:
        self._watch.cancel()
        async with self._hold_connection_for_lease_share() as conn:
            await worker.retire_worker.run(conn, id=self.worker_id)

    @property
    def lease_age_s(self) -> float:
        """Return the seconds since the start of the last successful renewal of the worker's lease."""
        return self._clock.time() - self._renewed_at

    @property
    def lease_left_s(self) -> float:
        """Return the seconds that the worker's lease still lasts at least. Until then no other worker gets its jobs."""
        return self._lease_s - self.lease_age_s

    async def _renew_lease(self, adopt: AdoptClaim, unsettled: Collection[AttemptKey]) -> None:
        attempts, asked_at = [*self._slots.attempts.values()], self._clock.time()
        async with self._hold_connection_for_lease_share() as conn:
            owned = await heartbeat.renew_worker_lease(conn, worker_id=self.worker_id, lease_s=self._lease_s)
        if owned is None:
            _log.warning("worker row lost", jobs=len(self._slots.attempts))
            self._slots.stop_all_attempts(JobLostStopCause())
            await self.register_worker()
            return
        self._note_renewal(asked_at)
        rows = {(row.id, row.fence): row for row in owned}
        stop_disallowed_attempts(attempts, rows)
        unknown = rows.keys() - self._slots.attempts.keys() - set(unsettled)
        await self._adopt_unknown_claims({key: asked_at - rows[key].age_s for key in unknown}, adopt)

    async def _adopt_unknown_claims(self, unknown: Mapping[AttemptKey, float], adopt: AdoptClaim) -> None:
        """Start the jobs that this worker owns in the ledger without having a slot for them.

        `unknown` has the start of each one's attempt by the loop's clock. Only jobs that were unknown at two renewals
        in a row are started: at one, a pull may be under way.
        """
        lost, self._unknown = unknown.keys() & self._unknown, set(unknown)
        if lost:
            async with self._hold_connection_for_lease_share() as conn:
                job_ids = [job_id for job_id, _ in lost]
                claims = await LIST_HELD_JOB_CLAIMS.all(conn, id=self.worker_id, job_ids=job_ids)
            for claim in claims:
                if (key := build_job_id_and_fence_key(claim)) in lost:
                    adopt(claim, unknown[key])

    def _note_renewal(self, asked_at: float) -> None:
        """Note a successful renewal of the lease, and restart the timer that stops the attempts without one.

        The lease counts from `asked_at`, the time before the renewal was sent.
        """
        self._renewed_at = asked_at
        self._watch.cancel()
        self._watch = self._clock.call_at(asked_at + self._lease_s * WORKER_LEASE_SHARE_UNTIL_STOP, self._stop_attempts)

    def _stop_attempts(self) -> None:
        _log.warning("lease not renewed in time: stopping the attempts", jobs=len(self._slots.attempts))
        self._slots.stop_all_attempts(Interrupted())

    @asynccontextmanager
    async def _hold_connection_for_lease_share(
        self, *, share: float = LEASE_RENEWAL_TIMEOUT_SHARE
    ) -> AsyncIterator[Conn]:
        """Acquire a connection of the pool and hold it during the block, for at most `share` of a lease.

        Raise `ServiceUnavailable` after that time, and if Postgres is away: the next renewal is near.
        """
        limit_s = self._lease_s * share
        until = self._clock.time() + limit_s
        with convert_postgres_away_errors():
            # The inner limit drops a silent connection. Its release would take the time of the next renewal.
            async with acquire_pg_connection(self._pool, timeout_s=limit_s) as conn, asyncio.timeout_at(until):
                yield conn


def stop_disallowed_attempts(attempts: Collection[JobAttempt], rows: Mapping[AttemptKey, JobHeldByWorker]) -> None:
    """Stop each uncommitted attempt of a job that another attempt owns by now, or that is canceled or overdue.

    `attempts` ran before the lease's renewal was sent; `rows` are the jobs that the worker still owns.
    """
    for attempt in attempts:
        row = rows.get(build_job_id_and_fence_key(attempt.claim))
        if attempt.committed:
            continue
        if row is None:
            attempt.stop_with_cause(JobLostStopCause())
        elif row.cancel:
            attempt.stop_with_cause(Canceled())
        elif row.overdue:
            attempt.stop_with_cause(RETRY_OUTCOME_OF_TIMED_OUT_ATTEMPT)
