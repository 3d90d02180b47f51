"""Tickets: one-time addresses of files, each known to one call to a platform.

If a platform downloads files itself, its downloads show whether it accepted a call with a lost answer. A
closed ticket leads nowhere: if no ticket was fetched before, no call can still create the post.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import media_ticket
from domain.media import uploads
from jobs import maintenance
from schemas.errors import ObjectNotFound

#: Retention in seconds: longer than a platform is asked for a post.
MEDIA_DOWNLOAD_TICKET_RETENTION_S = 4 * 86400.0


async def store_post_download_tickets(
    conn: Conn, *, organization_id: UUID, post_id: UUID, tickets: Sequence[str]
) -> None:
    """Store one-time tickets for a post's files, in the transaction that stores the prepared call."""
    if tickets:
        await media_ticket.insert_tickets.run(conn, org=organization_id, post_id=post_id, tickets=tickets)


async def redeem_media_ticket(conn: Conn, *, token: str, ticket: str, counts: bool = True) -> asyncpg.Record:
    """Return the file of an open one-time ticket. Raises `ObjectNotFound`.

    Its columns are `mime_type`, `size_bytes`, `sha256`, `organization_id` and `tier`. With `counts` marks the
    ticket as fetched. A request that only checks for the file (HEAD) doesn't count.
    """
    formed = uploads.UPLOAD_TOKEN_PATTERN.fullmatch(token) and uploads.UPLOAD_TOKEN_PATTERN.fullmatch(ticket)
    query = media_ticket.fetch_asset if counts else media_ticket.find_asset
    row = await query.one(conn, token=token, ticket=ticket) if formed else None
    if row is None:
        raise ObjectNotFound("this address is no longer valid")
    return row


async def close_post_download_tickets(conn: Conn, *, organization_id: UUID, post_id: UUID) -> bool | None:
    """Close a post's one-time file tickets from the commit on.

    Returns whether a ticket of the latest call was fetched before; None if the post has no tickets.
    """
    fetched: bool | None = await media_ticket.close_tickets.value(conn, org=organization_id, post_id=post_id)
    return fetched


async def prune_media_download_tickets(conn: Conn) -> int:
    """Delete a batch of one-time tickets older than `MEDIA_DOWNLOAD_TICKET_RETENTION_S`; return their number."""
    return await media_ticket.prune_tickets.run(
        conn, limit=maintenance.MAX_MAINTENANCE_ROWS, keep_s=MEDIA_DOWNLOAD_TICKET_RETENTION_S
    )
