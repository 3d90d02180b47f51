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


def fields(kept: StoredEvent, apps: Mapping[int, UUID], *, pii: bool) -> dict[str, Any]:
    """Return the event by its sent field names. Without `pii`, personal data is redacted."""
    person = {
        "appUserId": kept.user_id,
        "anonymousId": kept.anonymous_id,
        "properties": _on_one_line(kept.properties),
        "context": _on_one_line(kept.context),
    }
    if not pii:
        person = {name: value and REDACTED for name, value in person.items()}
    return {
        "name": kept.name,
        "eventId": kept.event_id or str(kept.event_key),
        "appId": ids.show(ids.APP, apps[kept.app_no]) if kept.app_no in apps else None,
        "occurredAt": kept.occurred_at,
        "receivedAt": kept.received_at,
        "value": None if kept.value_micros is None else kept.value_micros / MICROS,
        "currency": kept.currency,
        **person,
    }


def line(shown: Mapping[str, Any], *, as_json: bool) -> str:
    """Format an event as one line."""
    if as_json:
        return msgspec.json.encode(shown).decode()
    value = "" if shown["value"] is None else f"{shown['value']:g} {shown['currency'] or ''}".rstrip()
    texts = [
        f"{shown['occurredAt']:%Y-%m-%d %H:%M:%S}Z", shown["name"], shown["eventId"], value,
        *(_text(shown[name]) for name in ("appUserId", "properties")),
    ]  # fmt: skip
    return printable("  ".join(text for text in texts if text))


def _on_one_line(text: str) -> msgspec.Raw:
    """Return JSON without line breaks and spaces between its values."""
    return msgspec.Raw(msgspec.json.format(text.encode(), indent=-1))


def _text(value: Any) -> str:
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else value or ""
