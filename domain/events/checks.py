"""Validation of one event. An invalid event is rejected alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from domain.events.event import NewEventRow
from domain.events.event_keys import derive_dedup_key_of_event_id
from domain.events.json_text import UNREADABLE_JSON_ERRORS, is_json_too_deep
from domain.values import currencies
from schemas.events import EventIn, EventRejection

#: Greatest age of an event, and the most that its clock may be ahead of ours.
MAX_EVENT_AGE, MAX_EVENT_CLOCK_AHEAD = timedelta(days=7), timedelta(hours=1)

#: Bytes of the JSON of one event.
MAX_EVENT_BYTES = 32_768

#: Largest value: the sums of a commit fit a bigint, as millionths.
MAX_EVENT_VALUE = 1e9
MICROS_PER_CURRENCY_UNIT = 1_000_000
EVENT_VALUE_PROPERTIES = ("revenue_amount", "price_amount", "value")

_EVENT_JSON_OBJECT_DECODER = msgspec.json.Decoder(dict[str, Any])


class EventRejectedError(Exception):
    """Rejection of an event."""

    def __init__(self, code: EventRejection) -> None:
        super().__init__(code)
        self.code = code


def validate_event(event: EventIn, project_id: UUID, app_no: int, now: datetime) -> NewEventRow:
    """Check an event and return it in its stored form. Raises `EventRejectedError` with the first fault's code."""
    if not now - MAX_EVENT_AGE <= event.occurred_at <= now + MAX_EVENT_CLOCK_AHEAD:
        raise EventRejectedError("BAD_TIME")
    if "\0" in f"{event.name}{event.event_id}{event.app_user_id}{event.anonymous_id}":
        raise EventRejectedError("INVALID")
    properties, context = bytes(event.properties), bytes(event.context)
    if len(properties) + len(context) > MAX_EVENT_BYTES:
        raise EventRejectedError("TOO_LARGE")
    value, currency = _event_value_and_currency(decode_json_object(properties))
    decode_json_object(context)
    key = derive_dedup_key_of_event_id(event.event_id)
    return NewEventRow(
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


def decode_json_object(text: bytes) -> dict[str, Any]:
    """Return a text's JSON object, decoded completely. Raises `EventRejectedError` if it isn't one or too deep."""
    if text == b"{}":
        return {}
    try:
        found = _EVENT_JSON_OBJECT_DECODER.decode(text)
    except msgspec.ValidationError:
        raise EventRejectedError("INVALID") from None
    except RecursionError:
        raise EventRejectedError("TOO_DEEP") from None
    except UNREADABLE_JSON_ERRORS:
        raise EventRejectedError("MALFORMED") from None
    if is_json_too_deep(text, found):
        raise EventRejectedError("TOO_DEEP")
    return found


def _event_value_and_currency(properties: dict[str, Any]) -> tuple[int | None, str | None]:
    """Return the first numeric value property in millionths, and its currency or None; (None, None) without one.

    Raises `EventRejectedError` for a value above `MAX_EVENT_VALUE` or below its negative.
    """
    for name in EVENT_VALUE_PROPERTIES:
        found = properties.get(name)
        if type(found) is int or type(found) is float:
            break
    else:
        return None, None
    if not abs(found) <= MAX_EVENT_VALUE:
        raise EventRejectedError("BAD_VALUE")
    return round(found * MICROS_PER_CURRENCY_UNIT), currencies.normalize_currency_code(properties.get("currency"))
