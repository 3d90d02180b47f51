"""Event archive: a copy of closed days in an analytics database, each event once.

A day is copied when no more events of it can arrive. Each batch has a name derived from its content, and the
archive ignores a batch with a known name: so a crash between a copy and its record leads to a harmless
repeat. At the end the archive counts the day. A wrong count means that the archive lost rows, or that a purge
changed a batch before its repeat. Then the day is emptied and copied again under new names. A purge of a
project during the copy restarts the day too.
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

#: Events of a batch, and bytes of their JSON. A batch is copied within the idle limit of a leader's session,
#: and is held in memory twice.
MAX_EVENTS_PER_ARCHIVE_BATCH, MAX_ARCHIVE_BATCH_BYTES = 5_000, 8 << 20


class EventArchive(Protocol):
    """Interface of the archive. Every failure raises `ServiceUnavailable`."""

    async def delete_day(self, day: date) -> None:
        """Delete all events of a UTC day from the archive."""

    async def store_batch(self, events: Sequence[StoredEvent], *, name: str) -> None:
        """Store events of one day in the archive; do nothing if it has a batch of this name."""

    async def count_day_events(self, day: date) -> int:
        """Return the number of events of a UTC day in the archive."""

    async def delete_project_events(self, project_id: UUID) -> None:
        """Delete all events of a project from the archive, on all days."""


class _ArchivedDayProgress(NamedTuple):
    day: date
    attempt: int
    emptied: bool
    batches: int
    copied: int
    last_project: UUID
    last_occurred_at: datetime
    last_key: UUID
    last_app_no: int


GET_EVENT_ARCHIVE_PROGRESS = event_archive.state.typed(_ArchivedDayProgress)
READ_EVENTS_TO_ARCHIVE = event_archive.batch.typed(StoredEvent)


async def run_event_archive_step(
    conn: Conn, *, archive: EventArchive, limit: int = MAX_EVENTS_PER_ARCHIVE_BATCH
) -> int:
    """Run one step of archiving the oldest day of events that isn't in the archive yet.

    Returns 0 if all closed days are archived, else 1. A step empties the day, copies a batch or ends the day. It is one
    transaction, so an uncommitted step is repeated. Raises `ServiceUnavailable` if the archive fails.
    """
    async with conn.transaction():
        await event_archive.lock_archive.value(conn)
        await event_archive.begin.run(conn)
        state = await GET_EVENT_ARCHIVE_PROGRESS.one(conn)
        if state is None or state.day >= partitions.utc_today() - timedelta(days=partitions.EVENT_TABLE_PAST_DAYS):
            return 0
        if not state.emptied:
            await archive.delete_day(state.day)
            return await event_archive.note_emptied.run(conn)
        return await _copy_next_events_to_archive(
            conn, state, archive, limit
        ) or await _verify_archived_day_count_or_restart(conn, state, archive)


async def delete_project_from_event_archive(conn: Conn, *, archive: EventArchive, project_id: UUID) -> None:
    """Delete a project's events from the archive, after the event store's: no running batch has any then.

    The copy of the day under way starts over: a failed batch of it may still arrive. Raises `ServiceUnavailable`.
    """
    async with conn.transaction():
        await event_archive.lock_archive.value(conn)
        await archive.delete_project_events(project_id)
        await event_archive.begin_again.run(conn)


async def _copy_next_events_to_archive(
    conn: Conn, state: _ArchivedDayProgress, archive: EventArchive, limit: int
) -> int:
    """Archive a day's next events, at most `limit` and `MAX_ARCHIVE_BATCH_BYTES`; return 1, or 0 if none is left."""
    midnight = datetime.combine(state.day, time(), UTC)
    await event.walk_indexes.value(conn)
    events = await READ_EVENTS_TO_ARCHIVE.all(
        conn,
        since=midnight,
        until=midnight + timedelta(days=1),
        last_project=state.last_project,
        last_occurred_at=state.last_occurred_at,
        last_key=state.last_key,
        last_app_no=state.last_app_no,
        limit=limit,
        bytes=MAX_ARCHIVE_BATCH_BYTES,
    )
    if not events:
        return 0
    await archive.store_batch(events, name=_archive_batch_name(state, events))
    last = events[-1]
    return await event_archive.note_batch.run(
        conn,
        copied=len(events),
        last_project=last.project_id,
        last_occurred_at=last.occurred_at,
        last_key=last.event_key,
        last_app_no=last.app_no,
    )


def _archive_batch_name(state: _ArchivedDayProgress, events: Sequence[StoredEvent]) -> str:
    """Return the name of a batch of archived events: its day, attempt and number, and a hash of its events."""
    digest = hashlib.sha256()
    for stored in events:
        digest.update(stored.project_id.bytes + stored.event_key.bytes + stored.app_no.to_bytes(2, "big", signed=True))
    return f"{state.day}.{state.attempt}.{state.batches}.{digest.hexdigest()}"


async def _verify_archived_day_count_or_restart(conn: Conn, state: _ArchivedDayProgress, archive: EventArchive) -> int:
    """Advance to the next day if the archive has as many events as were copied, else restart the day. Returns 1."""
    complete = await archive.count_day_events(state.day) == state.copied
    query = event_archive.begin_next if complete else event_archive.begin_again
    return await query.run(conn)
