"""Body of a request with events: read whole, or event by event where one of them is wrong.

What is wrong with one event is said of that event, and the others are taken. What can't be read as a list of
events at all is refused whole.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.events.event import Event
from domain.events.event_keys import key_of
from domain.events.json_text import MOST_PACKED, UNREADABLE, is_too_deep, mend, unpack
from schemas.errors import Invalid, Malformed, Oversized
from schemas.events import MOST_EVENTS, EventIn, RejectCode, Rejected

#: How old an event may be, and how far ahead of our clock its own may be.
OLDEST, AHEAD = timedelta(days=7), timedelta(hours=1)

#: Bytes of the JSON of one event.
MOST_BYTES = 32_768

#: A value's bound: sums of a commit's fit a bigint, as millionths.
MOST_VALUE = 1e9
MICROS = 1_000_000
VALUES = ("revenue_amount", "price_amount", "value")

_CURRENCY = re.compile(r"[A-Za-z]{3}")


class _Whole(msgspec.Struct):
    events: Annotated[list[EventIn], Meta(min_length=1, max_length=MOST_EVENTS)]


class _Split(msgspec.Struct):
    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MOST_EVENTS)]


_WHOLE, _SPLIT = msgspec.json.Decoder(_Whole), msgspec.json.Decoder(_Split)
_ONE, _OBJECT = msgspec.json.Decoder(EventIn), msgspec.json.Decoder(dict[str, Any])


class Body(NamedTuple):
    """Events that may be kept, those that were refused, and the size that all had, unpacked."""

    events: list[Event]
    rejected: list[Rejected]
    size: int


class _RejectedError(Exception):
    """An event that can't be kept."""

    def __init__(self, code: RejectCode) -> None:
        super().__init__(code)
        self.code = code


def read(data: bytes, *, packed: bool, project_id: UUID, app_no: int, now: datetime) -> Body:
    """The events of an app's request. Raises `Malformed`, `Invalid`, `Oversized` for the whole of it."""
    if len(data) > MOST_PACKED:
        raise Oversized(f"the body has more than {MOST_PACKED} bytes: send fewer events at once")
    plain = unpack(data) if packed else data
    body = Body([], [], len(plain))
    for index, found in enumerate(_split(plain)):
        try:
            event = found if isinstance(found, EventIn) else _read_one(found)
            body.events.append(_kept(event, project_id, app_no, now))
        except _RejectedError as error:
            body.rejected.append(Rejected(index=index, code=error.code))
    return body


def _split(plain: bytes) -> Sequence[EventIn | msgspec.Raw]:
    """Events, or the text of each where they can't be read at once."""
    try:
        return _WHOLE.decode(plain).events
    except UNREADABLE:
        plain = mend(plain)
    try:
        return _SPLIT.decode(plain).events
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        raise Invalid(place.strip(".`") or "events", what) from None
    except UNREADABLE as error:
        raise Malformed(f"the body is no JSON that can be read: {error}") from None


def _read_one(text: msgspec.Raw) -> EventIn:
    try:
        return _ONE.decode(text)
    except msgspec.ValidationError:
        raise _RejectedError("INVALID") from None
    except UNREADABLE:
        raise _RejectedError("MALFORMED") from None


def _kept(event: EventIn, project_id: UUID, app_no: int, now: datetime) -> Event:
    """The event as it is kept. Raises `_RejectedError`."""
    if not now - OLDEST <= event.occurred_at <= now + AHEAD:
        raise _RejectedError("BAD_TIME")
    if "\0" in f"{event.name}{event.event_id}{event.app_user_id}{event.anonymous_id}":
        raise _RejectedError("INVALID")
    properties, context = bytes(event.properties), bytes(event.context)
    if len(properties) + len(context) > MOST_BYTES:
        raise _RejectedError("TOO_LARGE")
    value, currency = _value(_object(properties))
    _object(context)
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


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object, read to its end: what was skipped as raw text may be anything."""
    if text == b"{}":
        return {}
    try:
        if is_too_deep(text):
            raise _RejectedError("TOO_DEEP")
        return _OBJECT.decode(text)
    except msgspec.ValidationError:
        raise _RejectedError("INVALID") from None
    except RecursionError:
        raise _RejectedError("TOO_DEEP") from None
    except UNREADABLE:
        raise _RejectedError("MALFORMED") from None


def _value(properties: dict[str, Any]) -> tuple[int | None, str | None]:
    """Millionths of the first number that is a value, and its currency."""
    for name in VALUES:
        found = properties.get(name)
        if type(found) is int or type(found) is float:
            break
    else:
        return None, None
    if not abs(found) <= MOST_VALUE:
        raise _RejectedError("BAD_VALUE")
    currency = properties.get("currency")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        return round(found * MICROS), None
    return round(found * MICROS), currency.upper()
