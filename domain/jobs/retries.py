"""Retries of failed or canceled jobs: each is a new job, by the rules of the original action."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import job
from domain.brand import ingests
from domain.content import generating, template_previews
from domain.events import verifications
from domain.influencers import creating
from domain.media import app_media_fetches
from domain.projects import archive_status
from domain.publishing import changes
from domain.tenancy import project_locks
from domain.tenancy.delegation import is_scope_granted
from jobs import controls
from jobs.kinds import (
    ARCHIVE_PROJECT_KIND,
    CONTENT_GENERATE_KIND,
    FETCH_APP_MEDIA_KIND,
    INFLUENCER_CREATE_KIND,
    INGEST_APPSTORE_KIND,
    INGEST_GITHUB_KIND,
    INGEST_WEBSITE_KIND,
    JOB_KINDS,
    PREVIEW_TEMPLATE_KIND,
    PUBLISH_POST_KIND,
    VERIFY_TRACKING_KIND,
)
from jobs.ledger import SubmittedJob
from schemas.errors import ApiKeyScopeMissing, StateConflict
from schemas.errors.absent import require_found


class JobToRetry(NamedTuple):
    """Job that a retry repeats."""

    kind: str
    state: str
    project_id: UUID
    args: dict[str, Any]


GET_JOB_TO_RETRY = job.get_origin.typed(JobToRetry)


async def submit_job_retry(conn: Conn, *, organization_id: UUID, job_id: UUID, scopes: Collection[str]) -> SubmittedJob:
    """Submit and return a new job that repeats a failed or canceled one.

    If an earlier retry still runs, returns that job with `fresh` False. Raises `ObjectNotFound`, `ApiKeyScopeMissing`
    without the scope of the original action, `StateConflict` JOB_NOT_RETRYABLE, and every error of that action.
    """
    origin = require_found(await GET_JOB_TO_RETRY.one(conn, org=organization_id, id=job_id), "job")
    check_job_retryable(origin, scopes)
    await project_locks.lock_project_status(conn, organization_id=organization_id, project_id=origin.project_id)
    await controls.lock_job_rows(conn, organization_id=organization_id, job_ids=[job_id])
    return await submit_checked_retry(conn, organization_id=organization_id, job_id=job_id, origin=origin)


def check_job_retryable(origin: JobToRetry, scopes: Collection[str]) -> None:
    """Raise `StateConflict` JOB_NOT_RETRYABLE by a job's kind or state, `ApiKeyScopeMissing` by its kind."""
    kind = JOB_KINDS.get(origin.kind)
    if kind is None or kind.name not in _RETRY_FUNCTION_BY_JOB_KIND:
        raise StateConflict("JOB_NOT_RETRYABLE", f"jobs of the kind {origin.kind} can't be retried")
    if not is_scope_granted(scopes, kind.scope):
        raise ApiKeyScopeMissing(kind.scope)
    if origin.state not in {"failed", "canceled"}:
        raise StateConflict("JOB_NOT_RETRYABLE", "only a failed or canceled job can be retried")


async def submit_checked_retry(conn: Conn, *, organization_id: UUID, job_id: UUID, origin: JobToRetry) -> SubmittedJob:
    """Submit and return the retry of a job that passed `check_job_retryable`.

    Marks the old job as retried, which bulk retries rely on. The caller locked its project, then the job.
    """
    scope = {"organization_id": organization_id, "project_id": origin.project_id, "retry_of": job_id}
    submitted = await _RETRY_FUNCTION_BY_JOB_KIND[origin.kind](conn, scope, origin)
    if submitted.fresh:
        await job.mark_retried.run(conn, org=organization_id, id=job_id, retried_as=submitted.job_id)
    return submitted


async def _resubmit_ingest(conn: Conn, scope: dict[str, UUID], origin: JobToRetry) -> SubmittedJob:
    return await ingests.start_ingest(conn, **scope, kind=JOB_KINDS[origin.kind], args=origin.args)


#: Function that retries a job of each kind. The scope has the organization, the project and the old job.
_RETRY_FUNCTION_BY_JOB_KIND: Mapping[str, Callable[[Conn, dict[str, UUID], JobToRetry], Awaitable[SubmittedJob]]] = {
    INGEST_WEBSITE_KIND.name: _resubmit_ingest,
    INGEST_GITHUB_KIND.name: _resubmit_ingest,
    INGEST_APPSTORE_KIND.name: _resubmit_ingest,
    ARCHIVE_PROJECT_KIND.name: lambda conn, scope, _: archive_status.retry_project_archive(conn, **scope),
    CONTENT_GENERATE_KIND.name: lambda conn, scope, origin: generating.retry_content_generation(
        conn, **scope, content_id=UUID(origin.args["content_id"]), revision=origin.args["revision"]
    ),
    PUBLISH_POST_KIND.name: lambda conn, scope, origin: changes.retry_failed_post(
        conn, **scope, post_id=UUID(origin.args["post_id"])
    ),
    VERIFY_TRACKING_KIND.name: lambda conn, scope, origin: verifications.start_tracking_verification(
        conn, **scope, app_id=UUID(origin.args["app_id"])
    ),
    INFLUENCER_CREATE_KIND.name: lambda conn, scope, origin: creating.retry_influencer_drawing(
        conn, **scope, influencer_id=UUID(origin.args["influencer_id"])
    ),
    PREVIEW_TEMPLATE_KIND.name: lambda conn, scope, origin: template_previews.start_template_preview(
        conn, **scope, template_id=template_previews.template_id_of_job(origin.args), aspect=origin.args["aspect"]
    ),
    FETCH_APP_MEDIA_KIND.name: lambda conn, scope, origin: app_media_fetches.resubmit_media_fetch(
        conn, **scope, args=origin.args
    ),
}
