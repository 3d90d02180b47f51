"""Streams of an organization's webhook events, for whoever reads them while they come, each once.

While somebody does, a row of `webhook_endpoint` without an address, `listening`, has all that happens put on
record, and nothing sent. It is the organization's only one, under the organization's own id, and outlives
its readers: who comes back within `REST` has missed nothing.

Events come in the order of their transactions, and none before all transactions that began earlier have
ended: one that commits late would otherwise be passed over. So the longest write of the whole server holds
them up.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import webhook_stream
from schemas import ids
from schemas.errors import Invalid
from schemas.errors.absent import absent
from schemas.webhooks import WebhookEventType

#: How long events are recorded from a renewal on, and how long at least when the last reader has left.
KEEP, REST = timedelta(hours=1), timedelta(minutes=30)
#: Between two renewals; a row that has longer than that and `REST` left is left alone.
RENEW = timedelta(minutes=5)

#: Characters of an end: of a longer one, with hundreds of transactions under way, only the beginning is kept.
MOST_OF_AN_END = 1_000
_END = re.compile(r"[0-9]+:[0-9]+:[0-9,]*")

#: The last event that none can come before any more: its transaction, and its id. They are in this order.
Head: TypeAlias = tuple[int, UUID]
NONE = UUID(int=0)
START: Head = (0, NONE)


class Position(NamedTuple):
    """The place that a reader has come to; of one that began at an `end`, what it has seen besides."""

    head: Head
    end: str | None = None

    def after(self, head: Head) -> "Position":
        return self._replace(head=max(self.head, head))


class Recorded(NamedTuple):
    """An event that comes next."""

    xid: str
    id: UUID
    type: WebhookEventType
    project_id: UUID | None

    @property
    def head(self) -> Head:
        return int(self.xid), self.id


class _Found(NamedTuple):
    organization_id: UUID
    xid: str
    id: UUID


FIND_HEADS = webhook_stream.find_heads.typed(_Found)
READ_EVENTS = webhook_stream.read_events.typed(Recorded)


async def listen(conn: Conn, *, organization_ids: Sequence[UUID]) -> None:
    """From the commit on all that happens to them is on record, for `KEEP`."""
    await webhook_stream.listen.run(conn, orgs=organization_ids, keep=KEEP, rest=REST + RENEW)


async def begin(conn: Conn, *, organization_id: UUID) -> datetime:
    """Listen; the time since which all events are on record. Not in a transaction."""
    await listen(conn, organization_ids=[organization_id])
    since: datetime = await webhook_stream.get_since.value(conn, org=organization_id)
    return since


async def end(conn: Conn) -> str:
    """The name of the end of all that has been committed by now. Not in a transaction with `begin`."""
    found: str = await webhook_stream.find_end.value(conn)
    first = found.partition(":")[0]
    return found if len(found) <= MOST_OF_AN_END else f"{first}:{first}:"


async def find(conn: Conn, *, organization_id: UUID, after: str) -> Position:
    """The place behind an event's id, or at an end. Raises `NotFound` for one that is no more, `Invalid`."""
    if _END.fullmatch(after):
        xid = await _transaction(conn, after)
        where = None if xid is None else Position((int(xid), NONE), after)
    else:
        event_id = ids.read(ids.WEBHOOK_EVENT, after)
        xid = await webhook_stream.find_event.value(conn, org=organization_id, id=event_id)
        where = None if xid is None or event_id is None else Position((int(xid), event_id))
    if where is None:
        raise absent("webhook_event")
    return where


async def heads(conn: Conn, *, organization_ids: Sequence[UUID]) -> dict[UUID, Head]:
    """Of each the head: one statement for all."""
    found = await FIND_HEADS.all(conn, orgs=organization_ids)
    return dict.fromkeys(organization_ids, START) | {
        row.organization_id: (int(row.xid), row.id) for row in found
    }


async def read(conn: Conn, *, organization_id: UUID, position: Position, limit: int) -> list[Recorded]:
    """At most `limit` events behind a place."""
    xid, event_id = position.head
    return await READ_EVENTS.all(
        conn, org=organization_id, xid=str(xid), id=event_id, seen=position.end, limit=limit
    )


async def _transaction(conn: Conn, after: str) -> str | None:
    try:
        found: str | None = await webhook_stream.find_transaction.value(conn, seen=after)
    except asyncpg.DataError:
        raise Invalid("after", "is no id of an event, and nothing that a stream has told") from None
    return found
