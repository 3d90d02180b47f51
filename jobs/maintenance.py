"""Maintenance of the ledger in batches: promote, rescue, expire and prune jobs.

Two processes may run a chore at the same time: each skips the rows that the other holds. A chore returns the
jobs that it ended, since their subjects must end in the same transaction: outside this package call
`domain/operations/maintenance.py`.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import job_maintenance, pool, worker
from jobs.ledger import ChangedJob
from jobs.outcomes import (
    DEADLINE_FAILURE,
    POISONED_JOB_FAILURE,
    RETRY_OUTCOME_OF_TIMED_OUT_ATTEMPT,
    WORKER_LOST_FAILURE,
    encode_outcome_error,
)

MAX_MAINTENANCE_ROWS = 500
MAX_WORKER_CRASHES_OF_JOB = 3

#: Seconds after the end of an attempt's time in which its own worker ends it; then the ledger does.
TIMEOUT_RESCUE_GRACE_S = 0.5

#: Retention of ended jobs, of ended short-lived jobs and of dead workers, in seconds.
ENDED_JOB_RETENTION_S = 30 * 86400.0
SHORT_LIVED_JOB_RETENTION_S = 3600.0
DEAD_WORKER_RETENTION_S = 3600.0

#: Most waiting jobs of a pool that one statement counts; a longer queue is counted in parts of this size.
MAX_JOBS_PER_COUNT_PART = 5_000
#: Seconds that such a count stays valid.
JOB_COUNT_VALIDITY_S = 120.0
#: Seconds between two parts of a count.
JOB_COUNT_PART_INTERVAL_S = 0.2

#: The advisory lock of the leading dispatcher; the others stand by.
DISPATCHER_LEADER_LOCK_ID = 7202


class DuePool(NamedTuple):
    """A pool with due work. Another `job_id` or `rotor` than before means that a worker pulls."""

    pool: str
    kind: str
    job_id: UUID
    rotor: UUID


class DispatcherElectionResult(NamedTuple):
    """Result of an election: whether this session leads, and the database's time."""

    leads: bool
    at: datetime


TRY_TO_LEAD_DISPATCHERS = pool.try_to_lead.typed(DispatcherElectionResult)
RESCUE_JOBS = job_maintenance.rescue_jobs.typed(ChangedJob)
END_OVERDUE_JOBS = job_maintenance.end_overdue_jobs.typed(ChangedJob)


async def try_to_lead_dispatchers(conn: Conn, lock: int = DISPATCHER_LEADER_LOCK_ID) -> DispatcherElectionResult:
    """Take or keep the leading dispatcher's lock; return whether this session leads, and the database's time."""
    return await TRY_TO_LEAD_DISPATCHERS.row(conn, lock=lock)


async def find_due_pools(conn: Conn) -> tuple[datetime, list[DuePool]]:
    """Return the database's time, and the pools that have due work and aren't paused."""
    rows = await pool.list_due.all(conn)
    return rows[0]["at"], [DuePool(*tuple(row)[1:]) for row in rows if row["pool"]]


async def has_pool_worker_and_no_queued_job(conn: Conn, *, pool_name: str) -> bool:
    """Return whether a pool has an active worker and no queued job, so that low-priority work may run."""
    return bool(await pool.is_idle.value(conn, pool=pool_name))


async def promote_scheduled_jobs(conn: Conn) -> int:
    """Queue a batch of scheduled jobs that have become due; return their number."""
    return await job_maintenance.promote_jobs.run(conn, limit=MAX_MAINTENANCE_ROWS)


async def rescue_lost_jobs(conn: Conn, *, before: datetime) -> list[ChangedJob]:
    """Queue or end a batch of jobs of workers with an expired lease, or of attempts past their time limit.

    Return their rows. Do nothing once the time is past `before`. `MAX_WORKER_CRASHES_OF_JOB` lost workers end a job.
    """
    return await RESCUE_JOBS.all(
        conn,
        before=before,
        limit=MAX_MAINTENANCE_ROWS,
        max_crashes=MAX_WORKER_CRASHES_OF_JOB,
        poisoned=encode_outcome_error(POISONED_JOB_FAILURE),
        exhausted=encode_outcome_error(WORKER_LOST_FAILURE),
        late=encode_outcome_error(RETRY_OUTCOME_OF_TIMED_OUT_ATTEMPT),
        overdue=encode_outcome_error(DEADLINE_FAILURE),
        grace_s=TIMEOUT_RESCUE_GRACE_S,
    )


async def terminate_stuck_sessions(conn: Conn, *, before: datetime, patience_s: float) -> int:
    """Terminate sessions waiting for their client within a statement for `patience_s`, or blocking a job's rescue.

    Return the number of terminated sessions. Do nothing once the database's time is past `before`.
    """
    bounds = {"before": before, "grace_s": TIMEOUT_RESCUE_GRACE_S, "patience_s": patience_s}
    return await job_maintenance.terminate_idle_sessions.value(conn, **bounds) or 0


async def fail_queued_jobs_past_deadline(conn: Conn) -> list[ChangedJob]:
    """Fail a batch of queued jobs past their deadline, and return their rows, at most `MAX_MAINTENANCE_ROWS`."""
    return await END_OVERDUE_JOBS.all(conn, overdue=encode_outcome_error(DEADLINE_FAILURE))


async def count_next_part_of_queued_jobs(conn: Conn) -> int:
    """Count one part of the queued jobs in each pool that has enough of them, and store the sum.

    The part is the next `MAX_JOBS_PER_COUNT_PART` jobs. Return 0, the number of changed jobs of this chore.
    """
    await pool.count_due.run(conn, part=MAX_JOBS_PER_COUNT_PART)
    return 0


async def prune_ended_jobs(conn: Conn) -> int:
    """Delete a batch of unreferenced jobs ended over `ENDED_JOB_RETENTION_S` ago, with attempts; return the number."""
    return await job_maintenance.prune_jobs.run(conn, keep_s=ENDED_JOB_RETENTION_S)


async def prune_short_lived_jobs(conn: Conn) -> int:
    """Delete a batch of jobs of frequent kinds, ended over `SHORT_LIVED_JOB_RETENTION_S` ago; return the number."""
    return await job_maintenance.prune_passing.run(conn, limit=MAX_MAINTENANCE_ROWS, keep_s=SHORT_LIVED_JOB_RETENTION_S)


async def prune_dead_workers_without_jobs(conn: Conn) -> int:
    """Delete workers without a job and with a lease expired for `DEAD_WORKER_RETENTION_S`; return their number."""
    return await worker.prune_workers.run(conn, keep_s=DEAD_WORKER_RETENTION_S)
