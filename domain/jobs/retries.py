"""Retries of failed or canceled jobs: each is a new job, by the rules of the original action."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import job
from domain.brand import ingests
from domain.content import generating
from domain.events import verifications
from domain.influencers import creating
from domain.media import app_media_fetches
from domain.projects import archive_status
from domain.publishing import changes
from domain.tenancy import project_locks
from domain.tenancy.delegation import scopes_grant
from jobs import controls
from jobs.kinds import (
    ARCHIVE_PROJECT,
    CONTENT_GENERATE,
    FETCH_APP_MEDIA,
    INFLUENCER_CREATE,
    INGEST_APPSTORE,
    INGEST_GITHUB,
    INGEST_WEBSITE,
    KINDS,
    PUBLISH_POST,
    VERIFY_TRACKING,
    Kind,
)
from jobs.ledger import SubmittedJob
from schemas.errors import Conflict, Forbidden
from schemas.errors.absent import present


class RetriedJob(NamedTuple):
    """Job that a retry repeats."""

    kind: str
    state: str
    project_id: UUID
    args: dict[str, Any]


GET_ORIGIN = job.get_origin.typed(RetriedJob)


async def retry(conn: Conn, *, organization_id: UUID, job_id: UUID, scopes: Collection[str]) -> SubmittedJob:
    """Submit a job that repeats another; `fresh` is False while an earlier retry runs.

    Raises `NotFound`, `Forbidden` without the scope of the original action, `Conflict` JOB_NOT_RETRYABLE, and
    every error of that action.
    """
    origin = present(await GET_ORIGIN.one(conn, org=organization_id, id=job_id), "job")
    check(origin, scopes)
    await project_locks.keep_project_state(
        conn, organization_id=organization_id, project_id=origin.project_id
    )
    await controls.lock_job_rows(conn, organization_id=organization_id, job_ids=[job_id])
    return await retry_checked_job(conn, organization_id=organization_id, job_id=job_id, origin=origin)


def check(origin: RetriedJob, scopes: Collection[str]) -> None:
    """Raise `Forbidden` or `Conflict` JOB_NOT_RETRYABLE for a job that can't be retried with these scopes."""
    kind = KINDS.get(origin.kind)
    if kind is None or kind.name not in _RETRIES:
        raise Conflict("JOB_NOT_RETRYABLE", f"jobs of the kind {origin.kind} can't be retried")
    if not scopes_grant(scopes, kind.scope):
        raise Forbidden(kind.scope)
    if origin.state not in {"failed", "canceled"}:
        raise Conflict("JOB_NOT_RETRYABLE", "only a failed or canceled job can be retried")


async def retry_checked_job(
    conn: Conn, *, organization_id: UUID, job_id: UUID, origin: RetriedJob
) -> SubmittedJob:
    """Retry a job that passed `check`. The caller locked its project, then the job.

    Marks the job as retried, which bulk retries rely on.
    """
    submitted = await _RETRIES[origin.kind](conn, KINDS[origin.kind], organization_id, job_id, origin)
    if submitted.fresh:
        await job.mark_retried.run(conn, org=organization_id, id=job_id, retried_as=submitted.job_id)
    return submitted


async def _retry_ingest(
    conn: Conn, kind: Kind, organization_id: UUID, job_id: UUID, origin: RetriedJob
) -> SubmittedJob:
    return await ingests.start(
        conn,
        kind=kind,
        organization_id=organization_id,
        project_id=origin.project_id,
        args=origin.args,
        retry_of=job_id,
    )


async def _retry_archive(
    conn: Conn, _: Kind, organization_id: UUID, job_id: UUID, origin: RetriedJob
) -> SubmittedJob:
    return await archive_status.retry(
        conn, organization_id=organization_id, project_id=origin.project_id, retry_of=job_id
    )


async def _retry_post(
    conn: Conn, _: Kind, organization_id: UUID, job_id: UUID, origin: RetriedJob
) -> SubmittedJob:
    return await changes.retry(
        conn,
        organization_id=organization_id,
        project_id=origin.project_id,
        post_id=UUID(origin.args["post_id"]),
        retry_of=job_id,
    )


async def _retry_fetch(conn: Conn, _: Kind, org: UUID, job_id: UUID, origin: RetriedJob) -> SubmittedJob:
    scope = {"organization_id": org, "project_id": origin.project_id}
    return await app_media_fetches.retry(conn, **scope, args=origin.args, retry_of=job_id)


async def _retry_verification(
    conn: Conn, _: Kind, org: UUID, job_id: UUID, origin: RetriedJob
) -> SubmittedJob:
    app = {"project_id": origin.project_id, "app_id": UUID(origin.args["app_id"])}
    return await verifications.start(conn, organization_id=org, retry_of=job_id, **app)


async def _retry_influencer(conn: Conn, _: Kind, org: UUID, job_id: UUID, origin: RetriedJob) -> SubmittedJob:
    scope = {"project_id": origin.project_id, "influencer_id": UUID(origin.args["influencer_id"])}
    return await creating.retry(conn, organization_id=org, retry_of=job_id, **scope)


async def _retry_content(
    conn: Conn, _: Kind, organization_id: UUID, job_id: UUID, origin: RetriedJob
) -> SubmittedJob:
    return await generating.retry(
        conn,
        organization_id=organization_id,
        project_id=origin.project_id,
        content_id=UUID(origin.args["content_id"]),
        revision=origin.args["revision"],
        retry_of=job_id,
    )


_RETRIES: Mapping[str, Callable[[Conn, Kind, UUID, UUID, RetriedJob], Awaitable[SubmittedJob]]] = {
    INGEST_WEBSITE.name: _retry_ingest,
    INGEST_GITHUB.name: _retry_ingest,
    INGEST_APPSTORE.name: _retry_ingest,
    ARCHIVE_PROJECT.name: _retry_archive,
    CONTENT_GENERATE.name: _retry_content,
    PUBLISH_POST.name: _retry_post,
    VERIFY_TRACKING.name: _retry_verification,
    INFLUENCER_CREATE.name: _retry_influencer,
    FETCH_APP_MEDIA.name: _retry_fetch,
}
