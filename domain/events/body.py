"""Body of an events request: decoded whole, or event by event if one of them is invalid.

An invalid event is rejected with its index, and the others are stored. A body that is no list of events is
refused whole.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Generic, NamedTuple, NoReturn, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.events.checks import EventRejectedError, validate_event
from domain.events.event import NewEventRow
from domain.events.json_text import (
    MAX_PACKED_EVENT_BODY_BYTES,
    MAX_UNPACKED_EVENT_BODY_BYTES,
    UNREADABLE_JSON_ERRORS,
    estimate_decoding_time_in_text_bytes,
    repair_surrogates_in_steps,
    replace_half_surrogates,
    unpack_gzip,
)
from domain.values import json_items
from domain.values.steps import JSON_STEP_BYTES, CooperativeSteps
from schemas.errors import BodyOversized, InvalidValue, MalformedBody
from schemas.events import (
    MAX_EVENTS_PER_APP_REQUEST,
    MAX_EVENTS_PER_SERVER_REQUEST,
    EventIn,
    EventRejection,
    EventsFromServer,
    Rejected,
    ServerEventBodyAppIds,
)

EventBodyHead = TypeVar("EventBodyHead", bound=msgspec.Struct)


class RejectedEvent(NamedTuple):
    """Rejected event, with its index in the request; `text` is its JSON as sent."""

    place: int
    code: EventRejection
    text: bytes


class CheckedEventBatch(NamedTuple):
    """Valid and rejected events, and their unpacked size."""

    events: list[NewEventRow]
    refused: list[RejectedEvent]
    size: int

    @property
    def rejected(self) -> list[Rejected]:
        """Return the index and the code of each rejected event, for the response."""
        return [Rejected(index=one.place, code=one.code) for one in self.refused]


class DecodedEventBatchBody(NamedTuple, Generic[EventBodyHead]):
    """Decoded body: its events or their texts, and its other fields as `head`."""

    head: EventBodyHead
    events: Sequence[EventIn | msgspec.Raw]
    size: int


class EventBodyDecoders(NamedTuple, Generic[EventBodyHead]):
    """Decoders of a body: `whole` with all events, `split` with the text of each; at most `most` events."""

    whole: msgspec.json.Decoder[EventBodyHead]
    split: msgspec.json.Decoder[EventBodyHead]
    most: int


class _IgnoredAppEventBodyFields(msgspec.Struct):
    """Other fields of an app's body, which are ignored."""


class _AppEventBodyWithDecodedEvents(_IgnoredAppEventBodyFields):
    events: Annotated[list[EventIn], Meta(min_length=1, max_length=MAX_EVENTS_PER_APP_REQUEST)]


class _SplitAppEventBody(_IgnoredAppEventBodyFields):
    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_EVENTS_PER_APP_REQUEST)]


class _SplitServerEventBody(ServerEventBodyAppIds, frozen=True, kw_only=True):
    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_EVENTS_PER_SERVER_REQUEST)]


APP_EVENT_BODY_DECODERS: EventBodyDecoders[_IgnoredAppEventBodyFields] = EventBodyDecoders(
    msgspec.json.Decoder(_AppEventBodyWithDecodedEvents),
    msgspec.json.Decoder(_SplitAppEventBody),
    MAX_EVENTS_PER_APP_REQUEST,
)
SERVER_EVENT_BODY_DECODERS: EventBodyDecoders[ServerEventBodyAppIds] = EventBodyDecoders(
    msgspec.json.Decoder(EventsFromServer), msgspec.json.Decoder(_SplitServerEventBody), MAX_EVENTS_PER_SERVER_REQUEST
)
_EVENT_DECODER = msgspec.json.Decoder(EventIn)
_ANY_JSON_DECODER, _UNPARSED_JSON_DECODER = msgspec.json.Decoder(), msgspec.json.Decoder(msgspec.Raw)

_FIELD_IN_ERROR_PATTERN = re.compile(r"(?:unknown|required) field `(.*)`", re.DOTALL)


def gunzip_event_body(
    data: bytes, *, packed: bool, most: int = MAX_UNPACKED_EVENT_BODY_BYTES
) -> CooperativeSteps[bytes]:
    """Return the plain bytes of a body of events, decompressed by gzip if `packed`.

    Raises `MalformedBody` for bad gzip, `BodyOversized` over the maximum as sent, or over `most` decompressed.
    """
    if len(data) > MAX_PACKED_EVENT_BODY_BYTES:
        raise BodyOversized(f"the body has more than {MAX_PACKED_EVENT_BODY_BYTES} bytes: send fewer events at once")
    return (yield from unpack_gzip(data, most)) if packed else data


