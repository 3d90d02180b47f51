"""Deliveries of events to webhook endpoints: reads for partners, pings and replays."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import webhook_delivery, webhook_event
from domain.values import multi_value_filter
from domain.values.answers import from_row
from domain.webhooks import endpoints
from domain.webhooks.endpoints import EndpointAuthor, EndpointRow
from domain.webhooks.events import RETENTION
from schemas import ids
from schemas.errors import Conflict, Invalid
from schemas.errors.absent import present
from schemas.webhooks import (
    DeliveryStatus,
    WebhookDelivery,
    WebhookEventType,
    WebhookReplay,
    WebhookReplayed,
)

#: Events that one call replays, and that it scans.
MAX_REPLAYED, MAX_SCANNED = 1_000, 20_000
#: Largest lag of the clock of an event's id behind ours.
MAX_CLOCK_LAG = timedelta(minutes=1)


class _Row(NamedTuple):
    id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: WebhookEventType
    status: DeliveryStatus
    attempts: int
    next_at: datetime
    attempted_at: datetime | None
    http_status: int | None
    error_code: str | None
    replay_of: UUID | None
    created_at: datetime
    ended_at: datetime | None


class _Repeated(NamedTuple):
    deliveries: int
    last_id: UUID | None


GET_DELIVERY = webhook_delivery.get_delivery.typed(_Row)
FIND_DELIVERY = webhook_delivery.find_delivery.typed(_Row)
LIST_DELIVERIES = webhook_delivery.list_deliveries.typed(_Row)
REPEAT_EVENTS = webhook_delivery.repeat_events.typed(_Repeated)


async def get(conn: Conn, *, organization_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Return a delivery; raises `NotFound`."""
    row = present(await GET_DELIVERY.one(conn, org=organization_id, id=delivery_id), "webhook_delivery")
    return _to_schema(row)


async def list_of_endpoint(
    conn: Conn,
    *,
    organization_id: UUID,
    endpoint_id: UUID,
    types: Sequence[WebhookEventType] | None,
    statuses: Sequence[DeliveryStatus] | None,
    before: UUID | None,
    limit: int,
) -> list[WebhookDelivery]:
    """Return at most `limit` deliveries older than `before`, newest first.

    Raises `NotFound` for the endpoint.
    """
    await endpoints.get(conn, organization_id=organization_id, endpoint_id=endpoint_id)
    filters = {
        "org": organization_id,
        "endpoint_id": endpoint_id,
        "types": types,
        "before": before,
        "limit": limit,
    }
    find, leading = (
        partial(LIST_DELIVERIES.all, conn, **filters),
        multi_value_filter.list_searches(status=statuses),
    )
    rows = await multi_value_filter.newest(conn, find, leading, limit=limit)
    return [_to_schema(row) for row in rows]


async def ping(conn: Conn, *, author: EndpointAuthor, endpoint_id: UUID) -> WebhookDelivery:
    """Emit a `test.ping` to this endpoint alone. Raises `NotFound`, `Conflict` ENDPOINT_DISABLED."""
    org = author.organization_id
    endpoint = await _lock_active(conn, org, endpoint_id)
    event_id = await webhook_event.emit_event.value(
        conn,
        org=org,
        project_id=endpoint.project_id,
        type="test.ping",
        object_id=endpoint_id,
        told_only=endpoint_id,
        about=None,
    )
    row = present(
        await FIND_DELIVERY.one(conn, org=org, event_id=event_id, endpoint_id=endpoint_id), "webhook_endpoint"
    )
    await endpoints.record(
        conn, author, endpoint, "tested", {"eventId": ids.show(ids.WEBHOOK_EVENT, event_id)}
    )
    return _to_schema(row)


async def replay(conn: Conn, *, author: EndpointAuthor, delivery_id: UUID) -> WebhookDelivery:
    """Send a delivery again: a pending one now, an ended one as another delivery of the same event.

    A delivery under way is returned unchanged. Raises `NotFound`, `Conflict` ENDPOINT_DISABLED.
    """
    org = author.organization_id
    delivery = await get(conn, organization_id=org, delivery_id=delivery_id)
    endpoint_id = present(ids.read(ids.WEBHOOK_ENDPOINT, delivery.endpoint_id), "webhook_endpoint")
    endpoint = await _lock_active(conn, org, endpoint_id)
    await endpoints.record(conn, author, endpoint, "replayed", {"deliveryId": delivery.id})
    if delivery.ended_at is not None:
        repeated = await webhook_delivery.repeat_delivery.value(conn, org=org, id=delivery_id)
        return await get(conn, organization_id=org, delivery_id=repeated)
    await webhook_delivery.make_delivery_due.value(conn, org=org, id=delivery_id)
    return await get(conn, organization_id=org, delivery_id=delivery_id)


async def replay_since(
    conn: Conn, *, author: EndpointAuthor, endpoint_id: UUID, body: WebhookReplay
) -> WebhookReplayed:
    """Replay events since a time, the oldest first, at most `MAX_REPLAYED` of them.

    Skips events under way. Raises `NotFound`, `Invalid`, `Conflict` ENDPOINT_DISABLED.
    """
    org = author.organization_id
    endpoint = await _lock_active(conn, org, endpoint_id)
    _check_since(body.since, now=datetime.now(UTC))
    repeated = await REPEAT_EVENTS.row(
        conn,
        org=org,
        endpoint_id=endpoint_id,
        from_id=ids.first_id_of(body.since),
        include_delivered=body.include_delivered,
        most_made=MAX_REPLAYED,
        most_seen=MAX_SCANNED,
    )
    details = {"since": f"{body.since:%FT%TZ}", "deliveries": repeated.deliveries}
    await endpoints.record(conn, author, endpoint, "replayed", details)
    last_id = repeated.last_id
    return WebhookReplayed(
        deliveries=repeated.deliveries, continue_since=None if last_id is None else ids.created_at(last_id)
    )


def _check_since(since: datetime, *, now: datetime) -> None:
    if since < now - RETENTION:
        raise Invalid("since", f"must be at most {RETENTION.days} days ago: older events are deleted")
    if since > now + MAX_CLOCK_LAG:
        raise Invalid("since", "is in the future: events have the real time, in a sandbox too")


async def _lock_active(conn: Conn, organization_id: UUID, endpoint_id: UUID) -> EndpointRow:
    """Lock an active endpoint against changes and return it."""
    endpoint = await endpoints.lock(conn, organization_id=organization_id, endpoint_id=endpoint_id)
    if endpoint.status == "disabled":
        raise Conflict(
            "ENDPOINT_DISABLED", 'the endpoint is disabled: make it active with PATCH {"status": "active"}'
        )
    return endpoint


def _to_schema(row: _Row) -> WebhookDelivery:
    return from_row(
        WebhookDelivery,
        row,
        id=ids.show(ids.WEBHOOK_DELIVERY, row.id),
        event_id=ids.show(ids.WEBHOOK_EVENT, row.event_id),
        event_type=row.type,
        next_attempt_at=row.next_at if row.status == "pending" else None,
        last_attempt_at=row.attempted_at,
        response_status=row.http_status,
        replay_of=ids.show(ids.WEBHOOK_DELIVERY, row.replay_of) if row.replay_of else None,
    )
