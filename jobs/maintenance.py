"""Maintenance of the ledger, a batch at a time: jobs fall due, are rescued, end overdue and are pruned.

Two processes may run a chore at once: each skips the rows that the other holds. The jobs that a chore ends
are returned, since their subjects must end in the same transaction: outside this package call
`domain/operations/maintenance.py`.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import job_maintenance, pool, worker
from jobs.ledger import Moved
from jobs.outcomes import DEADLINE, POISONED, TIMED_OUT, WORKER_LOST, error_of

BATCH = 500
MAX_CRASHES = 3

#: Seconds after an attempt's time is up in which its own worker ends it; then the ledger does.
GRACE_S = 0.5

#: How long what has ended is kept, in seconds.
KEEP_JOBS_S, KEEP_PASSING_S, KEEP_WORKERS_S = 30 * 86400.0, 3600.0, 3600.0

#: Jobs that wait in a pool and are counted at once; more are counted in parts of so many. Then seconds for
#: which such a count says how many wait, and seconds between two of its parts.
COUNTED = 5_000
COUNT_FRESH_S, COUNT_EVERY_S = 120.0, 0.2

#: The advisory lock of the dispatcher that works; the others stand by.
LEADER_LOCK = 7202


class Due(NamedTuple):
    """A pool with something due. Another `job_id` or `rotor` than before: somebody pulls."""

    pool: str
    kind: str
    job_id: UUID
    rotor: UUID


class Lead(NamedTuple):
    """The lead: whether this session has it, and the database's time."""

    leads: bool
    at: datetime


class _Look(NamedTuple):
    """A pool with something due; without any, one row whose `pool` is None."""

    at: datetime
    pool: str
    kind: str
    job_id: UUID
    rotor: UUID


TRY_TO_LEAD = pool.try_to_lead.typed(Lead)
LIST_DUE = pool.list_due.typed(_Look)
RESCUE_JOBS = job_maintenance.rescue_jobs.typed(Moved)
END_OVERDUE_JOBS = job_maintenance.end_overdue_jobs.typed(Moved)


async def try_to_lead(conn: Conn, lock: int = LEADER_LOCK) -> Lead:
    """The lead: whether this session has it from now on, or already had it, and the database's time."""
    return await TRY_TO_LEAD.row(conn, lock=lock)


async def look(conn: Conn) -> tuple[datetime, list[Due]]:
    """The database's time, and the pools that have something due and aren't paused."""
    rows = await LIST_DUE.all(conn)
    return rows[0].at, [Due(row.pool, row.kind, row.job_id, row.rotor) for row in rows if row.pool]


async def is_idle(conn: Conn, *, pool_name: str) -> bool:
    """True where a pool has a worker, and none of its jobs waits: what nobody waits for may take its turn."""
    return bool(await pool.is_idle.value(conn, pool=pool_name))


async def promote(conn: Conn) -> int:
    """Queue scheduled jobs whose time has come; how many."""
    return await job_maintenance.ripen_jobs.run(conn, limit=BATCH)


async def rescue(conn: Conn, *, before: datetime) -> list[Moved]:
    """Take jobs from workers whose lease has run out, and attempts whose time is up from any worker.

    Only while the database's time is `before` that.
    """
    return await RESCUE_JOBS.all(
        conn,
        before=before,
        limit=BATCH,
        max_crashes=MAX_CRASHES,
        poisoned=error_of(POISONED),
        exhausted=error_of(WORKER_LOST),
        late=error_of(TIMED_OUT),
        overdue=error_of(DEADLINE),
        grace_s=GRACE_S,
    )


async def hang_up(conn: Conn, *, before: datetime, patience_s: float) -> int:
    """End sessions silent in a transaction: for `patience_s`, or where `rescue` wants their job; how many."""
    return (
        await job_maintenance.hang_up.value(conn, before=before, grace_s=GRACE_S, patience_s=patience_s) or 0
    )


async def end_overdue(conn: Conn) -> list[Moved]:
    """Fail queued jobs past their deadline."""
    return await END_OVERDUE_JOBS.all(conn, overdue=error_of(DEADLINE))


async def count_due(conn: Conn) -> int:
    """Count a part of what waits in each pool with more than `COUNTED` jobs. Moves nothing: 0."""
    await pool.count_due.run(conn, part=COUNTED)
    return 0


async def prune_jobs(conn: Conn) -> int:
    """Delete jobs that ended long ago, with their attempts; how many. Some stay: a row still names them."""
    return await job_maintenance.prune_jobs.run(conn, limit=BATCH, keep_s=KEEP_JOBS_S)


async def prune_passing(conn: Conn) -> int:
    """Delete jobs that come all the time and are no history, such as a look at an account; how many."""
    return await job_maintenance.prune_passing.run(conn, limit=BATCH, keep_s=KEEP_PASSING_S)


async def prune_workers(conn: Conn) -> int:
    """Delete the rows of workers long dead that hold nothing; how many."""
    return await worker.prune_workers.run(conn, keep_s=KEEP_WORKERS_S)
