"""Bulk cancels: many jobs of an organization at once, by a filter."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import bulk_job
from domain.jobs import subjects
from domain.tenancy import project_locks
from domain.values.periods import ListPeriod
from jobs import controls
from jobs.kinds import PUBLIC_JOB_KIND_NAMES
from schemas import ids
from schemas.jobs import BulkCanceled

#: Jobs that a call cancels, and that it counts.
MAX_JOBS_PER_BULK_CANCEL, MAX_JOBS_COUNTED_FOR_BULK_CANCEL = 100, 1_000


class JobCancelFilter(NamedTuple):
    """Filter of a cancel; None matches all."""

    project_id: UUID | None
    kinds: Sequence[str] | None
    stages: Sequence[str] | None
    phases: Sequence[str] | None
    period: ListPeriod


async def cancel_matching_org_jobs(
    conn: Conn, *, organization_id: UUID, chosen: JobCancelFilter, dry_run: bool, most: int | None = None
) -> BulkCanceled:
    """Cancel an organization's oldest jobs that match a filter and can be canceled now, at most `most`.

    Returns them and the number of matches up to a maximum; `dry_run` cancels none. Raises `ObjectNotFound`.
    """
    if chosen.project_id is not None:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=chosen.project_id)
    rows = await bulk_job.list_cancelable.all(
        conn,
        org=organization_id,
        project_id=chosen.project_id,
        kinds=chosen.kinds or PUBLIC_JOB_KIND_NAMES,
        stages=chosen.stages,
        phases=chosen.phases,
        since=chosen.period.since,
        until=chosen.period.until,
        limit=MAX_JOBS_COUNTED_FOR_BULK_CANCEL + 1,
    )
    matching = [row["id"] for row in rows]
    moved = []
    if not dry_run:
        batch = matching[: most or MAX_JOBS_PER_BULK_CANCEL]
        moved = await controls.cancel_open_jobs_by_ids(conn, organization_id=organization_id, job_ids=batch)
        await subjects.end_job_subjects(conn, moved)
    return BulkCanceled(
        matched=min(len(matching), MAX_JOBS_COUNTED_FOR_BULK_CANCEL),
        capped=len(matching) > MAX_JOBS_COUNTED_FOR_BULK_CANCEL,
        job_ids=sorted(ids.format_prefixed_id(ids.JOB_ID_PREFIX, row.id) for row in moved),
        more=len(matching) > len(moved),
    )
