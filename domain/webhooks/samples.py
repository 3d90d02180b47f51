"""Sample events: sent as any other event, about objects that don't exist, to test a receiver."""

from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import webhook_event
from domain.webhooks import events
from domain.webhooks.events import WebhookEventSubject
from schemas.errors import StateConflict
from schemas.webhooks import WebhookEvent, WebhookEventType


class SampleEvent(NamedTuple):
    """Object of a sample event, and its type."""

    type: WebhookEventType
    project_id: UUID | None
    object_id: UUID
    thing: Any


async def emit_sample_event(conn: Conn, *, organization_id: UUID, sample: SampleEvent, public_url: str) -> WebhookEvent:
    """Emit a sample webhook event with its body to the event type's subscribers, and return it.

    Raises `StateConflict` NOBODY_LISTENS.
    """
    event_id = await webhook_event.emit_event.value(
        conn,
        org=organization_id,
        project_id=sample.project_id,
        type=sample.type,
        object_id=sample.object_id,
        told_only=None,
        about=None,
    )
    if event_id is None:
        raise StateConflict(
            "NOBODY_LISTENS", f"no endpoint subscribes to {sample.type}: create one, or read the stream"
        )
    subject = WebhookEventSubject(organization_id, sample.project_id, sample.object_id, public_url)
    return await events.store_sample_event_body(conn, event_id=event_id, subject=subject, thing=sample.thing)
