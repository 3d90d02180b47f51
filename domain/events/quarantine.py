"""Quarantine: recently rejected events, stored so that their sender can see the cause.

It is best effort: a write-behind buffer holds the newest rejections of each project, and a task writes them
after the responses. Its bounds keep a flood of rejections small, and keep a few organizations from filling
it. A killed process loses a second of them.
"""

import asyncio
import sys
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn, Pool, acquire_pg_connection
from db.queries import event_quarantine
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.events.body import RejectedEvent
from domain.events.json_text import UNREADABLE_JSON_ERRORS
from schemas import ids
from schemas.events import EventRejection
from telemetry import metrics

#: Approximate number of stored rejections of a project, and their retention.
MAX_STORED_REJECTIONS_PER_PROJECT, QUARANTINE_RETENTION = 1_000, timedelta(days=7)

#: Stored characters of an event's text, and most queued events of a project.
MAX_REJECTED_EVENT_TEXT_CHARACTERS, MAX_QUEUED_REJECTIONS_PER_PROJECT = 4_096, 100

#: Most bytes of memory for a project's queued events.
MAX_PROJECT_REJECTION_QUEUE_BYTES = 256 * 1024

#: Most projects in the buffer, and most projects of one organization in it.
MAX_QUARANTINE_BUFFER_PROJECTS, MAX_QUARANTINE_PROJECTS_PER_ORGANIZATION = 200, 20

#: Rows that one run of the chore deletes.
MAX_DELETED_REJECTIONS = 1_000


class StoredEventRejection(NamedTuple):
    """Rejected event as stored. `name` and `event_id` are None if its text has none."""

    id: UUID
    app_no: int
    code: EventRejection
    name: str | None
    event_id: str | None
    text: str
    received_at: datetime


class BufferedEventRejection(NamedTuple):
    """Rejected event in the buffer."""

    id: UUID
    app_no: int
    code: EventRejection
    name: str | None
    event_id: str | None
    text: str

    @property
    def size(self) -> int:
        """Return the approximate bytes of memory of a rejected event's texts.

        One rare character makes each character of a text take four bytes.
        """
        return sum(sys.getsizeof(text) for text in (self.name, self.event_id, self.text))


class _ProjectRejectionQueue:
    """Queued events of a project, the newest, with the project's organization."""

    def __init__(self, organization_id: UUID) -> None:
        self.organization_id = organization_id
        self.rejections: deque[BufferedEventRejection] = deque()
        self._size = 0

    def add(self, event: BufferedEventRejection) -> None:
        """Add a rejected event to the project's queue; the oldest ones are dropped to make room."""
        self.rejections.append(event)
        self._size += event.size
        while (
            len(self.rejections) > MAX_QUEUED_REJECTIONS_PER_PROJECT or self._size > MAX_PROJECT_REJECTION_QUEUE_BYTES
        ):
            self._size -= self.rejections.popleft().size


class _RejectedNameAndId(msgspec.Struct):
    """Name and id of an event, in our field names and in Segment's."""

    name: str | None = None
    event: str | None = None
    eventId: str | None = None  # noqa: N815  as on the wire
    messageId: str | None = None  # noqa: N815


LIST_QUARANTINED_EVENTS = event_quarantine.list_refused.typed(StoredEventRejection)
_EVENT_NAME_DECODER = msgspec.json.Decoder(_RejectedNameAndId)


