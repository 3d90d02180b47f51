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
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.events.body import EventBatch, RejectedEvent, decode, malformed_body_error
from domain.events.checks import MAX_AHEAD, MAX_EVENT_BYTES, EventRefused, read_object, to_event
from domain.events.event import Event
from domain.events.json_text import UNREADABLE, repair_in_steps, replace_escapes, weigh_text
from domain.values import json_items
from domain.values.steps import STEP_BYTES, Steps
from schemas.events import EventIn

#: Messages of one batch: as many small ones as fit the 475 KB of a mobile SDK's file.
MAX_MESSAGES = 5_000

#: Bytes of a body as text: twice such a file.
MAX_PLAIN_BYTES = 1_000_000

#: Types of messages by the last part of a path; None: a batch of messages with types of their own.
KINDS: Mapping[str, str | None] = {
    "b": None, "batch": None, "import": None,
    "t": "track", "track": "track", "i": "identify", "identify": "identify",
    "p": "page", "page": "page", "s": "screen", "screen": "screen",
    "g": "group", "group": "group", "a": "alias", "alias": "alias",
}  # fmt: skip

#: Event names of every type but `track`, which has a name of its own.
EVENT_NAME_BY_TYPE = {
    "identify": "$identify",
    "page": "$page",
    "screen": "$screen",
    "group": "$group",
    "alias": "$alias",
}

#: Fields outside `properties` and `traits` that are stored with them.
EXTRA_FIELDS = {
    "page": ("name", "category"),
    "screen": ("name", "category"),
    "group": ("groupId",),
    "alias": ("previousId",),
}

MOST_NAME, MOST_ID, MOST_PERSON = 128, 128, 255

_EMPTY = msgspec.Raw(b"{}")


class _Message(msgspec.Struct):
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
    properties: msgspec.Raw = _EMPTY
    traits: msgspec.Raw = _EMPTY
    context: msgspec.Raw = _EMPTY


class _Keyed(msgspec.Struct):
    writeKey: str | None = None  # noqa: N815


class _Head(msgspec.Struct):
    """Fields of a request that apply to all of its messages."""

    sentAt: datetime | None = None  # noqa: N815


class _Batch(_Head):
    batch: Annotated[list[msgspec.Raw], Meta(max_length=MAX_MESSAGES)] = []


class _Sent(NamedTuple):
    """Messages of a request; `kind` is the type of all, None if each has its own."""

    kind: str | None
    messages: Sequence[msgspec.Raw]
    sent_at: datetime | None


_KEYED, _MESSAGE = msgspec.json.Decoder(_Keyed), msgspec.json.Decoder(_Message)
_HEAD, _BATCH = msgspec.json.Decoder(_Head), msgspec.json.Decoder(_Batch)


def write_key_in(plain: bytes) -> str | None:
    """Return the `writeKey` in a body; None without a string. Raises `Malformed`.

    Nothing else in the body is stored.
    """
    try:
        return _KEYED.decode(replace_escapes(plain)).writeKey
    except msgspec.ValidationError:
        return None
    except UNREADABLE as error:
        raise malformed_body_error(error) from None


def read(
    plain: bytes, *, kind: str | None, project_id: UUID, app_no: int, now: datetime
) -> Steps[EventBatch]:
    """Read the messages as events, each as stored or as its rejection.

    Raises `Malformed`, `Invalid`, `Oversized` for the whole body.
    """
    sent = yield from _split((yield from repair_in_steps(plain)), kind)
    body, done = EventBatch([], [], len(plain)), 0
    for index, text in enumerate(sent.messages):
        done += weigh_text(bytes(text))
        if done > STEP_BYTES:
            done = 0
            yield
        try:
            body.events.append(_event(text, sent, project_id, app_no, now))
        except EventRefused as error:
            body.refused.append(RejectedEvent(index, error.code, bytes(text)))
    return body


def _split(text: bytes, kind: str | None) -> Steps[_Sent]:
    if kind is not None:
        sent_at = decode(text, _HEAD).sentAt
        yield
        return _Sent(kind, [msgspec.Raw(text)], sent_at)
    if len(text) <= STEP_BYTES:
        batch = decode(text, _BATCH)
        return _Sent(None, batch.batch, batch.sentAt)
    beside, items = yield from json_items.split_json_list(text, {b'"batch"'}, MAX_MESSAGES)
    batch = decode(beside, _BATCH)
    messages = batch.batch if items is None else [msgspec.Raw(item) for item in items]
    return _Sent(None, messages, batch.sentAt)


def _event(text: msgspec.Raw, sent: _Sent, project_id: UUID, app_no: int, now: datetime) -> Event:
    message = _read(text)
    kind = sent.kind or message.type or ""
    name = message.event if kind == "track" else EVENT_NAME_BY_TYPE.get(kind)
    if not name or len(name) > MOST_NAME:
        raise EventRefused("INVALID")
    event = EventIn(
        name=name,
        event_id=_id(message.messageId, text),
        occurred_at=_time(message, sent.sent_at, now),
        app_user_id=_person(message.userId),
        anonymous_id=_person(message.anonymousId),
        properties=_properties(message, kind),
        context=_object(message.context),
    )
    return to_event(event, project_id, app_no, now)


def _read(text: msgspec.Raw) -> _Message:
    try:
        return _MESSAGE.decode(text)
    except msgspec.ValidationError:
        raise EventRefused("INVALID") from None
    except UNREADABLE:
        raise EventRefused("MALFORMED") from None


def _id(given: str | None, text: msgspec.Raw) -> str:
    """Return the message's id; a hash if it has none or one that is too long."""
    if given and len(given) <= MOST_ID:
        return given
    return hashlib.blake2b(given.encode() if given else bytes(text), digest_size=16).hexdigest()


def _time(message: _Message, batch_sent_at: datetime | None, now: datetime) -> datetime:
    """Return the message's time, corrected if its clock is ahead. Raises `EventRefused`."""
    sent_at = _aware(message.sentAt or batch_sent_at)
    time = _aware(message.timestamp or message.originalTimestamp) or sent_at or now
    if not (sent_at and sent_at > now and time > now + MAX_AHEAD):
        return time
    try:
        return min(now, now - (sent_at - time))
    except OverflowError:
        raise EventRefused("BAD_TIME") from None


def _aware(time: datetime | None) -> datetime | None:
    """Return a time without a zone as UTC."""
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def _person(given: str | int | None) -> str | None:
    """Return a person's id; None if empty. Raises `EventRefused`."""
    text = "" if given is None else str(given)
    if len(text) > MOST_PERSON:
        raise EventRefused("INVALID")
    return text or None


def _object(given: msgspec.Raw) -> msgspec.Raw:
    """Return the object, or an empty one for null."""
    return _EMPTY if bytes(given) == b"null" else given


def _properties(message: _Message, kind: str) -> msgspec.Raw:
    """Return the properties or traits, merged with the fields outside them. Raises `EventRefused`."""
    given = message.properties if kind in {"track", "page", "screen"} else message.traits
    text = _object(given)
    beside: dict[str, Any] = {
        name: value for name in EXTRA_FIELDS.get(kind, ()) if (value := getattr(message, name)) is not None
    }
    if not beside:
        return text
    if len(bytes(text)) > MAX_EVENT_BYTES:
        raise EventRefused("TOO_LARGE")
    return msgspec.Raw(msgspec.json.encode(beside | read_object(bytes(text))))
