"""Event archive: a copy of closed days in a database for analysis, each event once.

A day is copied once no event of it can come any more, in batches, each under a name that says its content.
The archive ignores a batch whose name it knows: so whoever dies between the copy and the note of it copies it
again without harm. At its end a day is counted there. If its count isn't what was copied, since the archive
has lost something, or got a batch of which a part was purged before the next try, it is emptied and copied
anew under other names. So it is where a project is purged meanwhile.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from db.pool import Conn
from db.queries import event, event_archive
from domain.events import partitions
from domain.events.tail import StoredEvent

#: Events of a batch, and bytes of their JSON: it is copied within the seconds for which a leader's session
#: may be idle, and is held in memory twice.
BATCH, BYTES = 5_000, 8 << 20


class EventArchive(Protocol):
    """The archive's side of it. Whatever fails raises `Unavailable`."""

    async def empty(self, day: date) -> None:
        """Delete what is there of a day of UTC."""

    async def copy(self, events: Sequence[StoredEvent], *, name: str) -> None:
        """Keep events of one day, unless a batch of this name was kept."""

    async def count(self, day: date) -> int:
        """Events of a day that are there."""

    async def forget(self, project_id: UUID) -> None:
        """Delete what is there of a project."""


class _State(NamedTuple):
    day: date
    attempt: int
    emptied: bool
    batches: int
    copied: int
    last_project: UUID
    last_occurred_at: datetime
    last_key: UUID
    last_app_no: int


STATE = event_archive.state.typed(_State)
READ_BATCH = event_archive.batch.typed(StoredEvent)


async def advance(conn: Conn, *, archive: EventArchive, limit: int = BATCH) -> int:
    """One step of the oldest day that isn't in the archive: 1, or 0 where all closed days are.

    It is one transaction, so that what isn't committed is done again. Raises `Unavailable`.
    """
    async with conn.transaction():
        await event_archive.lock_archive.value(conn)
        await event_archive.begin.run(conn)
        state = await STATE.one(conn)
        if state is None or state.day >= partitions.today() - timedelta(days=partitions.BEHIND):
            return 0
        if not state.emptied:
            await archive.empty(state.day)
            return await event_archive.note_emptied.run(conn)
        return await _copy(conn, state, archive, limit) or await _end(conn, state, archive)


async def forget(conn: Conn, *, archive: EventArchive, project_id: UUID) -> None:
    """Delete a project's events in the archive, once the store has none: no batch under way has any then.

    The day under way begins anew: a batch of it that failed may come yet, with events of the project.
    """
    async with conn.transaction():
        await event_archive.lock_archive.value(conn)
        await archive.forget(project_id)
        await event_archive.begin_again.run(conn)


async def _copy(conn: Conn, state: _State, archive: EventArchive, limit: int) -> int:
    """Copy the next batch; 0 where there is none."""
    midnight = datetime.combine(state.day, time(), UTC)
    await event.walk_indexes.value(conn)
    events = await READ_BATCH.all(
        conn,
        since=midnight,
        until=midnight + timedelta(days=1),
        last_project=state.last_project,
        last_occurred_at=state.last_occurred_at,
        last_key=state.last_key,
        last_app_no=state.last_app_no,
        limit=limit,
        bytes=BYTES,
    )
    if not events:
        return 0
    await archive.copy(events, name=_name(state, events))
    last = events[-1]
    return await event_archive.note_batch.run(
        conn,
        copied=len(events),
        last_project=last.project_id,
        last_occurred_at=last.occurred_at,
        last_key=last.event_key,
        last_app_no=last.app_no,
    )


def _name(state: _State, events: Sequence[StoredEvent]) -> str:
    """The name of a batch: one of other events has another, though it has the same place."""
    digest = hashlib.sha256()
    for one in events:
        digest.update(one.project_id.bytes + one.event_key.bytes + one.app_no.to_bytes(2, "big", signed=True))
    return f"{state.day}.{state.attempt}.{state.batches}.{digest.hexdigest()}"


async def _end(conn: Conn, state: _State, archive: EventArchive) -> int:
    """Go on with the next day, or begin anew with this one."""
    complete = await archive.count(state.day) == state.copied
    query = event_archive.begin_next if complete else event_archive.begin_again
    return await query.run(conn)
