"""Rollups: counts of events by quarter of an hour and by hour, which deltas are folded into.

A commit of events writes deltas into a queue, and a fold takes them out of it and adds them in one
statement. So each is added once, whoever dies, and no mark says how far the folds have come: behind a mark
a transaction that began earlier could still commit.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from db.pool import Conn
from db.queries import event_name, event_rollup
from domain.events import event_names, people
from schemas.errors import Invalid

#: Deltas that one fold takes at most.
BATCH = 5_000


async def fold(conn: Conn) -> int:
    """Add a batch of deltas to the counts; how many. Any number may do so, one after the other."""
    async with conn.transaction():
        # A statement of its own: the snapshot of the next one has all names that got their place.
        await event_name.lock_names.value(conn)
        folded: int = await event_rollup.fold.value(conn, limit=BATCH, **event_names.PLACES)
    return folded


async def rebuild(conn: Conn, *, project_id: UUID, day: date) -> None:
    """Count a project's events and people of a day of UTC anew, beside all that writes and folds.

    Hour after hour, since folds wait for each. Raises `Invalid` for a day whose events aren't kept any more:
    their counts are all that there is.
    """
    midnight = datetime.combine(day, time(), UTC)
    for hour in range(24):
        since = midnight + timedelta(hours=hour)
        stretch = {"project_id": project_id, "since": since, "until": since + timedelta(hours=1)}
        async with conn.transaction():
            # Statements of their own, so that the snapshot of those below is younger than the last fold.
            await event_name.lock_names.value(conn)
            await event_rollup.stop_folds.value(conn)
            if not await event_rollup.has_day.value(conn, day=day):
                raise Invalid("day", f"no events of {day} are kept, so there is nothing to count")
            await event_rollup.drop_counts.run(conn, **stretch)
            await event_rollup.count_events.run(conn, **stretch, **event_names.PLACES)
    await people.rebuild(conn, project_id=project_id, day=day)
