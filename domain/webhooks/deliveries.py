"""Deliveries of events to webhook endpoints: reads for partners, pings and replays."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import webhook_delivery, webhook_event
from domain.values import multi_value_filter
from domain.values.answers import build_api_answer_from_row
from domain.webhooks import endpoints
from domain.webhooks.endpoints import EndpointChangeAuthor, WebhookEndpointRow
from domain.webhooks.events import WEBHOOK_EVENT_RETENTION
from schemas import ids
from schemas.errors import InvalidValue, StateConflict
from schemas.errors.absent import require_found
from schemas.webhooks import WebhookDelivery, WebhookDeliveryStatus, WebhookEventType, WebhookReplay, WebhookReplayed

#: Events that one call replays, and that it scans.
MAX_REPLAYED_WEBHOOK_EVENTS, MAX_EVENTS_SCANNED_FOR_REPLAY = 1_000, 20_000
#: Largest lag of the clock of an event's id behind ours.
MAX_WEBHOOK_EVENT_ID_CLOCK_LAG = timedelta(minutes=1)


class _WebhookDeliveryRow(NamedTuple):
    id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: WebhookEventType
    status: WebhookDeliveryStatus
    attempts: int
    next_at: datetime
    attempted_at: datetime | None
    http_status: int | None
    error_code: str | None
    replay_of: UUID | None
    created_at: datetime
    ended_at: datetime | None


class _ReplayedWebhooksRow(NamedTuple):
    deliveries: int
    last_id: UUID | None


GET_WEBHOOK_DELIVERY = webhook_delivery.get_delivery.typed(_WebhookDeliveryRow)
FIND_DELIVERY_OF_WEBHOOK_EVENT = webhook_delivery.find_delivery.typed(_WebhookDeliveryRow)
LIST_WEBHOOK_DELIVERIES = webhook_delivery.list_deliveries.typed(_WebhookDeliveryRow)
REPLAY_WEBHOOK_EVENTS = webhook_delivery.repeat_events.typed(_ReplayedWebhooksRow)


async def read_webhook_delivery(conn: Conn, *, organization_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Return a webhook delivery. Raises `ObjectNotFound`, also if its endpoint is deleted."""
    row = require_found(await GET_WEBHOOK_DELIVERY.one(conn, org=organization_id, id=delivery_id), "webhook_delivery")
    return _webhook_delivery_to_schema(row)


async def list_webhook_deliveries_of_endpoint(
    conn: Conn,
    *,
    organization_id: UUID,
    endpoint_id: UUID,
    types: Sequence[WebhookEventType] | None,
    statuses: Sequence[WebhookDeliveryStatus] | None,
    before: UUID | None,
    limit: int,
) -> list[WebhookDelivery]:
    """Return at most `limit` webhook deliveries older than `before`, newest first. Raises `ObjectNotFound`."""
    await endpoints.read_webhook_endpoint(conn, organization_id=organization_id, endpoint_id=endpoint_id)
    filters = {"org": organization_id, "endpoint_id": endpoint_id, "types": types, "before": before, "limit": limit}
    leading = multi_value_filter.split_search_by_filter_value(status=statuses)
    rows = await multi_value_filter.find_newest_rows_of_searches(conn, LIST_WEBHOOK_DELIVERIES.all, filters, leading)
    return [_webhook_delivery_to_schema(row) for row in rows]


async def send_webhook_test_ping(conn: Conn, *, author: EndpointChangeAuthor, endpoint_id: UUID) -> WebhookDelivery:
    """Emit a `test.ping` event to this webhook endpoint alone; return its pending delivery.

    Raises `ObjectNotFound`, `StateConflict` ENDPOINT_DISABLED.
    """
    org = author.organization_id
    endpoint = await _lock_enabled_endpoint(conn, org, endpoint_id)
    event_id = await webhook_event.emit_event.value(
        conn,
        org=org,
        project_id=endpoint.project_id,
        type="test.ping",
        object_id=endpoint_id,
        told_only=endpoint_id,
        about=None,
    )
    row = require_found(
        await FIND_DELIVERY_OF_WEBHOOK_EVENT.one(conn, org=org, event_id=event_id, endpoint_id=endpoint_id),
        "webhook_endpoint",
    )
    await endpoints.audit_endpoint_change(
        conn, author, endpoint, "tested", {"eventId": ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, event_id)}
    )
    return _webhook_delivery_to_schema(row)


