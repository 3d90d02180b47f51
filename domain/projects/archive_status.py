"""Archive of a project: it blocks new work at once, and a job cleans up the rest."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import collection
from db.queries import project as projects
from db.queries.rows import ProjectRowLockedForChange
from domain.leasing import requests
from domain.leasing.requests import AuditEntryOrgAndApiKey
from domain.publishing import posts
from domain.tenancy import audit, project_locks
from domain.values.answers import build_api_answer_from_row
from jobs import ledger
from jobs.kinds import ARCHIVE_PROJECT_KIND
from schemas import ids
from schemas.errors import StateConflict
from schemas.projects import Archived


class _ProjectArchiveRow(NamedTuple):
    id: UUID
    status: str
    archived_at: datetime
    canceled_scheduled_posts: int
    in_flight_posts: int
    archive_job_id: UUID


MARK_PROJECT_ARCHIVED = projects.archive_project.typed(_ProjectArchiveRow)


async def begin_project_archive(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    api_key_id: UUID | None,
    versions: project_locks.IfMatchVersions = None,
) -> tuple[Archived, ledger.WakeMessage | None]:
    """Archive a project and submit the job that cleans up; return the API answer and the job's wake.

    A repeat returns the first answer without a wake. After the commit `lock_active_project` refuses all new work. The
    waiting posts that the answer counts are never sent; the posts in flight were marked `sending` before. Open
    requests for leased accounts are closed here. Raises `ObjectNotFound`, `VersionOutdated`.
    """
    locked = await project_locks.lock_project_version(
        conn, organization_id=organization_id, project_id=project_id, versions=versions
    )
    if locked.status == "archived":
        return _archived_project_to_schema(locked), None
    submitted = await ledger.submit_job(
        conn, kind=ARCHIVE_PROJECT_KIND, organization_id=organization_id, project_id=project_id, args={}
    )
    closed = await requests.close_project_lease_requests(conn, organization_id=organization_id, project_id=project_id)
    counts = await posts.count_open_project_posts(conn, organization_id=organization_id, project_id=project_id)
    archived = await MARK_PROJECT_ARCHIVED.row(
        conn,
        org=organization_id,
        id=project_id,
        archive_job_id=submitted.job_id,
        canceled_scheduled_posts=counts.waiting,
        in_flight_posts=counts.in_flight,
    )
    log = AuditEntryOrgAndApiKey(organization_id, api_key_id, project_id)
    details = {"closedLeaseRequests": closed} if closed else None
    subject = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)
    await audit.write_audit_entry(conn, **log._asdict(), action="project.archived", subject=subject, details=details)
    return _archived_project_to_schema(archived), submitted.wake


async def retry_project_archive(
    conn: Conn, *, organization_id: UUID, project_id: UUID, retry_of: UUID
) -> ledger.SubmittedJob:
    """Submit an archive's failed cleanup again. Raises `StateConflict` JOB_NOT_RETRYABLE if the project is active."""
    if await projects.share_project.value(conn, org=organization_id, id=project_id) != "archived":
        raise StateConflict("JOB_NOT_RETRYABLE", "the project is active again: there is nothing to archive")
    return await ledger.submit_job(
        conn,
        kind=ARCHIVE_PROJECT_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args={},
        unique_key=f"retry:{retry_of}",
        retry_of=retry_of,
    )


async def reactivate_project(conn: Conn, locked: ProjectRowLockedForChange) -> None:
    """Make the project active again; canceled work stays canceled. Its metrics are due for collection at once.

    Raises `StateConflict` ARCHIVE_RUNNING until the archive's job has ended, and so canceled all posts.
    """
    await check_project_archive_done(conn, organization_id=locked.organization_id, project_id=locked.id)
    await projects.unarchive_project.run(conn, org=locked.organization_id, id=locked.id)
    await collection.make_project_due.run(conn, org=locked.organization_id, project_id=locked.id)


async def check_project_archive_done(conn: Conn, *, organization_id: UUID, project_id: UUID) -> None:
    """Raise `StateConflict` ARCHIVE_RUNNING while the job of a project's archive, or work for it, is left.

    The caller has locked the archived project.
    """
    row = await projects.open_archive.one(conn, org=organization_id, id=project_id)
    if row is not None:
        raise StateConflict(
            "ARCHIVE_RUNNING",
            "the archive still runs: wait for the end of its job, or retry it if it failed",
            jobId=row["archive_job_id"] and ids.format_prefixed_id(ids.JOB_ID_PREFIX, row["archive_job_id"]),
        )


def _archived_project_to_schema(row: _ProjectArchiveRow | ProjectRowLockedForChange) -> Archived:
    """Return the API answer of a project's archive from its row, the same while the project is archived."""
    job_id = row.archive_job_id and ids.format_prefixed_id(ids.JOB_ID_PREFIX, row.archive_job_id)
    return build_api_answer_from_row(
        Archived, row, id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, row.id), job_id=job_id
    )
