"""Tail: a project's events as they are committed, each once, for somebody who looks on.

`received_at` is when an event's transaction began. Of two, the one that began first may be committed last;
so each look begins where no transaction that had begun earlier was still open at the look before, and leaves
out what that one has shown. A look reads no more than `LIMIT` events. Where those that it would have to read
again are more, the next one begins behind them: no event is shown twice, and some may be passed over.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from db.pool import Conn
from db.queries import event

#: Events that one look reads, at most.
LIMIT = 5_000

#: How long a transaction that has begun may not be on the server's list of them yet.
SPARE = timedelta(seconds=1)

#: How long a transaction is waited for. One that writes events takes a second, or some more on a store that
#: is next to still; what is open for longer is another one, such as a dump.
LONGEST = timedelta(minutes=1)

#: The order in which events are shown: when one came, its app, its key.
Order: TypeAlias = tuple[datetime, int, UUID]

#: Before each event of a moment.
_FIRST = (-1, UUID(int=0))


class StoredEvent(NamedTuple):
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


TAIL_EVENTS = event.tail_events.typed(StoredEvent)


class Tail:
    """Events that are committed from `begin` on. It holds those that it has shown and will read again.

    `more` is true where the last look ended at its limit, and `passed_over` once some may have been committed
    that will never be shown.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._since: Order
        self._shown: frozenset[Order] = frozenset()
        self.more = self.passed_over = False

    async def begin(self, conn: Conn) -> None:
        """Pass over what is committed now."""
        self._since = (await self._horizon(conn), *_FIRST)
        await self.look(conn)
        while self.more:
            await self.look(conn)

    async def look(self, conn: Conn) -> list[StoredEvent]:
        """Events that were committed since the last look, `LIMIT` of them at most."""
        shown = self._shown
        return [kept for kept in await self._read(conn) if kept.place not in shown]

    async def _read(self, conn: Conn) -> list[StoredEvent]:
        """The first events behind the place where no transaction was open, and on to the next such place."""
        horizon: Order = (await self._horizon(conn), *_FIRST)
        received_at, after_app, after_key = self._since
        found = await TAIL_EVENTS.all(
            conn,
            **self._wanted._asdict(),
            received_at=received_at,
            after_app=after_app,
            after_key=after_key,
            limit=LIMIT,
        )
        self.more = len(found) == LIMIT
        if self.more:
            self.passed_over |= found[-1].place > horizon
            self._since = found[-1].place
        else:
            self._since = max(self._since, horizon)
        # What an earlier look has shown may lie behind those that fill this one.
        read = self._shown.union(kept.place for kept in found)
        self._shown = frozenset(place for place in read if place > self._since)
        return found

    async def _horizon(self, conn: Conn) -> datetime:
        found: datetime = await event.horizon.value(conn, spare=SPARE, longest=LONGEST)
        return found
