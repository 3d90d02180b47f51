"""Chores beyond the ledger: ends of jobs with their subjects, and deletion of expired rows."""

from datetime import datetime

from db.pool import Conn
from db.queries import idempotency_key, oauth_state
from domain.jobs import subjects
from jobs import maintenance
from jobs.ledger import ChangedJob


async def requeue_or_end_lost_jobs(conn: Conn, *, before: datetime) -> list[ChangedJob]:
    """Queue or end a batch of jobs that dead workers hold, or with an attempt past its time limit; return the jobs.

    Ends the subjects of failed and canceled ones. Does nothing once the database's time is past `before`.
    """
    async with conn.transaction():
        moved = await maintenance.rescue_lost_jobs(conn, before=before)
        await subjects.end_job_subjects(conn, moved)
    return moved


async def end_overdue_jobs_and_subjects(conn: Conn) -> list[ChangedJob]:
    """Fail a batch of queued jobs past their deadline, and end their subjects, such as posts; return the jobs."""
    async with conn.transaction():
        moved = await maintenance.fail_queued_jobs_past_deadline(conn)
        await subjects.end_job_subjects(conn, moved)
    return moved


async def prune_idempotency_keys(conn: Conn) -> int:
    """Delete a batch of idempotency records older than 24 h; return their number."""
    return await idempotency_key.prune_keys.run(conn, limit=maintenance.MAX_MAINTENANCE_ROWS)


async def prune_oauth_states(conn: Conn) -> int:
    """Delete a batch of OAuth states that expired a day ago or earlier; return their number."""
    return await oauth_state.prune_oauth_states.run(conn, limit=maintenance.MAX_MAINTENANCE_ROWS)
