"""Active users: for each person of a project and UTC day, a mask of the quarter-hours with events.

A person is a hash of the app's user id, else of the anonymous id. A commit of events queues the masks, and a
fold merges them, as with the counts (`domain/events/folds.py`). Merging is idempotent, so no person is
counted twice.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from db.pool import Conn
from db.queries import event_delta, event_person

#: Quarter-hours of a day, and of half a day.
QUARTER_HOURS_PER_DAY, QUARTER_HOURS_PER_HALF_DAY = 96, 48


def keep_first_half_of_day_mask(mask: int) -> int:
    """Return the bits of a day's mask of quarter-hours that belong to the first half of the day."""
    return mask & (1 << QUARTER_HOURS_PER_HALF_DAY) - 1


async def rebuild_active_users(conn: Conn, *, project_id: UUID, day: date) -> None:
    """Recompute a project's active users of a UTC day; all events of that day must still be stored."""
    since = datetime.combine(day, time(), UTC)
    async with conn.transaction():
        # A separate statement, so that the snapshot of the next ones is younger than the last fold.
        await event_delta.lock_shard_of_project.value(conn, project_id=project_id)
        await event_person.drop_people.run(conn, project_id=project_id, day=day)
        await event_person.find_people.run(
            conn, project_id=project_id, day=day, since=since, until=since + timedelta(days=1)
        )