def parse_app_events(
    plain: bytes, *, project_id: UUID, app_no: int, now: datetime
) -> CooperativeSteps[CheckedEventBatch]:
    """Return the events of an app's request body: the valid ones as stored, the others as rejections.

    Raises `MalformedBody`, `InvalidValue`, `BodyOversized` for the whole body.
    """
    parts = yield from split_event_body(plain, APP_EVENT_BODY_DECODERS)
    return (yield from check_body_events(parts.events, parts.size, project_id=project_id, app_no=app_no, now=now))


def split_event_body(
    plain: bytes, form: EventBodyDecoders[EventBodyHead]
) -> CooperativeSteps[DecodedEventBatchBody[EventBodyHead]]:
    """Return the events of a request body, decoded or each as its JSON text, and the body's other fields.

    They are texts for a long body, or if the events can't be decoded together. Raises `MalformedBody`, `InvalidValue`,
    and `BodyOversized` for a single event above the size of any body.
    """
    if len(plain) <= JSON_STEP_BYTES:
        return _decode_small_event_body(plain, form)
    text = yield from repair_surrogates_in_steps(plain)
    beside, items = yield from json_items.split_json_body_list(text, {b'"events"'}, form.most)
    head = decode_event_body(beside, form.split)
    events = head.events if items is None else [msgspec.Raw(item) for item in items]  # type: ignore[attr-defined]
    return DecodedEventBatchBody(head, events, len(plain))


def _decode_small_event_body(
    plain: bytes, form: EventBodyDecoders[EventBodyHead]
) -> DecodedEventBatchBody[EventBodyHead]:
    try:
        head = form.whole.decode(plain)
    except UNREADABLE_JSON_ERRORS:
        head = decode_event_body(replace_half_surrogates(plain), form.split, sent=plain)
    events: Sequence[EventIn | msgspec.Raw] = head.events  # type: ignore[attr-defined]  # each form has them
    return DecodedEventBatchBody(head, events, len(plain))


def decode_event_body(
    text: bytes, decoder: msgspec.json.Decoder[EventBodyHead], *, sent: bytes | None = None
) -> EventBodyHead:
    """Return the decoded JSON text of an event body. Errors refer to `sent`, the original bytes, if given.

    Raises `MalformedBody` for text that isn't JSON, `InvalidValue` for JSON of another form.
    """
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        _raise_body_error(sent or text, error)
    except UNREADABLE_JSON_ERRORS as error:
        raise malformed_body_error(error) from None


def malformed_body_error(error: Exception) -> MalformedBody:
    """Return the error for a request body that is no readable JSON, with the decoder's message."""
    return MalformedBody(f"the body is no JSON that can be read: {error}")


def decode_event_json_or_raise(text: msgspec.Raw, decoder: msgspec.json.Decoder[EventBodyHead]) -> EventBodyHead:
    """Return one event's decoded JSON text. Raises `EventRejectedError`."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError:
        raise EventRejectedError("INVALID") from None
    except UNREADABLE_JSON_ERRORS:
        raise EventRejectedError("MALFORMED") from None


def _decode_event(text: msgspec.Raw) -> EventIn:
    return decode_event_json_or_raise(text, _EVENT_DECODER)


def check_body_events(
    found: Iterable[EventIn | msgspec.Raw],
    size: int,
    *,
    project_id: UUID,
    app_no: int,
    now: datetime,
    decode: Callable[[msgspec.Raw], EventIn] = _decode_event,
) -> CooperativeSteps[CheckedEventBatch]:
    """Check each event of a request body; return the valid events as stored, and the others as rejections."""
    body, done = CheckedEventBatch([], [], size), 0
    for index, one in enumerate(found):
        done += estimate_decoding_time_in_text_bytes(bytes(one)) if isinstance(one, msgspec.Raw) else 0
        if done > JSON_STEP_BYTES:
            done = 0
            yield
        try:
            event = one if isinstance(one, EventIn) else decode(one)
            body.events.append(validate_event(event, project_id, app_no, now))
        except EventRejectedError as error:
            body.refused.append(RejectedEvent(index, error.code, _rejected_event_json(one)))
    return body


def _raise_body_error(text: bytes, error: msgspec.ValidationError) -> NoReturn:
    """Raise `InvalidValue` for JSON that isn't a list of events, `MalformedBody` for text that isn't JSON."""
    try:
        (_UNPARSED_JSON_DECODER if len(text) > JSON_STEP_BYTES else _ANY_JSON_DECODER).decode(text)
    except UNREADABLE_JSON_ERRORS as unreadable:
        raise malformed_body_error(unreadable) from None
    what, _, place = str(error).partition(" - at `$")
    named = _FIELD_IN_ERROR_PATTERN.search(what)
    raise InvalidValue((named[1] if named else place.strip(".`")) or "body", what) from None


def _rejected_event_json(event: EventIn | msgspec.Raw) -> bytes:
    return bytes(event) if isinstance(event, msgspec.Raw) else msgspec.json.encode(event)
