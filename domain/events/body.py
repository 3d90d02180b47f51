"""Body of an events request: decoded whole, or event by event if one of them is invalid.

An invalid event is rejected with its index, and the others are stored. A body that is no list of events is
refused whole.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Generic, NamedTuple, NoReturn, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.events.checks import EventRefused, to_event
from domain.events.event import Event
from domain.events.json_text import (
    MAX_PACKED_BYTES,
    MAX_PLAIN_BYTES,
    UNREADABLE,
    repair_in_steps,
    replace_half_surrogates,
    unpack,
    weigh_text,
)
from domain.values import json_items
from domain.values.steps import STEP_BYTES, Steps
from schemas.errors import Invalid, Malformed, Oversized
from schemas.events import (
    MAX_EVENTS,
    MAX_FROM_SERVER,
    EventIn,
    EventsFromServer,
    RejectCode,
    Rejected,
    ServerHead,
)

H = TypeVar("H", bound=msgspec.Struct)


class RejectedEvent(NamedTuple):
    """Rejected event, with its index in the request; `text` is its JSON as sent."""

    place: int
    code: RejectCode
    text: bytes


class EventBatch(NamedTuple):
    """Valid and rejected events, and their unpacked size."""

    events: list[Event]
    refused: list[RejectedEvent]
    size: int

    @property
    def rejected(self) -> list[Rejected]:
        """Return the rejected events for the answer."""
        return [Rejected(index=one.place, code=one.code) for one in self.refused]


class DecodedBody(NamedTuple, Generic[H]):
    """Decoded body: its events or their texts, and its other fields as `head`."""

    head: H
    events: Sequence[EventIn | msgspec.Raw]
    size: int


class BodyDecoders(NamedTuple, Generic[H]):
    """Decoders of a body: `whole` with all events, `split` with the text of each; at most `most` events."""

    whole: msgspec.json.Decoder[H]
    split: msgspec.json.Decoder[H]
    most: int


class _Head(msgspec.Struct):
    """Other fields of an app's body, which are ignored."""


class _Whole(_Head):
    events: Annotated[list[EventIn], Meta(min_length=1, max_length=MAX_EVENTS)]


class _Split(_Head):
    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_EVENTS)]


class _SplitFromServer(ServerHead, frozen=True, kw_only=True):
    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_FROM_SERVER)]


APP_BODY_DECODERS: BodyDecoders[_Head] = BodyDecoders(
    msgspec.json.Decoder(_Whole), msgspec.json.Decoder(_Split), MAX_EVENTS
)
SERVER_BODY_DECODERS: BodyDecoders[ServerHead] = BodyDecoders(
    msgspec.json.Decoder(EventsFromServer), msgspec.json.Decoder(_SplitFromServer), MAX_FROM_SERVER
)
_EVENT_DECODER = msgspec.json.Decoder(EventIn)
_ANY, _SKIP = msgspec.json.Decoder(), msgspec.json.Decoder(msgspec.Raw)

_NAMED = re.compile(r"(?:unknown|required) field `(.*)`", re.DOTALL)


def unpacked(data: bytes, *, packed: bool, most: int = MAX_PLAIN_BYTES) -> Steps[bytes]:
    """Return the plain bytes of a request body, decompressed if `packed`. Raises `Malformed`, `Oversized`."""
    if len(data) > MAX_PACKED_BYTES:
        raise Oversized(f"the body has more than {MAX_PACKED_BYTES} bytes: send fewer events at once")
    return (yield from unpack(data, most)) if packed else data


def read(plain: bytes, *, project_id: UUID, app_no: int, now: datetime) -> Steps[EventBatch]:
    """Read the events of an app's request. Raises `Malformed`, `Invalid`, `Oversized` for the whole body."""
    parts = yield from split(plain, APP_BODY_DECODERS)
    return (yield from check(parts.events, parts.size, project_id=project_id, app_no=app_no, now=now))


def split(plain: bytes, form: BodyDecoders[H]) -> Steps[DecodedBody[H]]:
    """Decode the events, or return the text of each if that fails.

    Raises `Malformed`, `Invalid`, and `Oversized` for a single event above the size of any body.
    """
    if len(plain) <= STEP_BYTES:
        return _split_at_once(plain, form)
    text = yield from repair_in_steps(plain)
    beside, items = yield from json_items.split_json_list(text, {b'"events"'}, form.most)
    head = decode(beside, form.split)
    events = head.events if items is None else [msgspec.Raw(item) for item in items]  # type: ignore[attr-defined]
    return DecodedBody(head, events, len(plain))


def _split_at_once(plain: bytes, form: BodyDecoders[H]) -> DecodedBody[H]:
    try:
        head = form.whole.decode(plain)
    except UNREADABLE:
        head = decode(replace_half_surrogates(plain), form.split, sent=plain)
    events: Sequence[EventIn | msgspec.Raw] = head.events  # type: ignore[attr-defined]  # each form has them
    return DecodedBody(head, events, len(plain))


def decode(text: bytes, decoder: msgspec.json.Decoder[H], *, sent: bytes | None = None) -> H:
    """Decode a text; errors refer to `sent`, the original bytes, if given. Raises `Malformed`, `Invalid`."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        _refuse(sent or text, error)
    except UNREADABLE as error:
        raise malformed_body_error(error) from None


def malformed_body_error(error: Exception) -> Malformed:
    """Return the error for unreadable text, with the decoder's message."""
    return Malformed(f"the body is no JSON that can be read: {error}")


def check(
    found: Iterable[EventIn | msgspec.Raw], size: int, *, project_id: UUID, app_no: int, now: datetime
) -> Steps[EventBatch]:
    """Check each event of a body: collect it as stored, or its rejection."""
    body, done = EventBatch([], [], size), 0
    for index, one in enumerate(found):
        done += weigh_text(bytes(one)) if isinstance(one, msgspec.Raw) else 0
        if done > STEP_BYTES:
            done = 0
            yield
        try:
            event = one if isinstance(one, EventIn) else _read_one(one)
            body.events.append(to_event(event, project_id, app_no, now))
        except EventRefused as error:
            body.refused.append(RejectedEvent(index, error.code, _text(one)))
    return body


def _refuse(text: bytes, error: msgspec.ValidationError) -> NoReturn:
    """Raise the error of a text that is no list of events; `Malformed` unless all of it is JSON."""
    try:
        (_SKIP if len(text) > STEP_BYTES else _ANY).decode(text)
    except UNREADABLE as unreadable:
        raise malformed_body_error(unreadable) from None
    what, _, place = str(error).partition(" - at `$")
    named = _NAMED.search(what)
    raise Invalid((named[1] if named else place.strip(".`")) or "body", what) from None


def _read_one(text: msgspec.Raw) -> EventIn:
    try:
        return _EVENT_DECODER.decode(text)
    except msgspec.ValidationError:
        raise EventRefused("INVALID") from None
    except UNREADABLE:
        raise EventRefused("MALFORMED") from None


def _text(event: EventIn | msgspec.Raw) -> bytes:
    return bytes(event) if isinstance(event, msgspec.Raw) else msgspec.json.encode(event)