class QuarantineBuffer:
    """Write-behind buffer of this process. `rejections_queued` is set while it has rows."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._due: dict[UUID, _ProjectRejectionQueue] = {}
        #: Readers share one connection, and leave the others to the intake.
        self._reading = asyncio.Semaphore(1)
        self.rejections_queued = asyncio.Event()

    def queue_rejections(self, app: SdkAppOfEventRequest, refused: Sequence[RejectedEvent]) -> None:
        """Count all of an app's rejected events; queue the newest, up to a maximum; none if the buffer is full."""
        if not refused:
            return
        metrics.SDK_EVENT_COUNTERS_BY_OUTCOME["rejected"].inc(len(refused))
        waiting = self._queue_of_project(app)
        if waiting is None:
            return
        for event in refused[-MAX_QUEUED_REJECTIONS_PER_PROJECT:]:
            waiting.add(build_event_rejection_to_buffer(app.app_no, event))
        self.rejections_queued.set()

    def _queue_of_project(self, app: SdkAppOfEventRequest) -> _ProjectRejectionQueue | None:
        """Return the queue of the app's project, created if missing; None if the buffer has no room for it."""
        if app.project_id not in self._due:
            if not self._make_room_for_another_project(app.organization_id):
                return None
            self._due[app.project_id] = _ProjectRejectionQueue(app.organization_id)
        return self._due[app.project_id]

    def _make_room_for_another_project(self, organization_id: UUID) -> bool:
        """Make room in the buffer for one more project of an organization; return whether there is room.

        An organization has a maximum of projects in the buffer. A full buffer drops the first project of the
        organization with the most, if that still leaves it with no fewer than this one.
        """
        places = Counter(queue.organization_id for queue in self._due.values())
        if places[organization_id] >= MAX_QUARANTINE_PROJECTS_PER_ORGANIZATION:
            return False
        if len(self._due) < MAX_QUARANTINE_BUFFER_PROJECTS:
            return True
        [(largest, highest)] = places.most_common(1)
        if highest <= places[organization_id] + 1:
            return False
        dropped = next(project for project, queue in self._due.items() if queue.organization_id == largest)
        del self._due[dropped]
        return True

    async def list_stored_rejections(
        self,
        *,
        project_id: UUID,
        last_app: int,
        app_no: int | None,
        codes: Sequence[EventRejection] | None,
        before: UUID | None,
        limit: int,
    ) -> list[StoredEventRejection]:
        """Return at most `limit` rejected events of a project older than `before`, newest first.

        Raises `ServiceUnavailable`. Apps with a number above `last_app` were created later and are left out.
        """
        with convert_postgres_away_errors():
            async with self._reading, acquire_pg_connection(self._pool) as conn:
                return await LIST_QUARANTINED_EVENTS.all(
                    conn,
                    project_id=project_id,
                    last_app=last_app,
                    app_no=app_no,
                    codes=codes,
                    before=before,
                    limit=limit,
                )

    async def write_queued_rejections(self) -> None:
        """Write all queued rejected events to the quarantine table; later ones wait for the next call.

        They are dropped while Postgres is unreachable.
        """
        self.rejections_queued.clear()
        for project_id in [*self._due]:
            waiting = self._due.pop(project_id, None)
            if waiting is None:  # Its project was dropped from the buffer meanwhile.
                continue
            try:
                with convert_postgres_away_errors():
                    async with acquire_pg_connection(self._pool) as conn:
                        await insert_rejected_events(conn, project_id, waiting.rejections)
            except TRANSIENT_POSTGRES_ERRORS:
                continue


async def insert_rejected_events(conn: Conn, project_id: UUID, noted: Sequence[BufferedEventRejection]) -> None:
    """Insert rejected events of a project into the quarantine table; delete its oldest above the maximum."""
    async with conn.transaction():
        await event_quarantine.insert_refused.run(
            conn,
            project_id=project_id,
            ids=[event.id for event in noted],
            app_nos=[event.app_no for event in noted],
            codes=[event.code for event in noted],
            names=[event.name for event in noted],
            event_ids=[event.event_id for event in noted],
            texts=[event.text for event in noted],
        )
        await event_quarantine.trim.run(conn, project_id=project_id, most=MAX_STORED_REJECTIONS_PER_PROJECT)


async def delete_expired_event_rejections(conn: Conn) -> int:
    """Delete a batch of quarantined events older than `QUARANTINE_RETENTION`; return their number."""
    deleted: int = await event_quarantine.delete_old.value(conn, age=QUARANTINE_RETENTION, limit=MAX_DELETED_REJECTIONS)
    return deleted


def build_event_rejection_to_buffer(app_no: int, refused: RejectedEvent) -> BufferedEventRejection:
    """Return a rejected event as a quarantine row: new id, code, name and event id (None if unreadable), cut text."""
    text = (
        refused.text[: 4 * MAX_REJECTED_EVENT_TEXT_CHARACTERS]
        .decode("utf-8", "replace")
        .replace("\0", "\ufffd")[:MAX_REJECTED_EVENT_TEXT_CHARACTERS]
    )
    names_in_text = _parse_event_name_and_id(refused.text)
    names = (
        _cut_rejected_name_or_id(names_in_text.name or names_in_text.event),
        _cut_rejected_name_or_id(names_in_text.eventId or names_in_text.messageId),
    )
    return BufferedEventRejection(ids.new_uuid7(), app_no, refused.code, *names, text)


def _parse_event_name_and_id(text: bytes) -> _RejectedNameAndId:
    try:
        return _EVENT_NAME_DECODER.decode(text)
    except UNREADABLE_JSON_ERRORS:
        return _RejectedNameAndId()


def _cut_rejected_name_or_id(text: str | None) -> str | None:
    """Return the first 255 characters of an event's name or id, without NUL; None if it is empty or None."""
    return text[:255].replace("\0", "\ufffd") or None if text else None
