"""Remixes: content that is cut from a clip, which may be content of its own."""

from uuid import UUID

from db.pool import Conn
from db.queries import content_generation
from domain.publishing.disclosure import Origin

LIST_ORIGINS_OF_CLIP = content_generation.list_origins_of_clip.typed(Origin)


async def show_ai_clip(conn: Conn, *, organization_id: UUID, content_id: UUID) -> bool:
    """True if the last revision of a content shows a clip of content that needs the AI label."""
    rows = await LIST_ORIGINS_OF_CLIP.all(conn, org=organization_id, id=content_id)
    return any(row.is_ai_generated for row in rows)
