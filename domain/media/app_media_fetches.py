"""Fetches of app media: a job downloads a file from a partner's URL into a waiting row."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import app_media as queries
from domain.media import app_media, app_media_limits, uploads
from domain.media.app_media import AppMediaTotals
from domain.media.files import StoredFile
from domain.tenancy import organizations, project_locks
from jobs import ledger
from jobs.kinds import FETCH_APP_MEDIA_KIND
from jobs.ledger import ChangedJob, JobClaim, SubmittedJob
from schemas import ids
from schemas.app_media import AppMediaKind
from schemas.errors.absent import not_found_error
from schemas.pictures import PictureRole

#: Rows of failed fetches that a project keeps.
MAX_KEPT_FAILED_FETCHES_PER_PROJECT = 50


class StartedMediaFetch(NamedTuple):
    """Submitted fetch job, and the id of the app media file that it downloads."""

    submitted: SubmittedJob
    asset_id: UUID


class MediaFetchAttemptInput(NamedTuple):
    """Input of one attempt of a fetch job.

    `sandbox`: the organization is a sandbox. `awaited`: the row of the file still exists.
    """

    sandbox: bool
    awaited: bool


async def start_app_media_fetch(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    kind: AppMediaKind,
    url: str,
    transcript: str,
    role: PictureRole | None = None,
) -> StartedMediaFetch:
    """Submit a fetch of a URL `ssrf_guard` accepted, insert its row, drop old failures; return job and file id.

    Raises `ObjectNotFound`, `LimitReached`, `StateConflict` PROJECT_ARCHIVED or TOO_MUCH_APP_MEDIA.
    """
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    await app_media.check_app_media_room(
        conn, organization_id=organization_id, project_id=project_id, kind=kind, adding=AppMediaTotals(files=1)
    )
    asset_id = ids.new_uuid7()
    args = {"asset_id": str(asset_id), "kind": kind, "url": url}
    submitted = await ledger.submit_job(
        conn, kind=FETCH_APP_MEDIA_KIND, organization_id=organization_id, project_id=project_id, args=args
    )
    await queries.insert_fetching.run(
        conn,
        org=organization_id,
        project_id=project_id,
        id=asset_id,
        kind=kind,
        rank=app_media.compute_time_based_app_media_rank(kind),
        source_url=url,
        job_id=submitted.job_id,
        transcript=transcript or None,
        declared_role=role,
    )
    await queries.forget_failed.run(
        conn, org=organization_id, project_id=project_id, keep=MAX_KEPT_FAILED_FETCHES_PER_PROJECT
    )
    return StartedMediaFetch(submitted, asset_id)


async def resubmit_media_fetch(
    conn: Conn, *, organization_id: UUID, project_id: UUID, args: dict[str, Any], retry_of: UUID
) -> SubmittedJob:
    """Retry a failed fetch; `fresh` is False while an earlier retry runs. Raises as `start_app_media_fetch`."""
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    await queries.lock_list.run(conn, project_id=project_id)
    submitted = await ledger.submit_job(
        conn,
        kind=FETCH_APP_MEDIA_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args=args,
        unique_key=f"app-media:{args['asset_id']}",
        retry_of=retry_of,
    )
    if submitted.fresh:
        scope = {"organization_id": organization_id, "project_id": project_id}
        again = {"org": organization_id, "project_id": project_id, "id": UUID(args["asset_id"])}
        if not await queries.fetch_again.run(conn, **again, job_id=submitted.job_id):
            raise not_found_error("app_media")
        await app_media.check_app_media_room(conn, **scope, kind=args["kind"], adding=AppMediaTotals())
    return submitted


async def begin_app_media_fetch_attempt(conn: Conn, *, claim: JobClaim) -> MediaFetchAttemptInput:
    """Release the files of earlier attempts; return the input of this one, which stores all files again."""
    return MediaFetchAttemptInput(
        await organizations.is_sandbox_organization(conn, organization_id=claim.organization_id),
        bool(
            await queries.begin_attempt.run(
                conn, **_app_media_fetch_sql_parameters(claim), grace_s=uploads.ABANDONED_UPLOAD_GRACE_S
            )
        ),
    )


async def reserve_app_media_fetch_storage(conn: Conn, *, claim: JobClaim, at_most: int) -> str:
    """Reserve `at_most` bytes for the file that a fetch job will store, and note its new token; return the token.

    Raises `BodyOversized`, and `ObjectNotFound` if the row was deleted meanwhile.
    """
    token = await uploads.reserve_upload(conn, organization_id=claim.organization_id, at_most=at_most)
    if not await queries.begin_file.run(conn, **_app_media_fetch_sql_parameters(claim), token=token):
        raise not_found_error("app_media")
    return token


async def finish_app_media_fetch(
    conn: Conn, *, claim: JobClaim, file: StoredFile, begun: Sequence[str]
) -> dict[str, Any]:
    """Attach a fetched file to its app media row in the transaction that ends the job; return the job's result.

    `begun` are the tokens of all files of the attempt. Raises `ObjectNotFound` if the row was deleted
    meanwhile, `InvalidValue`, `StateConflict` TOO_MUCH_APP_MEDIA, `ServiceUnavailable`.
    """
    org = claim.organization_id
    app_media_limits.check_app_media_picture(file)
    await app_media.check_app_media_room(
        conn,
        organization_id=org,
        project_id=media_fetch_job_project_id(claim),
        kind=claim.args["kind"],
        adding=AppMediaTotals(bytes=file.size_bytes),
    )
    if not await queries.finish_fetch.run(
        conn,
        **_app_media_fetch_sql_parameters(claim),
        **app_media.build_column_values_of_stored_file(claim.args["kind"], file),
    ):
        raise not_found_error("app_media")
    await uploads.claim_uploads(conn, organization_id=org, tokens=[file.token])
    await uploads.mark_uploads_to_prune(conn, organization_id=org, tokens=begun)
    return {"assetId": ids.format_prefixed_id(ids.ASSET_ID_PREFIX, UUID(claim.args["asset_id"]))}


async def fail_app_media_of_ended_jobs(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """Mark the missing app media of these failed or canceled fetch jobs as failed; release the jobs' uploads."""
    await queries.end_fetches.run(
        conn,
        orgs=[row.organization_id for row in rows],
        job_ids=[row.id for row in rows],
        grace_s=uploads.ABANDONED_UPLOAD_GRACE_S,
    )


def media_fetch_job_project_id(claim: JobClaim) -> UUID:
    """Return the project's id of a fetch job, which always has one."""
    assert claim.project_id is not None  # noqa: S101
    return claim.project_id


def _app_media_fetch_sql_parameters(claim: JobClaim) -> dict[str, UUID]:
    return {"org": claim.organization_id, "id": UUID(claim.args["asset_id"]), "job_id": claim.id}
