"""Validation of one event. An invalid event is rejected alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from domain.events.event import Event
from domain.events.event_keys import key_of
from domain.events.json_text import UNREADABLE, is_too_deep
from domain.values import currencies
from schemas.events import EventIn, RejectCode

#: Greatest age of an event, and the most that its clock may be ahead of ours.
MAX_AGE, MAX_AHEAD = timedelta(days=7), timedelta(hours=1)

#: Bytes of the JSON of one event.
MAX_EVENT_BYTES = 32_768

#: Largest value: the sums of a commit fit a bigint, as millionths.
MAX_VALUE = 1e9
MICROS = 1_000_000
VALUES = ("revenue_amount", "price_amount", "value")

_OBJECT = msgspec.json.Decoder(dict[str, Any])


class EventRefused(Exception):
    """Rejection of an event."""

    def __init__(self, code: RejectCode) -> None:
        super().__init__(code)
        self.code = code


def to_event(event: EventIn, project_id: UUID, app_no: int, now: datetime) -> Event:
    """Return the event as stored. Raises `EventRefused`."""
    if not now - MAX_AGE <= event.occurred_at <= now + MAX_AHEAD:
        raise EventRefused("BAD_TIME")
    if "\0" in f"{event.name}{event.event_id}{event.app_user_id}{event.anonymous_id}":
        raise EventRefused("INVALID")
    properties, context = bytes(event.properties), bytes(event.context)
    if len(properties) + len(context) > MAX_EVENT_BYTES:
        raise EventRefused("TOO_LARGE")
    value, currency = _value(read_object(properties))
    read_object(context)
    key = key_of(event.event_id)
    return Event(
        project_id,
        app_no,
        key,
        event.name,
        event.occurred_at,
        None if str(key) == event.event_id else event.event_id,
        event.app_user_id,
        event.anonymous_id,
        value,
        currency,
        properties.decode(),
        context.decode(),
    )


def read_object(text: bytes) -> dict[str, Any]:
    """Decode a JSON object completely, as skipped raw text is unchecked. Raises `EventRefused`."""
    if text == b"{}":
        return {}
    try:
        found = _OBJECT.decode(text)
    except msgspec.ValidationError:
        raise EventRefused("INVALID") from None
    except RecursionError:
        raise EventRefused("TOO_DEEP") from None
    except UNREADABLE:
        raise EventRefused("MALFORMED") from None
    if is_too_deep(text, found):
        raise EventRefused("TOO_DEEP")
    return found


def _value(properties: dict[str, Any]) -> tuple[int | None, str | None]:
    """Return the first numeric value property in millionths, and its currency; (None, None) without one.

    Raises `EventRefused` above the largest value.
    """
    for name in VALUES:
        found = properties.get(name)
        if type(found) is int or type(found) is float:
            break
    else:
        return None, None
    if not abs(found) <= MAX_VALUE:
        raise EventRefused("BAD_VALUE")
    return round(found * MICROS), currencies.find_currency(properties.get("currency"))
