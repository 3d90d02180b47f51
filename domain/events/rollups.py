"""Rollups: counts of events by quarter-hour and by hour, folded from deltas.

A commit of events inserts deltas into a queue. A fold deletes them and adds them to the counts in one
statement. So each is added once despite any crash. There is no high-water mark: a transaction that began
earlier could still commit behind it.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from db.pool import Conn
from db.queries import event_name, event_rollup
from domain.events import event_names, people
from schemas.errors import InvalidValue

#: Deltas of one fold.
EVENT_DELTAS_PER_FOLD = 5_000


async def fold_event_counts(conn: Conn) -> int:
    """Add a batch of queued deltas to the stored event counts; return the number of added deltas.

    Concurrent folds run one after the other.
    """
    async with conn.transaction():
        # A separate statement, so that the snapshot of the next one has all names with a place.
        await event_name.lock_names.value(conn)
        folded: int = await event_rollup.fold.value(
            conn, limit=EVENT_DELTAS_PER_FOLD, **event_names.EVENT_NAME_COUNT_SQL_PARAMETERS
        )
    return folded


async def rebuild_event_counts(conn: Conn, *, project_id: UUID, day: date) -> None:
    """Recount a project's events and active users of a UTC day from the stored events.

    Writes and folds run concurrently, so it works hour by hour: folds wait for each hour. Raises `InvalidValue` for a
    day with deleted events: only their counts are left.
    """
    midnight = datetime.combine(day, time(), UTC)
    for hour in range(24):
        since = midnight + timedelta(hours=hour)
        stretch = {"project_id": project_id, "since": since, "until": since + timedelta(hours=1)}
        async with conn.transaction():
            # Separate statements, so that the snapshot of the next ones is younger than the last fold.
            await event_name.lock_names.value(conn)
            await event_rollup.stop_folds.value(conn)
            if not await event_rollup.has_day.value(conn, day=day):
                raise InvalidValue("day", f"no events of {day} are stored, so there is nothing to count")
            await event_rollup.drop_counts.run(conn, **stretch)
            await event_rollup.count_events.run(conn, **stretch, **event_names.EVENT_NAME_COUNT_SQL_PARAMETERS)
    await people.rebuild_active_users(conn, project_id=project_id, day=day)
