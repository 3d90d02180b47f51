"""Quarantine: events that were refused, kept for a while so that their sender can see why.

It is best effort and never in the way: what is refused is noted in memory, the newest ones of a project, and
written behind the answers. A flood of refusals takes little memory, few organizations never take all of it,
and a process that is killed loses a second.
"""

import asyncio
import sys
from collections import Counter, deque
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

#: Bytes of memory that events of a project take which wait to be written, at most.
MOST_BYTES = 256 * 1024

#: Projects whose refused events wait to be written, at most, and those of one organization among them.
MOST_PROJECTS, MOST_OF_ONE = 200, 20

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

    @property
    def size(self) -> int:
        """Bytes of memory that it takes, about: one rare character makes four bytes of each."""
        return sum(sys.getsizeof(text) for text in (self.name, self.event_id, self.text))


class _Waiting:
    """A project's newest events that wait to be written, and whose project it is."""

    def __init__(self, organization_id: UUID) -> None:
        self.organization_id = organization_id
        self.noted: deque[Noted] = deque()
        self._size = 0

    def add(self, one: Noted) -> None:
        """The oldest ones make room for it."""
        self.noted.append(one)
        self._size += one.size
        while len(self.noted) > MOST_NOTED or self._size > MOST_BYTES:
            self._size -= self.noted.popleft().size


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
        self._due: dict[UUID, _Waiting] = {}
        #: Whoever reads takes one connection, and leaves the others to the intake.
        self._reading = asyncio.Semaphore(1)
        self.came = asyncio.Event()

    def note(self, app: KeyedApp, refused: Sequence[Refused]) -> None:
        """Events of an app were refused just now."""
        if not refused:
            return
        metrics.EVENTS_BY_OUTCOME["rejected"].inc(len(refused))
        waiting = self._place(app)
        if waiting is None:
            return
        for one in refused[-MOST_NOTED:]:
            waiting.add(note(app.app_no, one))
        self.came.set()

    def _place(self, app: KeyedApp) -> _Waiting | None:
        """The place where events of its project wait; None while its organization has its share of them."""
        if app.project_id not in self._due:
            if not self._has_room(app.organization_id):
                return None
            self._due[app.project_id] = _Waiting(app.organization_id)
        return self._due[app.project_id]

    def _has_room(self, organization_id: UUID) -> bool:
        """True if there is a place for one more project of an organization.

        If need be whoever has most of them gives up the place that it took first, unless this one would then
        have more: so all places are never those of a few.
        """
        places = Counter(one.organization_id for one in self._due.values())
        if places[organization_id] >= MOST_OF_ONE:
            return False
        if len(self._due) < MOST_PROJECTS:
            return True
        [(largest, most)] = places.most_common(1)
        if most <= places[organization_id] + 1:
            return False
        first = next(project for project, one in self._due.items() if one.organization_id == largest)
        del self._due[first]
        return True

    async def list_page(
        self,
        *,
        project_id: UUID,
        last_app: int,
        app_no: int | None,
        codes: Sequence[RejectCode] | None,
        before: UUID | None,
        limit: int,
    ) -> list[Quarantined]:
        """At most `limit` of a project's that are older than `before`, newest first. Raises `Unavailable`.

        Those of an app that was made after `last_app`, which has a higher number, are left out.
        """
        with reaching():
            async with self._reading, acquire(self._pool) as conn:
                return await LIST_REFUSED.all(
                    conn,
                    project_id=project_id,
                    last_app=last_app,
                    app_no=app_no,
                    codes=codes,
                    before=before,
                    limit=limit,
                )

    async def write_due(self) -> None:
        """Write all that wait by now, in turn: what comes meanwhile is for the next call.

        Where Postgres is away they are dropped.
        """
        self.came.clear()
        for project_id in [*self._due]:
            waiting = self._due.pop(project_id, None)
            if waiting is None:  # It gave up its place meanwhile.
                continue
            try:
                with reaching():
                    async with acquire(self._pool) as conn:
                        await keep(conn, project_id, waiting.noted)
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
