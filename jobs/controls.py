"""Controls of a job from outside its attempts: cancel it, or move its due time.

A cancel that ends a job must end its subject too: outside this package call `domain/jobs/jobs.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from db.pool import Conn
from db.queries import job
from jobs.kinds import JobKindSpec
from jobs.ledger import ChangedJob, WakeMessage

CANCEL_JOBS = job.cancel_jobs.typed(ChangedJob)
CANCEL_JOBS_OF_PROJECT = job.cancel_jobs_of_project.typed(ChangedJob)
MAKE_JOB_DUE = job.run_job_now.typed(WakeMessage)


async def lock_job_rows(conn: Conn, *, organization_id: UUID, job_ids: Sequence[UUID]) -> None:
    """Lock the rows of the given jobs of an organization until the transaction ends.

    Call it before rows that belong to these jobs are locked.
    """
    await job.lock_jobs.run(conn, org=organization_id, ids=job_ids)


async def cancel_open_jobs_by_ids(conn: Conn, *, organization_id: UUID, job_ids: Sequence[UUID]) -> list[ChangedJob]:
    """End those of the given jobs that are queued as canceled, and request the cancel of the running ones.

    Return their rows. A job that has ended, isn't cancelable now, or is unknown or internal has no row.
    """
    return await CANCEL_JOBS.all(conn, org=organization_id, ids=job_ids)


async def reschedule_job_row(
    conn: Conn, *, kind: JobKindSpec, organization_id: UUID, job_id: UUID, run_at: datetime
) -> list[WakeMessage] | None:
    """Move a queued job and its deadline to another time, and return the wakes to send.

    Return no wakes if that time is in the future, and None if the job runs or has ended.
    """
    due = await job.move_job.value(conn, org=organization_id, id=job_id, run_at=run_at, total_s=kind.total_s)
    if due is None:
        return None
    return [WakeMessage(kind.pool, kind.name, job_id)] if due else []


async def make_job_due(conn: Conn, *, organization_id: UUID, job_id: UUID) -> list[WakeMessage]:
    """Make a waiting job due now, and return the wakes to send.

    A running, ended or already due job stays as it is: no wakes are returned.
    """
    return await MAKE_JOB_DUE.all(conn, org=organization_id, id=job_id)


async def cancel_batch_of_project_jobs(
    conn: Conn, *, organization_id: UUID, project_id: UUID, kinds: Sequence[str], limit: int
) -> list[ChangedJob]:
    """End queued jobs of a project as canceled, request the cancel of running ones, and return their rows.

    It takes the next `limit` cancelable jobs of these kinds without a cancel request.
    """
    return await CANCEL_JOBS_OF_PROJECT.all(conn, org=organization_id, project_id=project_id, kinds=kinds, limit=limit)
