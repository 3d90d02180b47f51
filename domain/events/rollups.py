"""Rollups: counts of events by quarter-hour and by hour. Folds add deltas to them (`domain/events/folds.py`)."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from db.pool import Conn
from db.queries import event_delta, event_rollup
from domain.events import event_names, people
from schemas.errors import InvalidValue


async def rebuild_event_counts(conn: Conn, *, project_id: UUID, day: date) -> None:
    """Recount a project's events and active users of a UTC day from the stored events.

    Writes run concurrently, and folds of other shards. It works hour by hour, since folds of its shard wait. Raises
    `InvalidValue` for a day with deleted events: only their counts are left.
    """
    midnight = datetime.combine(day, time(), UTC)
    for hour in range(24):
        since = midnight + timedelta(hours=hour)
        stretch = {"project_id": project_id, "since": since, "until": since + timedelta(hours=1)}
        async with conn.transaction():
            # Separate statements, so that the snapshot of the next ones is younger than the last fold.
            await event_delta.lock_shard_of_project.value(conn, project_id=project_id)
            if not await event_rollup.has_day.value(conn, day=day):
                raise InvalidValue("day", f"no events of {day} are stored, so there is nothing to count")
            await event_rollup.drop_counts.run(conn, **stretch)
            await event_rollup.count_events.run(conn, **stretch, **event_names.EVENT_NAME_COUNT_SQL_PARAMETERS)
    await people.rebuild_active_users(conn, project_id=project_id, day=day)
