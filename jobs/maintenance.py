"""What keeps the ledger true while nobody calls: each chore a batch at a time, safe to run anywhere at once.

They skip rows that somebody holds, so they wait for nothing. What ends jobs answers with them, and
their subjects end in the same transaction: outside this package call `domain.operations.maintenance`.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import job, pool, worker
from jobs.ledger import Moved
from jobs.outcomes import DEADLINE, POISONED, WORKER_LOST, error_of

BATCH = 500
MAX_CRASHES = 3

#: How long what has ended is kept, in seconds.
KEEP_JOBS_S, KEEP_WORKERS_S = 30 * 86400.0, 3600.0

#: The advisory lock of the dispatcher that works; the others stand by.
LEADER_LOCK = 7202


class Due(NamedTuple):
    """A pool with something due. Another `job_id` or `rotor` than before: somebody pulls."""

    pool: str
    kind: str
    job_id: UUID
    rotor: UUID


async def try_to_lead(conn: Conn) -> tuple[bool, datetime]:
    """Whether this session leads from now on, or already did; and the database's time."""
    [row] = await pool.try_to_lead.all(conn, lock=LEADER_LOCK)
    return row["leads"], row["at"]


async def look(conn: Conn) -> tuple[datetime, list[Due]]:
    """The database's time, and the pools that have something due and aren't paused."""
    rows = await pool.list_due.all(conn)
    return rows[0]["at"], [Due(*[*row.values()][1:]) for row in rows if row["pool"]]


async def ripen(conn: Conn) -> int:
    """Let scheduled jobs whose time has come into their lines; how many."""
    return await job.ripen_jobs.run(conn, limit=BATCH)


async def rescue(conn: Conn, *, before: datetime) -> list[Moved]:
    """Take jobs from workers whose lease has run out, if the database's time is still `before` that."""
    rows = await job.rescue_jobs.all(
        conn,
        before=before,
        limit=BATCH,
        max_crashes=MAX_CRASHES,
        poisoned=error_of(POISONED),
        exhausted=error_of(WORKER_LOST),
        overdue=error_of(DEADLINE),
    )
    return [Moved(*row.values()) for row in rows]


async def end_overdue(conn: Conn) -> list[Moved]:
    """Fail queued jobs past their deadline."""
    rows = await job.end_overdue_jobs.all(conn, limit=BATCH, overdue=error_of(DEADLINE))
    return [Moved(*row.values()) for row in rows]


async def prune_jobs(conn: Conn) -> int:
    """Delete jobs that ended long ago, with their attempts; how many. Some stay: a row still names them."""
    return await job.prune_jobs.run(conn, limit=BATCH, keep_s=KEEP_JOBS_S)


async def prune_workers(conn: Conn) -> int:
    """Delete the rows of workers long dead that hold nothing; how many."""
    return await worker.prune_workers.run(conn, keep_s=KEEP_WORKERS_S)
