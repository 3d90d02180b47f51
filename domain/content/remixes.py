"""Remixes: content that is cut from a clip. The clip may belong to other content."""

from uuid import UUID

from db.pool import Conn
from db.queries import content_generation
from domain.publishing.disclosure import ContentOrigin

LIST_ORIGINS_OF_CLIP = content_generation.list_origins_of_clip.typed(ContentOrigin)


async def show_ai_clip(conn: Conn, *, organization_id: UUID, content_id: UUID) -> bool:
    """Return whether a content's last revision shows a clip from content with an AI label."""
    rows = await LIST_ORIGINS_OF_CLIP.all(conn, org=organization_id, id=content_id)
    return any(row.is_ai_generated for row in rows)
