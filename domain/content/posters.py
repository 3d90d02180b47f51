"""Posters: the thumbnails of uploaded videos, each cut out of its video by a job.

An API process never decodes what a stranger sends. A video is content without a poster until its job has
ended, and for good where none can be made.
"""

from typing import Any
from uuid import UUID

from db.pool import Conn
from db.queries import content_asset
from domain.media import uploads
from domain.media.files import Thumbnail
from jobs import ledger
from jobs.kinds import MAKE_POSTER
from jobs.ledger import Claim, Wake
from schemas import ids
from schemas.content import Content
from schemas.errors.absent import absent


async def start(conn: Conn, *, organization_id: UUID, content: Content) -> tuple[Wake, ...]:
    """The job for what was just uploaded, if it is a video, and whom to wake for it.

    No upload is refused for it: jobs that partners don't see count in no cap.
    """
    content_id = ids.read(ids.CONTENT, content.id)
    if content.format != "video":
        return ()
    submitted = await ledger.submit(
        conn,
        kind=MAKE_POSTER,
        organization_id=organization_id,
        project_id=ids.read(ids.PROJECT, content.project_id),
        args={"content_id": str(content_id)},
    )
    return (submitted.wake,) if submitted.wake else ()


async def begin(conn: Conn, *, claim: Claim) -> str:
    """The token of the video. Raises `NotFound` once it was deleted."""
    token: str | None = await content_asset.find_clip.value(conn, **_scope(claim))
    if token is None:
        raise absent("content")
    return token


async def finish(conn: Conn, *, claim: Claim, poster: Thumbnail) -> dict[str, Any]:
    """Give the video its poster, in the transaction that ends the job; the job's result.

    Revision and approval stay: what would go out is the same. Raises `NotFound` once it was deleted.
    """
    scope = _scope(claim)
    await uploads.take(conn, organization_id=scope["org"], tokens=[poster.token])
    if not await content_asset.insert_poster.run(conn, **scope, **poster._asdict()):
        raise absent("content")
    return {"contentId": ids.show(ids.CONTENT, scope["content_id"])}


def _scope(claim: Claim) -> dict[str, UUID]:
    return {"org": claim.organization_id, "content_id": UUID(claim.args["content_id"])}
