"""Tail: follows a project's events in the order of their commits, each once.

`received_at` is the start of an event's transaction. Of two transactions, the first to start may be the last
to commit. So each poll starts at a time before which no transaction was open at the last poll, and drops the
events that were already returned. A poll reads at most `MAX_EVENTS_PER_TAIL_POLL` events. If it would have to read
more of them again, the next poll starts after them: no event is returned twice, and some may be missed.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from db.pool import Conn
from db.queries import event

#: Most events that one poll reads.
MAX_EVENTS_PER_TAIL_POLL = 5_000

#: Time until a started transaction is surely listed by the server.
MAX_TRANSACTION_LISTING_DELAY = timedelta(seconds=1)

#: Longest wait for an open transaction. A transaction that writes events takes a second, or a few on a
#: stalled store. An older one is of another kind, such as a dump.
MAX_TAIL_WAIT_FOR_COMMIT = timedelta(minutes=1)

#: Order of the events: time of receipt, app, key.
EventCommitOrder: TypeAlias = tuple[datetime, int, UUID]

#: Place before all events of a moment.
_LOWEST_APP_NO_AND_EVENT_KEY = (-1, UUID(int=0))


class StoredEvent(NamedTuple):
    """Event as stored, with its project and app."""

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
    def commit_order(self) -> EventCommitOrder:
        return self.received_at, self.app_no, self.event_key


class EventTailFilter(NamedTuple):
    """Filter of the events: by app and name, None for all, with a maximum age of occurrence."""

    project_id: UUID
    app_no: int | None = None
    name: str | None = None
    back: timedelta = timedelta(hours=1)


LIST_TAIL_EVENTS = event.tail_events.typed(StoredEvent)


class EventTail:
    """Events that are committed after the start. Remembers the returned events that it will read again.

    `more`: the last poll ended at its limit. `may_have_missed_events`: some events may have been missed.
    """

    def __init__(self, wanted: EventTailFilter) -> None:
        self._wanted = wanted
        self._since: EventCommitOrder
        self._shown: frozenset[EventCommitOrder] = frozenset()
        self.more = self.may_have_missed_events = False

    async def start_after_committed_app_events(self, conn: Conn) -> None:
        """Let the tail begin after the events that are committed now, so that polls return only later ones."""
        self._since = (await self._read_commit_horizon(conn), *_LOWEST_APP_NO_AND_EVENT_KEY)
        await self.poll_event_store(conn)
        while self.more:
            await self.poll_event_store(conn)

    async def poll_event_store(self, conn: Conn) -> list[StoredEvent]:
        """Return the events that match the filter and were committed since the last poll, in their order.

        Reads at most `MAX_EVENTS_PER_TAIL_POLL`; `more` is true if the poll ended at this limit.
        """
        shown = self._shown
        return [stored for stored in await self._read_next_events(conn) if stored.commit_order not in shown]

    async def _read_next_events(self, conn: Conn) -> list[StoredEvent]:
        """Read at most `MAX_EVENTS_PER_TAIL_POLL` events from the last safe time on, and advance that time.

        Some of them may have been read by an earlier poll. Updates `more` and `may_have_missed_events`.
        """
        horizon: EventCommitOrder = (await self._read_commit_horizon(conn), *_LOWEST_APP_NO_AND_EVENT_KEY)
        received_at, after_app, after_key = self._since
        rows = await LIST_TAIL_EVENTS.all(
            conn,
            **self._wanted._asdict(),
            received_at=received_at,
            after_app=after_app,
            after_key=after_key,
            limit=MAX_EVENTS_PER_TAIL_POLL,
        )
        self.more = len(rows) == MAX_EVENTS_PER_TAIL_POLL
        if self.more:
            self.may_have_missed_events |= rows[-1].commit_order > horizon
            self._since = rows[-1].commit_order
        else:
            self._since = max(self._since, horizon)
        # Returned events of earlier polls may lie after the events of this full poll.
        read = self._shown.union(stored.commit_order for stored in rows)
        self._shown = frozenset(place for place in read if place > self._since)
        return rows

    async def _read_commit_horizon(self, conn: Conn) -> datetime:
        horizon: datetime = await event.horizon.value(
            conn, spare=MAX_TRANSACTION_LISTING_DELAY, longest=MAX_TAIL_WAIT_FOR_COMMIT
        )
        return horizon
