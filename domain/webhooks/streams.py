"""Streams of an organization's webhook events: live readers get each event once.

While a reader is connected, a row of `webhook_endpoint` without an address, `listening`, causes all events to
be recorded without a delivery. It is the organization's only such row, under the organization's own id, and
outlives its readers: a reader that returns within `MIN_WEBHOOK_RECORDING_TIME` misses no event.

Events come in the order of their transactions, and each waits until all earlier transactions have ended: one
that commits late would be missed otherwise. So the longest write of the whole server delays the streams.
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
from schemas.errors import InvalidValue
from schemas.errors.absent import not_found_error
from schemas.webhooks import WebhookEventType

#: Recording time from a renewal on, and its minimum after the last reader has left.
WEBHOOK_RECORDING_TIME, MIN_WEBHOOK_RECORDING_TIME = timedelta(hours=1), timedelta(minutes=30)
#: Interval of renewals; a row with more than that and `MIN_WEBHOOK_RECORDING_TIME` left is not renewed.
WEBHOOK_RECORDING_RENEW_INTERVAL = timedelta(minutes=5)

#: Characters of an end; of a longer one, with hundreds of open transactions, only the start is used.
MAX_WEBHOOK_STREAM_END_TOKEN_CHARS = 1_000
_WEBHOOK_STREAM_END_TOKEN_PATTERN = re.compile(r"[0-9]+:[0-9]+:[0-9,]*")

#: Last event that no earlier event can still precede: its transaction, and its id. Both define the order.
StreamHead: TypeAlias = tuple[int, UUID]
LOWEST_WEBHOOK_EVENT_ID = UUID(int=0)
WEBHOOK_STREAM_START: StreamHead = (0, LOWEST_WEBHOOK_EVENT_ID)


class WebhookStreamPosition(NamedTuple):
    """Place of a reader. `end` is the `read_webhook_stream_end_token` it began at: the events seen by then."""

    head: StreamHead
    end: str | None = None

    def advance_to(self, head: StreamHead) -> "WebhookStreamPosition":
        return self._replace(head=max(self.head, head))


class WebhookStreamEvent(NamedTuple):
    """Recorded event of a stream, with the id of its transaction (`xid`)."""

    xid: str
    id: UUID
    type: WebhookEventType
    project_id: UUID | None

    @property
    def transaction_and_event_ids(self) -> StreamHead:
        return int(self.xid), self.id


class _OrganizationStreamHeadRow(NamedTuple):
    organization_id: UUID
    xid: str
    id: UUID


FIND_WEBHOOK_STREAM_HEADS = webhook_stream.find_heads.typed(_OrganizationStreamHeadRow)
READ_WEBHOOK_STREAM_EVENTS = webhook_stream.read_events.typed(WebhookStreamEvent)


async def renew_webhook_event_recording(conn: Conn, *, organization_ids: Sequence[UUID]) -> None:
    """Record all webhook events of these organizations, subscribed or not, for a while from the commit on."""
    await webhook_stream.listen.run(
        conn,
        orgs=organization_ids,
        keep=WEBHOOK_RECORDING_TIME,
        rest=MIN_WEBHOOK_RECORDING_TIME + WEBHOOK_RECORDING_RENEW_INTERVAL,
    )


async def start_webhook_event_recording_for_stream(conn: Conn, *, organization_id: UUID) -> datetime:
    """Start recording an organization's webhook events; return the time since which all are recorded.

    Don't call it in a transaction.
    """
    await renew_webhook_event_recording(conn, organization_ids=[organization_id])
    since: datetime = await webhook_stream.get_since.value(conn, org=organization_id)
    return since


async def read_webhook_stream_end_token(conn: Conn) -> str:
    """Return a text that names the end of all committed webhook events, for `find_webhook_stream_position`.

    Call it outside the transaction of `start_webhook_event_recording_for_stream`.
    """
    snapshot: str = await webhook_stream.find_end.value(conn)
    oldest = snapshot.partition(":")[0]
    return snapshot if len(snapshot) <= MAX_WEBHOOK_STREAM_END_TOKEN_CHARS else f"{oldest}:{oldest}:"


async def find_webhook_stream_position(conn: Conn, *, organization_id: UUID, after: str) -> WebhookStreamPosition:
    """Return the stream position after the webhook event's id `after`, or at a stream end.

    Raises `ObjectNotFound` for no stored event's id or another server's end, `InvalidValue` for a malformed end.
    """
    if _WEBHOOK_STREAM_END_TOKEN_PATTERN.fullmatch(after):
        xid = await _find_stream_end_transaction(conn, after)
        position = None if xid is None else WebhookStreamPosition((int(xid), LOWEST_WEBHOOK_EVENT_ID), after)
    else:
        event_id = ids.parse_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, after)
        xid = await webhook_stream.find_event.value(conn, org=organization_id, id=event_id)
        position = None if xid is None or event_id is None else WebhookStreamPosition((int(xid), event_id))
    if position is None:
        raise not_found_error("webhook_event")
    return position


async def find_webhook_stream_heads(conn: Conn, *, organization_ids: Sequence[UUID]) -> dict[UUID, StreamHead]:
    """Return the last webhook event of each organization that no earlier event can still precede.

    One statement reads them for all; the result is by organization. One without any event gets `WEBHOOK_STREAM_START`.
    """
    rows = await FIND_WEBHOOK_STREAM_HEADS.all(conn, orgs=organization_ids)
    return dict.fromkeys(organization_ids, WEBHOOK_STREAM_START) | {
        row.organization_id: (int(row.xid), row.id) for row in rows
    }


async def read_webhook_stream_events(
    conn: Conn, *, organization_id: UUID, position: WebhookStreamPosition, limit: int
) -> list[WebhookStreamEvent]:
    """Return at most `limit` webhook events after a reader's position, in the order of the stream."""
    xid, event_id = position.head
    return await READ_WEBHOOK_STREAM_EVENTS.all(
        conn, org=organization_id, xid=str(xid), id=event_id, seen=position.end, limit=limit
    )


async def _find_stream_end_transaction(conn: Conn, after: str) -> str | None:
    try:
        xid: str | None = await webhook_stream.find_transaction.value(conn, seen=after)
    except asyncpg.DataError:
        raise InvalidValue("after", "is neither an event id nor a stream's end") from None
    return xid
