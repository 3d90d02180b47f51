"""Quarantine: events that were refused, kept for a while so that their sender can see why.

It is best effort and never in the way: what is refused is noted in memory, and written behind the answers, a
project's newest ones first. A flood of refusals writes little, and a process that is killed loses a second.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn, Pool, acquire
from db.queries import event_quarantine
from db.reach import PASSING, reaching
from domain.apps.app_keys import KeyedApp
from domain.events.body import Refused
from domain.events.json_text import UNREADABLE
from schemas import ids
from schemas.events import RejectCode
from telemetry import metrics

#: Refused events that are kept of a project, about, and for how long.
MOST, AGE = 1_000, timedelta(days=7)

#: Characters of an event's text that are kept, and events of a project that wait to be written, at most.
MOST_TEXT, MOST_NOTED = 4_096, 100

#: Projects whose refused events wait to be written, at most.
MOST_PROJECTS = 200

#: Rows that the chore deletes at once.
BATCH = 1_000


class Quarantined(NamedTuple):
    """A refused event as it is kept. `name` and `event_id` are None where its text doesn't say them."""

    id: UUID
    app_no: int
    code: RejectCode
    name: str | None
    event_id: str | None
    text: str
    received_at: datetime


class Noted(NamedTuple):
    """A refused event that waits to be written."""

    id: UUID
    app_no: int
    code: RejectCode
    name: str | None
    event_id: str | None
    text: str


class _Named(msgspec.Struct):
    """Fields by which a person knows an event, in our words and in Segment's."""

    name: str | None = None
    event: str | None = None
    eventId: str | None = None  # noqa: N815  as on the wire
    messageId: str | None = None  # noqa: N815


LIST_REFUSED = event_quarantine.list_refused.typed(Quarantined)
_NAMED = msgspec.json.Decoder(_Named)


class Quarantine:
    """Refused events of this process that wait to be written. `came` is set while there are some."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._due: dict[UUID, deque[Noted]] = {}
        #: Whoever reads takes one connection, and leaves the others to the intake.
        self._reading = asyncio.Semaphore(1)
        self.came = asyncio.Event()

    def note(self, app: KeyedApp, refused: Sequence[Refused]) -> None:
        """Events of an app were refused just now."""
        metrics.EVENTS.labels("rejected").inc(len(refused))
        if not refused or (app.project_id not in self._due and len(self._due) >= MOST_PROJECTS):
            return
        noted = self._due.setdefault(app.project_id, deque(maxlen=MOST_NOTED))
        noted.extend(note(app.app_no, one) for one in refused[:MOST_NOTED])
        self.came.set()

    async def list_page(
        self,
        *,
        project_id: UUID,
        app_no: int | None,
        codes: Sequence[RejectCode] | None,
        before: UUID | None,
        limit: int,
    ) -> list[Quarantined]:
        """At most `limit` of a project's that are older than `before`, newest first. Raises `Unavailable`."""
        with reaching():
            async with self._reading, acquire(self._pool) as conn:
                return await LIST_REFUSED.all(
                    conn, project_id=project_id, app_no=app_no, codes=codes, before=before, limit=limit
                )

    async def write_due(self) -> None:
        """Write all that wait. Where Postgres is away they are dropped."""
        self.came.clear()
        while self._due:
            project_id, noted = self._due.popitem()
            try:
                with reaching():
                    async with acquire(self._pool) as conn:
                        await keep(conn, project_id, noted)
            except PASSING:
                continue


async def keep(conn: Conn, project_id: UUID, noted: Sequence[Noted]) -> None:
    """Write refused events of a project, and drop those beyond `MOST`."""
    async with conn.transaction():
        await event_quarantine.insert_refused.run(
            conn,
            project_id=project_id,
            ids=[one.id for one in noted],
            app_nos=[one.app_no for one in noted],
            codes=[one.code for one in noted],
            names=[one.name for one in noted],
            event_ids=[one.event_id for one in noted],
            texts=[one.text for one in noted],
        )
        await event_quarantine.trim.run(conn, project_id=project_id, most=MOST)


async def delete_old(conn: Conn) -> int:
    """Delete a batch of those past their time; how many."""
    deleted: int = await event_quarantine.delete_old.value(conn, age=AGE, limit=BATCH)
    return deleted


def note(app_no: int, refused: Refused) -> Noted:
    """A refused event as it will be kept."""
    text = refused.text[: 4 * MOST_TEXT].decode("utf-8", "replace").replace("\0", "\ufffd")[:MOST_TEXT]
    named = _named(refused.text)
    names = (_short(named.name or named.event), _short(named.eventId or named.messageId))
    return Noted(ids.new(), app_no, refused.code, *names, text)


def _named(text: bytes) -> _Named:
    try:
        return _NAMED.decode(text)
    except UNREADABLE:
        return _Named()


def _short(text: str | None) -> str | None:
    """As much of a name as may be shown; an empty one is none."""
    return text[:255].replace("\0", "\ufffd") or None if text else None
