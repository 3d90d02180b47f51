"""Posters: thumbnails of uploaded videos, each extracted by a job.

An API process never decodes uploads. A video has no poster until its job has ended, and never one if the
extraction fails. A backfill submits jobs for videos from before posters existed, one at a time, whenever the
pool is idle. It skips archived projects and suspended organizations for good.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import content_asset
from domain.media import uploads
from domain.media.files import Thumbnail
from jobs import ledger, maintenance
from jobs.kinds import MAKE_POSTER
from jobs.ledger import Claim, SubmittedJob, Wake
from schemas import ids
from schemas.content import Content
from schemas.errors.absent import absent, present

#: Files that one step of the backfill passes.
BACKFILL_BATCH = 200


class _File(NamedTuple):
    organization_id: UUID
    id: UUID
    content_id: UUID
    project_id: UUID
    wanted: bool


LIST_NEXT = content_asset.list_next.typed(_File)


async def start(conn: Conn, *, organization_id: UUID, content: Content) -> tuple[Wake, ...]:
    """Submit the job of a new upload if it is a video; return the wake of its pool.

    It can't fail an upload: jobs that are hidden from partners count toward no cap.
    """
    content_id, project_id = ids.read(ids.CONTENT, content.id), ids.read(ids.PROJECT, content.project_id)
    if content.format != "video" or content_id is None:
        return ()
    submitted = await _submit(conn, organization_id, project_id, content_id)
    return (submitted.wake,) if submitted.wake else ()


async def backfill(conn: Conn) -> int:
    """Submit the job of the next video without a poster if its pool is idle; return the number of passed
    files.

    The same transaction stores the position, so no file is passed twice.
    """
    if not await maintenance.is_idle(conn, pool_name=MAKE_POSTER.pool):
        return 0
    async with conn.transaction():
        passed = _up_to_wanted(await LIST_NEXT.all(conn, limit=BACKFILL_BATCH))
        if passed:
            await _pass(conn, passed[-1])
    return len(passed)


def _up_to_wanted(files: Sequence[_File]) -> Sequence[_File]:
    """Return the files up to the first video without a poster."""
    first = next((number for number, file in enumerate(files, 1) if file.wanted), len(files))
    return files[:first]


async def _pass(conn: Conn, last: _File) -> None:
    await content_asset.pass_files.run(conn, org=last.organization_id, asset_id=last.id)
    if last.wanted:
        await _submit(conn, last.organization_id, last.project_id, last.content_id)


async def _submit(
    conn: Conn, organization_id: UUID, project_id: UUID | None, content_id: UUID
) -> SubmittedJob:
    """Submit the job of a video, or return the one that is under way."""
    return await ledger.submit(
        conn,
        kind=MAKE_POSTER,
        organization_id=organization_id,
        project_id=project_id,
        args={"content_id": str(content_id)},
        unique_key=f"poster:{content_id}",
    )


async def begin(conn: Conn, *, claim: Claim) -> str:
    """Return the video's token. Raises `NotFound` if it was deleted or has a poster."""
    token: str = present(await content_asset.find_clip.value(conn, **_scope(claim)), "content")
    return token


async def finish(conn: Conn, *, claim: Claim, poster: Thumbnail) -> dict[str, Any]:
    """Attach the poster in the transaction that ends the job; return the job's result.

    Revision and approval stay, since posts don't change. Raises `NotFound` if the video was deleted or has a
    poster.
    """
    scope = _scope(claim)
    await uploads.claim_uploads(conn, organization_id=scope["org"], tokens=[poster.token])
    if not await content_asset.insert_poster.run(conn, **scope, **poster._asdict()):
        raise absent("content")
    return {"contentId": ids.show(ids.CONTENT, scope["content_id"])}


def _scope(claim: Claim) -> dict[str, UUID]:
    return {"org": claim.organization_id, "content_id": UUID(claim.args["content_id"])}
