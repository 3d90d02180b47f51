"""What keeps the ledger true while nobody calls: each chore in batches, safe to run anywhere at once.

They skip rows that somebody holds, so they wait for nothing. What ends jobs answers with them, and
their subjects end in the same transaction: outside this package call `domain.upkeep`.
"""

from db.pool import Conn
from db.queries import job, pool, worker
from jobs.ledger import Moved, Wake
from jobs.outcomes import DEADLINE, POISONED, WORKER_LOST, error_of

BATCH = 500
MAX_CRASHES = 3

#: How long what has ended is kept, in seconds.
KEEP_JOBS_S, KEEP_WORKERS_S = 30 * 86400.0, 3600.0


async def due_heads(conn: Conn) -> list[Wake]:
    """A due job of each pool that has one and isn't paused."""
    return [Wake(*row.values()) for row in await pool.list_due_heads.all(conn)]


async def ripen(conn: Conn) -> int:
    """Let scheduled jobs whose time has come into their lines; how many."""
    return await job.ripen_jobs.run(conn, limit=BATCH)


async def rescue(conn: Conn) -> list[Moved]:
    """Take jobs from workers whose lease has run out. Judge leases only in unbroken contact with Postgres."""
    rows = await job.rescue_jobs.all(
        conn,
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
    """Delete workers long dead that hold nothing; how many."""
    return await worker.prune_workers.run(conn, keep_s=KEEP_WORKERS_S)