async def resend_webhook(conn: Conn, *, author: EndpointChangeAuthor, delivery_id: UUID) -> WebhookDelivery:
    """Send a webhook delivery again and return it: a pending one now, an ended one as a new delivery.

    Returns a delivery under way unchanged. Raises `ObjectNotFound`, `StateConflict` ENDPOINT_DISABLED.
    """
    org = author.organization_id
    delivery = await read_webhook_delivery(conn, organization_id=org, delivery_id=delivery_id)
    endpoint_id = require_found(
        ids.parse_prefixed_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, delivery.endpoint_id), "webhook_endpoint"
    )
    endpoint = await _lock_enabled_endpoint(conn, org, endpoint_id)
    await endpoints.audit_endpoint_change(conn, author, endpoint, "replayed", {"deliveryId": delivery.id})
    if delivery.ended_at is not None:
        repeated = await webhook_delivery.repeat_delivery.value(conn, org=org, id=delivery_id)
        return await read_webhook_delivery(conn, organization_id=org, delivery_id=repeated)
    await webhook_delivery.make_delivery_due.value(conn, org=org, id=delivery_id)
    return await read_webhook_delivery(conn, organization_id=org, delivery_id=delivery_id)


async def replay_webhook_events_since(
    conn: Conn, *, author: EndpointChangeAuthor, endpoint_id: UUID, body: WebhookReplay
) -> WebhookReplayed:
    """Send a webhook endpoint its events since a time again, the oldest first, at most `MAX_REPLAYED_WEBHOOK_EVENTS`.

    Skips events under way and, unless asked, delivered ones. Returns the number, and the time to continue from or None.
    Raises `ObjectNotFound`, `InvalidValue`, `StateConflict` ENDPOINT_DISABLED.
    """
    org = author.organization_id
    endpoint = await _lock_enabled_endpoint(conn, org, endpoint_id)
    _check_replay_start(body.since, now=datetime.now(UTC))
    repeated = await REPLAY_WEBHOOK_EVENTS.row(
        conn,
        org=org,
        endpoint_id=endpoint_id,
        from_id=ids.first_uuid7_at(body.since),
        include_delivered=body.include_delivered,
        most_made=MAX_REPLAYED_WEBHOOK_EVENTS,
        most_seen=MAX_EVENTS_SCANNED_FOR_REPLAY,
    )
    details = {"since": f"{body.since:%FT%TZ}", "deliveries": repeated.deliveries}
    await endpoints.audit_endpoint_change(conn, author, endpoint, "replayed", details)
    last_id = repeated.last_id
    return WebhookReplayed(
        deliveries=repeated.deliveries, continue_since=None if last_id is None else ids.uuid7_created_at(last_id)
    )


def _check_replay_start(since: datetime, *, now: datetime) -> None:
    if since < now - WEBHOOK_EVENT_RETENTION:
        raise InvalidValue(
            "since", f"must be at most {WEBHOOK_EVENT_RETENTION.days} days ago: older events are deleted"
        )
    if since > now + MAX_WEBHOOK_EVENT_ID_CLOCK_LAG:
        raise InvalidValue("since", "is in the future: events have the real time, in a sandbox too")


async def _lock_enabled_endpoint(conn: Conn, organization_id: UUID, endpoint_id: UUID) -> WebhookEndpointRow:
    """Lock an active or paused webhook endpoint; return it. Raises `ObjectNotFound`, ENDPOINT_DISABLED."""
    endpoint = await endpoints.lock_endpoint_row(conn, organization_id=organization_id, endpoint_id=endpoint_id)
    if endpoint.status == "disabled":
        raise StateConflict(
            "ENDPOINT_DISABLED", 'the endpoint is disabled: make it active with PATCH {"status": "active"}'
        )
    return endpoint


def _webhook_delivery_to_schema(row: _WebhookDeliveryRow) -> WebhookDelivery:
    return build_api_answer_from_row(
        WebhookDelivery,
        row,
        id=ids.format_prefixed_id(ids.WEBHOOK_DELIVERY_ID_PREFIX, row.id),
        event_id=ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, row.event_id),
        event_type=row.type,
        next_attempt_at=row.next_at if row.status == "pending" else None,
        last_attempt_at=row.attempted_at,
        response_status=row.http_status,
        replay_of=ids.format_prefixed_id(ids.WEBHOOK_DELIVERY_ID_PREFIX, row.replay_of) if row.replay_of else None,
    )
