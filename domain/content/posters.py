"""Posters: the thumbnails of uploaded videos, each cut out of its video by a job.

An API process never decodes what a stranger sends. A video is content without a poster until its job has
ended, and for good where none can be made. Videos that were uploaded before there were posters are looked
for, one after the other, whenever the pool has a worker and no job of it waits. The search passes over those
of archived projects and of suspended organizations, and doesn't come back.
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
from jobs.ledger import Claim, Submitted, Wake
from schemas import ids
from schemas.content import Content
from schemas.errors.absent import absent

#: Files of which one look goes past.
LOOKED_AT = 200


class _File(NamedTuple):
    organization_id: UUID
    id: UUID
    content_id: UUID
    project_id: UUID
    wanted: bool


LIST_NEXT = content_asset.list_next.typed(_File)


async def start(conn: Conn, *, organization_id: UUID, content: Content) -> tuple[Wake, ...]:
    """The job for what was just uploaded, if it is a video, and whom to wake for it.

    No upload is refused for it: jobs that partners don't see count in no cap.
    """
    content_id, project_id = ids.read(ids.CONTENT, content.id), ids.read(ids.PROJECT, content.project_id)
    if content.format != "video" or content_id is None:
        return ()
    submitted = await _submit(conn, organization_id, project_id, content_id)
    return (submitted.wake,) if submitted.wake else ()


async def look_back(conn: Conn) -> int:
    """Submit the job of the next video without a poster, if its pool is idle; how many files this went past.

    How far it is stays on record in the same transaction: nothing is gone past twice.
    """
    if not await maintenance.is_idle(conn, pool_name=MAKE_POSTER.pool):
        return 0
    async with conn.transaction():
        passed = _up_to_wanted(await LIST_NEXT.all(conn, limit=LOOKED_AT))
        if passed:
            await _pass(conn, passed[-1])
    return len(passed)


def _up_to_wanted(files: Sequence[_File]) -> Sequence[_File]:
    """The files up to the first video that lacks a poster."""
    first = next((number for number, one in enumerate(files, 1) if one.wanted), len(files))
    return files[:first]


async def _pass(conn: Conn, last: _File) -> None:
    await content_asset.pass_files.run(conn, org=last.organization_id, asset_id=last.id)
    if last.wanted:
        await _submit(conn, last.organization_id, last.project_id, last.content_id)


async def _submit(conn: Conn, organization_id: UUID, project_id: UUID | None, content_id: UUID) -> Submitted:
    """The job of a video, or the one that is on its way."""
    return await ledger.submit(
        conn,
        kind=MAKE_POSTER,
        organization_id=organization_id,
        project_id=project_id,
        args={"content_id": str(content_id)},
        unique_key=f"poster:{content_id}",
    )


async def begin(conn: Conn, *, claim: Claim) -> str:
    """The token of the video. Raises `NotFound` once it was deleted, or has a poster."""
    token: str | None = await content_asset.find_clip.value(conn, **_scope(claim))
    if token is None:
        raise absent("content")
    return token


async def finish(conn: Conn, *, claim: Claim, poster: Thumbnail) -> dict[str, Any]:
    """Give the video its poster, in the transaction that ends the job; the job's result.

    Revision and approval stay: what would go out is the same. Raises `NotFound` once it was deleted, or
    has a poster.
    """
    scope = _scope(claim)
    await uploads.take(conn, organization_id=scope["org"], tokens=[poster.token])
    if not await content_asset.insert_poster.run(conn, **scope, **poster._asdict()):
        raise absent("content")
    return {"contentId": ids.show(ids.CONTENT, scope["content_id"])}


def _scope(claim: Claim) -> dict[str, UUID]:
    return {"org": claim.organization_id, "content_id": UUID(claim.args["content_id"])}
