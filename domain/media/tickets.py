"""Tickets: addresses of files that one call to a platform alone makes known.

Where a platform fetches a file itself, whether it came tells what became of a call whose answer was lost.
Once the tickets of a post are closed none leads anywhere: if none was ever fetched, no call can still bring
the post.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import media_ticket
from domain.media import uploads
from jobs import maintenance
from schemas.errors import NotFound

#: How long they are kept: longer than a platform is asked for a post.
KEEP_S = 4 * 86400.0


async def keep(conn: Conn, *, organization_id: UUID, post_id: UUID, tickets: Sequence[str]) -> None:
    """In the transaction that keeps what was prepared with them."""
    if tickets:
        await media_ticket.insert_tickets.run(conn, org=organization_id, post_id=post_id, tickets=tickets)


async def fetch(conn: Conn, *, token: str, ticket: str, counts: bool = True) -> asyncpg.Record:
    """The file's `mime_type`, `size_bytes` and `sha256`, its `organization_id` and `tier`. Raises `NotFound`.

    The ticket counts as fetched, unless somebody only asks what is there.
    """
    formed = uploads.TOKEN.fullmatch(token) and uploads.TOKEN.fullmatch(ticket)
    query = media_ticket.fetch_asset if counts else media_ticket.find_asset
    row = await query.one(conn, token=token, ticket=ticket) if formed else None
    if row is None:
        raise NotFound("this address leads nowhere any more")
    return row


async def close(conn: Conn, *, organization_id: UUID, post_id: UUID) -> bool | None:
    """From the commit on they lead nowhere.

    Whether one of the latest call's was fetched before; None: the post has none.
    """
    fetched: bool | None = await media_ticket.close_tickets.value(conn, org=organization_id, post_id=post_id)
    return fetched


async def prune(conn: Conn) -> int:
    """Forget a batch of those that nobody asks about any more; how many."""
    return await media_ticket.prune_tickets.run(conn, limit=maintenance.BATCH, keep_s=KEEP_S)
