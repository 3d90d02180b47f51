"""Controls of a job from outside its attempts: cancel it, or move its due time.

A cancel that ends a job must end its subject too: outside this package call `domain/jobs/jobs.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from db.pool import Conn
from db.queries import job
from jobs.kinds import Kind
from jobs.ledger import ChangedJob, Wake

CANCEL_JOB = job.cancel_job.typed(ChangedJob)
CANCEL_JOBS = job.cancel_jobs.typed(ChangedJob)
CANCEL_JOBS_OF_PROJECT = job.cancel_jobs_of_project.typed(ChangedJob)
HASTEN_JOB = job.run_job_now.typed(Wake)


async def cancel(conn: Conn, *, organization_id: UUID, job_id: UUID) -> ChangedJob | None:
    """End a queued job, or request the cancel of a running one. None if it has ended or isn't cancelable."""
    return await CANCEL_JOB.one(conn, org=organization_id, id=job_id)


async def lock_many(conn: Conn, *, organization_id: UUID, job_ids: Sequence[UUID]) -> None:
    """Lock jobs. Call it before the lock of the rows that belong to them."""
    await job.lock_jobs.run(conn, org=organization_id, ids=job_ids)


async def cancel_many(conn: Conn, *, organization_id: UUID, job_ids: Sequence[UUID]) -> list[ChangedJob]:
    """Run `cancel` for each of these jobs. A job that has ended or isn't cancelable now has no row."""
    return await CANCEL_JOBS.all(conn, org=organization_id, ids=job_ids)


async def reschedule(
    conn: Conn, *, kind: Kind, organization_id: UUID, job_id: UUID, run_at: datetime
) -> list[Wake] | None:
    """Move a queued job to another time, and return the wakes to send; None if it runs or has ended."""
    due = await job.move_job.value(conn, org=organization_id, id=job_id, run_at=run_at, total_s=kind.total_s)
    if due is None:
        return None
    return [Wake(kind.pool, kind.name, job_id)] if due else []


async def run_now(conn: Conn, *, organization_id: UUID, job_id: UUID) -> list[Wake]:
    """Make a waiting job due now, and return the wakes to send. A running or ended job stays as it is."""
    return await HASTEN_JOB.all(conn, org=organization_id, id=job_id)


async def cancel_of_project(
    conn: Conn, *, organization_id: UUID, project_id: UUID, kinds: Sequence[str], limit: int
) -> list[ChangedJob]:
    """Run `cancel` for the next `limit` jobs of these kinds in a project without a cancel request so far."""
    return await CANCEL_JOBS_OF_PROJECT.all(
        conn, org=organization_id, project_id=project_id, kinds=kinds, limit=limit
    )
