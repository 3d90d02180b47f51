"""Segment's format: decodes messages of its SDKs, alone or in a batch, as events.

Irrelevant fields are skipped undecoded: SDKs of many versions send many. `messageId` is the event's id.
Without one, the text's hash is, so that a repeated message stays a duplicate. The message's own time is
stored. Mobile SDKs write `sentAt` when they close a file that may wait for days, so `sentAt` corrects a clock
only if that is too far ahead for any event. https://segment.com/docs/connections/spec/common/, read
2026-11-27.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.events.body import (
    CheckedEventBatch,
    check_body_events,
    decode_event_body,
    decode_event_json_or_raise,
    malformed_body_error,
)
from domain.events.checks import MAX_EVENT_BYTES, MAX_EVENT_CLOCK_AHEAD, EventRejectedError, decode_json_object
from domain.events.json_text import (
    UNREADABLE_JSON_ERRORS,
    repair_surrogates_in_steps,
    replace_json_escapes_by_underscores,
)
from domain.values import json_items
from domain.values.steps import JSON_STEP_BYTES, CooperativeSteps
from schemas.events import EventIn

#: Messages of one batch: as many small ones as fit the 475 KB of a mobile SDK's file.
MAX_SEGMENT_SDK_MESSAGES = 5_000

#: Bytes of a body as text: twice such a file.
MAX_SEGMENT_SDK_BODY_BYTES = 1_000_000

#: Types of messages by the last part of a path; None: a batch of messages with types of their own.
SEGMENT_MESSAGE_TYPE_BY_PATH: Mapping[str, str | None] = {
    "b": None, "batch": None, "import": None,
    "t": "track", "track": "track", "i": "identify", "identify": "identify",
    "p": "page", "page": "page", "s": "screen", "screen": "screen",
    "g": "group", "group": "group", "a": "alias", "alias": "alias",
}  # fmt: skip

#: Event names of every type but `track`, which has a name of its own.
EVENT_NAME_BY_SEGMENT_MESSAGE_TYPE = {
    "identify": "$identify",
    "page": "$page",
    "screen": "$screen",
    "group": "$group",
    "alias": "$alias",
}

#: Fields outside `properties` and `traits` that are stored with them.
EXTRA_FIELDS_BY_SEGMENT_MESSAGE_TYPE = {
    "page": ("name", "category"),
    "screen": ("name", "category"),
    "group": ("groupId",),
    "alias": ("previousId",),
}

MAX_EVENT_NAME_CHARACTERS, MAX_EVENT_ID_CHARACTERS, MAX_PERSON_ID_CHARACTERS = 128, 128, 255

_EMPTY_JSON_OBJECT = msgspec.Raw(b"{}")


class _SegmentMessage(msgspec.Struct):
    type: str | None = None
    messageId: str | None = None  # noqa: N815  as on the wire
    event: str | None = None
    name: str | None = None
    category: str | None = None
    userId: str | int | None = None  # noqa: N815
    anonymousId: str | int | None = None  # noqa: N815
    groupId: str | int | None = None  # noqa: N815
    previousId: str | int | None = None  # noqa: N815
    timestamp: datetime | None = None
    originalTimestamp: datetime | None = None  # noqa: N815
    sentAt: datetime | None = None  # noqa: N815
    properties: msgspec.Raw = _EMPTY_JSON_OBJECT
    traits: msgspec.Raw = _EMPTY_JSON_OBJECT
    context: msgspec.Raw = _EMPTY_JSON_OBJECT


class _SegmentWriteKey(msgspec.Struct):
    writeKey: str | None = None  # noqa: N815


class _SegmentSdkRequestFields(msgspec.Struct):
    """Fields of a request that apply to all of its messages."""

    sentAt: datetime | None = None  # noqa: N815


class _SegmentSdkBatch(_SegmentSdkRequestFields):
    batch: Annotated[list[msgspec.Raw], Meta(max_length=MAX_SEGMENT_SDK_MESSAGES)] = []


class _SegmentSdkMessages(NamedTuple):
    """Messages of a request; `kind` is the type of all, None if each has its own."""

    kind: str | None
    messages: Sequence[msgspec.Raw]
    sent_at: datetime | None


_WRITE_KEY_DECODER, _SEGMENT_MESSAGE_DECODER = (
    msgspec.json.Decoder(_SegmentWriteKey),
    msgspec.json.Decoder(_SegmentMessage),
)
_SEGMENT_HEAD_DECODER, _SEGMENT_BATCH_DECODER = (
    msgspec.json.Decoder(_SegmentSdkRequestFields),
    msgspec.json.Decoder(_SegmentSdkBatch),
)


def read_segment_write_key(plain: bytes) -> str | None:
    """Return the `writeKey` of a Segment request body; None if it is missing or isn't a string.

    No other field is decoded. Raises `MalformedBody`.
    """
    try:
        return _WRITE_KEY_DECODER.decode(replace_json_escapes_by_underscores(plain)).writeKey
    except msgspec.ValidationError:
        return None
    except UNREADABLE_JSON_ERRORS as error:
        raise malformed_body_error(error) from None


def read_segment_sdk_events(
    plain: bytes, *, kind: str | None, project_id: UUID, app_no: int, now: datetime
) -> CooperativeSteps[CheckedEventBatch]:
    """Return the messages of a Segment request body as events, each as stored or as its rejection.

    `kind`: one message's type (None: a batch). Raises `MalformedBody`, `InvalidValue`, `BodyOversized` for the body.
    """
    sent = yield from _split_segment_sdk_body((yield from repair_surrogates_in_steps(plain)), kind)
    decode = partial(_convert_segment_message, sent=sent, now=now)
    checking = check_body_events(
        sent.messages, len(plain), project_id=project_id, app_no=app_no, now=now, decode=decode
    )
    return (yield from checking)


def _split_segment_sdk_body(text: bytes, kind: str | None) -> CooperativeSteps[_SegmentSdkMessages]:
    if kind is not None:
        sent_at = decode_event_body(text, _SEGMENT_HEAD_DECODER).sentAt
        yield
        return _SegmentSdkMessages(kind, [msgspec.Raw(text)], sent_at)
    if len(text) <= JSON_STEP_BYTES:
        batch = decode_event_body(text, _SEGMENT_BATCH_DECODER)
        return _SegmentSdkMessages(None, batch.batch, batch.sentAt)
    beside, items = yield from json_items.split_json_body_list(text, {b'"batch"'}, MAX_SEGMENT_SDK_MESSAGES)
    batch = decode_event_body(beside, _SEGMENT_BATCH_DECODER)
    messages = batch.batch if items is None else [msgspec.Raw(item) for item in items]
    return _SegmentSdkMessages(None, messages, batch.sentAt)


def _convert_segment_message(text: msgspec.Raw, sent: _SegmentSdkMessages, now: datetime) -> EventIn:
    message = decode_event_json_or_raise(text, _SEGMENT_MESSAGE_DECODER)
    kind = sent.kind or message.type or ""
    name = message.event if kind == "track" else EVENT_NAME_BY_SEGMENT_MESSAGE_TYPE.get(kind)
    if not name or len(name) > MAX_EVENT_NAME_CHARACTERS:
        raise EventRejectedError("INVALID")
    return EventIn(
        name=name,
        event_id=_segment_sdk_event_id(message.messageId, text),
        occurred_at=_segment_sdk_event_time(message, sent.sent_at, now),
        app_user_id=_segment_person_id_to_text(message.userId),
        anonymous_id=_segment_person_id_to_text(message.anonymousId),
        properties=_merge_extra_segment_fields(message, kind),
        context=_null_to_empty_json_object(message.context),
    )


def _segment_sdk_event_id(given: str | None, text: msgspec.Raw) -> str:
    """Return a Segment message's event id: its own, a hash of it if too long, or of the message's text if missing."""
    if given and len(given) <= MAX_EVENT_ID_CHARACTERS:
        return given
    return hashlib.blake2b(given.encode() if given else bytes(text), digest_size=16).hexdigest()


def _segment_sdk_event_time(message: _SegmentMessage, batch_sent_at: datetime | None, now: datetime) -> datetime:
    """Return the time of a Segment message: its own, else that of its sending, else now.

    A time too far ahead is corrected by the sender clock's lead. Raises `EventRejectedError` if that is impossible.
    """
    sent_at = _assume_utc_if_without_zone(message.sentAt or batch_sent_at)
    time = _assume_utc_if_without_zone(message.timestamp or message.originalTimestamp) or sent_at or now
    if not (sent_at and sent_at > now and time > now + MAX_EVENT_CLOCK_AHEAD):
        return time
    try:
        return min(now, now - (sent_at - time))
    except OverflowError:
        raise EventRejectedError("BAD_TIME") from None


def _assume_utc_if_without_zone(time: datetime | None) -> datetime | None:
    """Return a time with UTC as its zone if it has no zone; None for None."""
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def _segment_person_id_to_text(given: str | int | None) -> str | None:
    """Return a Segment message's user or anonymous id; None if empty. Raises `EventRejectedError` if too long."""
    text = "" if given is None else str(given)
    if len(text) > MAX_PERSON_ID_CHARACTERS:
        raise EventRejectedError("INVALID")
    return text or None


def _null_to_empty_json_object(given: msgspec.Raw) -> msgspec.Raw:
    """Return a JSON text, or the text of an empty object if it is `null`."""
    return _EMPTY_JSON_OBJECT if bytes(given) == b"null" else given


def _merge_extra_segment_fields(message: _SegmentMessage, kind: str) -> msgspec.Raw:
    """Merge a Segment message's properties or traits with its other fields; return one JSON object.

    Traits are for `identify`, `group` and `alias`. Raises `EventRejectedError` for an invalid or too large object.
    """
    given = message.properties if kind in {"track", "page", "screen"} else message.traits
    text = _null_to_empty_json_object(given)
    beside: dict[str, Any] = {
        name: value
        for name in EXTRA_FIELDS_BY_SEGMENT_MESSAGE_TYPE.get(kind, ())
        if (value := getattr(message, name)) is not None
    }
    if not beside:
        return text
    if len(bytes(text)) > MAX_EVENT_BYTES:
        raise EventRejectedError("TOO_LARGE")
    return msgspec.Raw(msgspec.json.encode(beside | decode_json_object(bytes(text))))
