"""Purge of a project's rows in the event store, a batch at a time."""

from uuid import UUID

from db.pool import Conn
from db.queries import (
    ad_day,
    event,
    event_conversion,
    event_delta,
    event_name,
    event_person,
    event_quarantine,
    event_rollup,
    event_seen,
)

#: Rows of a table that one batch deletes.
MAX_PURGED_EVENT_ROWS = 5_000


async def purge_project_event_batch(conn: Conn, *, project_id: UUID) -> int:
    """Delete a batch of a project's rows in the event store; return their number, 0 if none is left.

    The lock of the project's shard excludes folds and rebuilds: they would add counts of deleted events.
    """
    batch = {"project_id": project_id, "limit": MAX_PURGED_EVENT_ROWS}
    async with conn.transaction():
        await event_delta.lock_shard_of_project.value(conn, project_id=project_id)
        await event.walk_indexes.value(conn)
        deleted = await event.purge_events.run(conn, **batch)
        deleted += await event_seen.purge_ids.run(conn, **batch)
        deleted += await event_conversion.purge_conversions.run(conn, **batch)
        deleted += await event_delta.purge_deltas.run(conn, project_id=project_id)
        deleted += await event_quarantine.purge_refused.run(conn, project_id=project_id)
        deleted += await ad_day.purge_day.run(conn, project_id=project_id)
        deleted += await event_person.purge_deltas.run(conn, project_id=project_id)
        people: int = await event_person.purge_people.value(conn, **batch)
        counts: int = await event_rollup.purge_counts.value(conn, **batch)
        deleted += await event_name.purge_names.run(conn, project_id=project_id)
    return deleted + people + counts
