"""People who did something: each person of a project by day of UTC, in which quarters of its hours.

A person is a hash of the app's own id of them, else of the anonymous one. A commit of events writes them into
a queue, and a fold takes them out of it, as with the counts (`domain/events/rollups.py`). Bits can be added
any number of times, so nobody is counted twice.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from db.pool import Conn
from db.queries import event_person

#: Rows of the queue that one fold takes at most.
BATCH = 5_000

#: Quarters of a day, and of its half.
QUARTERS, HALF = 96, 48


def before_noon(mask: int) -> int:
    """The half of a day's mask that comes first."""
    return mask & (1 << HALF) - 1


async def fold(conn: Conn) -> int:
    """Add a batch of the queue to the people; how many. Any number may do so at once."""
    folded: int = await event_person.fold.value(conn, limit=BATCH)
    return folded


async def rebuild(conn: Conn, *, project_id: UUID, day: date) -> None:
    """Find a project's people of a day of UTC anew, whose events are all kept."""
    since = datetime.combine(day, time(), UTC)
    async with conn.transaction():
        # A statement of its own, so that the snapshot of those below is younger than the last fold.
        await event_person.stop_folds.value(conn)
        await event_person.drop_people.run(conn, project_id=project_id, day=day)
        await event_person.find_people.run(
            conn, project_id=project_id, day=day, since=since, until=since + timedelta(days=1)
        )
