"""Sample events: sent as any other, about things that there aren't, so that a receiver can be tried out."""

from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import webhook_event
from domain.webhooks import events
from domain.webhooks.events import Subject
from schemas.errors import Conflict
from schemas.webhooks import WebhookEvent, WebhookEventType


class Sample(NamedTuple):
    """The thing that one tells of, and its type."""

    type: WebhookEventType
    project_id: UUID | None
    object_id: UUID
    thing: Any


async def emit(conn: Conn, *, organization_id: UUID, sample: Sample, public_url: str) -> WebhookEvent:
    """Tell whoever wants it: in the transaction its body is there. Raises `Conflict` NOBODY_LISTENS."""
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
        raise Conflict(
            "NOBODY_LISTENS", f"nobody wants {sample.type}: make an endpoint, or read the stream of events"
        )
    subject = Subject(organization_id, sample.project_id, sample.object_id, public_url)
    return await events.keep_sample(conn, event_id=event_id, subject=subject, thing=sample.thing)
