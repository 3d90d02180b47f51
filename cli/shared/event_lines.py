"""Lines of stored events: JSON for programs, text for people, without personal data by default."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from cli.shared.output import printable
from domain.events.checks import MICROS
from domain.events.tail import StoredEvent
from schemas import ids
from schemas.events import REDACTED


def fields(event: StoredEvent, apps: Mapping[int, UUID], *, pii: bool) -> dict[str, Any]:
    """Return the event by its sent field names. Without `pii`, personal data is redacted."""
    person = {
        "appUserId": event.user_id,
        "anonymousId": event.anonymous_id,
        "properties": _on_one_line(event.properties),
        "context": _on_one_line(event.context),
    }
    if not pii:
        person = {name: value and REDACTED for name, value in person.items()}
    return {
        "name": event.name,
        "eventId": event.event_id or str(event.event_key),
        "appId": ids.show(ids.APP, apps[event.app_no]) if event.app_no in apps else None,
        "occurredAt": event.occurred_at,
        "receivedAt": event.received_at,
        "value": None if event.value_micros is None else event.value_micros / MICROS,
        "currency": event.currency,
        **person,
    }


def line(event: Mapping[str, Any], *, as_json: bool) -> str:
    """Format an event as one line."""
    if as_json:
        return msgspec.json.encode(event).decode()
    value = "" if event["value"] is None else f"{event['value']:g} {event['currency'] or ''}".rstrip()
    texts = [
        f"{event['occurredAt']:%Y-%m-%d %H:%M:%S}Z", event["name"], event["eventId"], value,
        *(_text(event[name]) for name in ("appUserId", "properties")),
    ]  # fmt: skip
    return printable("  ".join(text for text in texts if text))


def _on_one_line(text: str) -> msgspec.Raw:
    """Return JSON without line breaks and spaces between its values."""
    return msgspec.Raw(msgspec.json.format(text.encode(), indent=-1))


def _text(value: Any) -> str:
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else value or ""
