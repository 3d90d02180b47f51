"""Posters: thumbnails of uploaded videos, each extracted by a job.

An API process never decodes uploads. A video has no poster until its job has ended, and never one if the
extraction fails. A backfill submits jobs for videos from before posters existed, one at a time, whenever the
pool is idle. It skips archived projects and suspended organizations for good.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import content_asset
from domain.media.files import Thumbnail
from jobs import ledger, maintenance
from jobs.kinds import MAKE_VIDEO_POSTER_KIND
from jobs.ledger import JobClaim, SubmittedJob, WakeMessage
from jobs.outcomes import Done, JobWrite
from schemas import ids
from schemas.content import Content
from schemas.errors.absent import require_found

#: Files that one step of the backfill passes.
MAX_FILES_SCANNED_PER_POSTER_BACKFILL = 200


class _FileCheckedForMissingPoster(NamedTuple):
    organization_id: UUID
    id: UUID
    content_id: UUID
    project_id: UUID
    wanted: bool


LIST_FILES_TO_CHECK_FOR_VIDEO_POSTER = content_asset.list_next.typed(_FileCheckedForMissingPoster)


async def submit_upload_poster_job(conn: Conn, *, organization_id: UUID, content: Content) -> tuple[WakeMessage, ...]:
    """Submit the poster job of newly uploaded content if it is a video; return the wake to send, if there is one.

    It can't fail an upload: jobs that are hidden from partners count toward no cap.
    """
    content_id, project_id = (
        ids.parse_prefixed_id(ids.CONTENT_ID_PREFIX, content.id),
        ids.parse_prefixed_id(ids.PROJECT_ID_PREFIX, content.project_id),
    )
    if content.format != "video" or content_id is None:
        return ()
    submitted = await _submit_video_poster_job(conn, organization_id, project_id, content_id)
    return (submitted.wake,) if submitted.wake else ()


async def submit_next_video_poster_backfill(conn: Conn) -> int:
    """Submit the job for the next uploaded video without a poster, if the pool of such jobs is idle.

    Returns the number of files that the search passed. The same transaction stores its position, so no file
    is passed twice.
    """
    if not await maintenance.has_pool_worker_and_no_queued_job(conn, pool_name=MAKE_VIDEO_POSTER_KIND.pool):
        return 0
    async with conn.transaction():
        passed = _files_up_to_missing_poster(
            await LIST_FILES_TO_CHECK_FOR_VIDEO_POSTER.all(conn, limit=MAX_FILES_SCANNED_PER_POSTER_BACKFILL)
        )
        if passed:
            await _advance_poster_backfill(conn, passed[-1])
    return len(passed)


def _files_up_to_missing_poster(
    files: Sequence[_FileCheckedForMissingPoster],
) -> Sequence[_FileCheckedForMissingPoster]:
    """Return the files up to and with the first video without a poster; all files if there is none."""
    first = next((number for number, file in enumerate(files, 1) if file.wanted), len(files))
    return files[:first]


async def _advance_poster_backfill(conn: Conn, last: _FileCheckedForMissingPoster) -> None:
    await content_asset.pass_files.run(conn, org=last.organization_id, asset_id=last.id)
    if last.wanted:
        await _submit_video_poster_job(conn, last.organization_id, last.project_id, last.content_id)


async def _submit_video_poster_job(
    conn: Conn, organization_id: UUID, project_id: UUID | None, content_id: UUID
) -> SubmittedJob:
    """Submit the job that extracts the poster of a content's video, or return the one under way."""
    return await ledger.submit_job(
        conn,
        kind=MAKE_VIDEO_POSTER_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args={"content_id": str(content_id)},
        unique_key=f"poster:{content_id}",
    )


async def find_storage_token_of_posterless_video(conn: Conn, *, claim: JobClaim) -> str:
    """Return the storage token of a video without a poster. Raises `ObjectNotFound` if it was deleted or has one."""
    token: str = require_found(
        await content_asset.find_clip.value(conn, **_org_and_content_id_of_claim(claim)), "content"
    )
    return token


def build_video_poster_outcome(claim: JobClaim, poster: Thumbnail) -> Done:
    """Return the outcome of a poster job, with the write that attaches the poster to its video.

    Revision and approval stay, since posts don't change. If the video was deleted or its project archived
    meanwhile, the job completes without a poster.
    """
    scope = _org_and_content_id_of_claim(claim)
    return Done(
        {"contentId": ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, scope["content_id"])},
        [JobWrite(content_asset.insert_poster, {**scope, **poster._asdict()})],
    )


def _org_and_content_id_of_claim(claim: JobClaim) -> dict[str, UUID]:
    return {"org": claim.organization_id, "content_id": UUID(claim.args["content_id"])}
