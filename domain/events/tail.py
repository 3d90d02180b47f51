"""Tail: a project's events as they are committed, each once, for somebody who looks on.

`received_at` is when an event's transaction began. Of two, the one that began first may be committed last;
so each look begins where no transaction that had begun earlier was still open at the look before, and leaves
out what that one has shown.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from db.pool import Conn
from db.queries import event

#: Events of one page.
LIMIT = 1_000

#: How long a transaction that has begun may not be on the server's list of them yet.
SPARE = timedelta(seconds=1)

#: The order in which events are shown: when one came, its app, its key.
Order: TypeAlias = tuple[datetime, int, UUID]

_NO_KEY = UUID(int=0)


class KeptEvent(NamedTuple):
    """An event as it is stored; the project and the app say whose it is."""

    project_id: UUID
    app_no: int
    event_key: UUID
    name: str
    occurred_at: datetime
    received_at: datetime
    event_id: str | None
    user_id: str | None
    anonymous_id: str | None
    value_micros: int | None
    currency: str | None
    properties: str
    context: str

    @property
    def place(self) -> Order:
        return self.received_at, self.app_no, self.event_key


class Wanted(NamedTuple):
    """The events to follow: of an app and a name, or of all, that occurred at most so long ago."""

    project_id: UUID
    app_no: int | None = None
    name: str | None = None
    back: timedelta = timedelta(hours=1)


TAIL_EVENTS = event.tail_events.typed(KeptEvent)


class Tail:
    """Events that are committed from `begin` on. It holds those that it has shown of the last second."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._since: datetime
        self._shown: set[Order] = set()

    async def begin(self, conn: Conn) -> None:
        """Pass over what is committed now."""
        self._since = await event.horizon.value(conn, spare=SPARE)
        self._shown = {kept.place async for kept in self._read(conn)}

    async def look(self, conn: Conn) -> AsyncIterator[KeptEvent]:
        """Events that were committed since the last look, which must have been read to its end."""
        horizon: datetime = await event.horizon.value(conn, spare=SPARE)
        shown = set[Order]()
        async for kept in self._read(conn):
            if kept.received_at >= horizon:
                shown.add(kept.place)
            if kept.place not in self._shown:
                yield kept
        self._since, self._shown = max(self._since, horizon), shown

    async def _read(self, conn: Conn) -> AsyncIterator[KeptEvent]:
        """Page after page, from the last horizon on."""
        last: Order = (self._since, -1, _NO_KEY)
        while True:
            page = await TAIL_EVENTS.all(
                conn,
                **self._wanted._asdict(),
                received_at=last[0],
                after_app=last[1],
                after_key=last[2],
                limit=LIMIT,
            )
            for kept in page:
                yield kept
            if len(page) < LIMIT:
                return
            last = page[-1].place
