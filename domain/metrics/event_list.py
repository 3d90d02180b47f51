"""Lists of a project's events, newest first by time of occurrence."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import event
from domain.apps.app_numbers import ProjectAppsByEventStoreNumber
from domain.events.checks import MICROS_PER_CURRENCY_UNIT
from domain.metrics.redaction import redact_event_json, redact_personal_event_id
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.events import REDACTED_PII_TEXT
from schemas.stored_events import KeptEvent

#: Before all events, and after them.
_TIME_BEFORE_ALL_EVENTS, _TIME_AFTER_ALL_EVENTS = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MICROSECOND = timedelta(microseconds=1)


class _ListedEventRow(NamedTuple):
    app_no: int
    event_key: UUID
    event_id: str
    name: str
    occurred_at: datetime
    received_at: datetime
    user_id: str | None
    anonymous_id: str | None
    value_micros: int | None
    currency: str | None
    properties: str
    context: str


LIST_EVENTS = event.list_events.typed(_ListedEventRow)


class EventCursor(NamedTuple):
    """Cursor: the last event of the page before. Two apps may have events of one time and one key."""

    at: datetime
    key: UUID
    app_no: int

    def pack(self) -> bytes:
        """Return the cursor of an event list as bytes: its time in microseconds, its key and its app number."""
        return struct.pack(">q16sH", (self.at - _UNIX_EPOCH) // _ONE_MICROSECOND, self.key.bytes, self.app_no)

    @staticmethod
    def unpack(data: bytes) -> "EventCursor":
        """Return the cursor of an event list from its packed bytes."""
        micros, key, app_no = struct.unpack(">q16sH", data)
        return EventCursor(_UNIX_EPOCH + micros * _ONE_MICROSECOND, UUID(bytes=key), app_no)


class EventListFilter(NamedTuple):
    """Filter of events; None is no filter. `pii` is whether the key may read personal data."""

    names: Sequence[str] | None
    user_id: str | None
    since: datetime | None
    until: datetime | None
    pii: bool


async def list_event_page(
    conn: Conn, found: ProjectAppsByEventStoreNumber, wanted: EventListFilter, *, before: EventCursor | None, limit: int
) -> list[tuple[bytes, KeptEvent]]:
    """Return at most `limit` project events before a cursor, newest first, with cursors; redacted without `pii`."""
    end = before or EventCursor(wanted.until or _TIME_AFTER_ALL_EVENTS, UUID(int=0), -1)
    async with conn.transaction():
        await event.walk_indexes.value(conn)
        rows = await LIST_EVENTS.all(
            conn,
            project_id=found.project_id,
            since=wanted.since or _TIME_BEFORE_ALL_EVENTS,
            before_at=end.at,
            before_key=end.key,
            before_app=end.app_no,
            last_app=found.highest_app_number,
            app_no=found.wanted,
            names=wanted.names,
            user_id=wanted.user_id,
            limit=limit,
        )
    return [
        (EventCursor(row.occurred_at, row.event_key, row.app_no).pack(), _app_event_to_schema(row, found, wanted))
        for row in rows
    ]


def _app_event_to_schema(
    row: _ListedEventRow, found: ProjectAppsByEventStoreNumber, wanted: EventListFilter
) -> KeptEvent:
    return build_api_answer_from_row(
        KeptEvent,
        row,
        app_id=ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, found.by_number[row.app_no].id),
        value=None if row.value_micros is None else row.value_micros / MICROS_PER_CURRENCY_UNIT,
        **(_unredacted_listed_event(row) if wanted.pii else _redacted_listed_event(row)),
    )


def _unredacted_listed_event(row: _ListedEventRow) -> dict[str, Any]:
    return {
        "event_id": row.event_id,
        "app_user_id": row.user_id,
        "anonymous_id": row.anonymous_id,
        "properties": msgspec.Raw(row.properties.encode()),
        "context": msgspec.Raw(row.context.encode()),
    }


def _redacted_listed_event(row: _ListedEventRow) -> dict[str, Any]:
    return {
        "event_id": redact_personal_event_id(row.event_id),
        "app_user_id": None if row.user_id is None else REDACTED_PII_TEXT,
        "anonymous_id": None if row.anonymous_id is None else REDACTED_PII_TEXT,
        "properties": redact_event_json(row.properties, event_name=row.name),
        "context": redact_event_json(row.context),
    }
