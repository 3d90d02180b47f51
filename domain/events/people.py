"""People who did something: each person of a project by day of UTC, in which quarters of its hours.

A commit of events writes them into a queue, and a fold takes them out of it, as with the counts
(`domain/events/rollups.py`). Bits can be added any number of times, so nobody is counted twice.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from uuid import UUID

from asyncpg.pgproto import pgproto

from db.pool import Conn
from db.queries import event_person
from domain.events.event import Event

#: Rows of the queue that one fold takes at most.
BATCH = 5_000

#: Quarters of a day, and of its half.
QUARTERS, HALF = 96, 48
QUARTER_S = 900

_UNIX_DAY = date(1970, 1, 1).toordinal()

#: A row of the queue: a project's person on a day.
_Place: TypeAlias = tuple[UUID, date, UUID]


def person_of(event: Event) -> UUID | None:
    """The one who did it: by the app's own id of them, else by the anonymous one; None without either."""
    if event.user_id is None and event.anonymous_id is None:
        return None
    text = f"a{event.anonymous_id}" if event.user_id is None else f"u{event.user_id}"
    return pgproto.UUID(hashlib.sha256(text.encode()).digest()[:16])


async def note(conn: Conn, events: Sequence[Event]) -> None:
    """Put the people of new events into the queue, in the transaction that writes the events."""
    masks: dict[_Place, int] = {}
    for event in events:
        if person := person_of(event):
            day, quarter = divmod(int(event.occurred_at.timestamp() // QUARTER_S), QUARTERS)
            place = (event.project_id, date.fromordinal(_UNIX_DAY + day), person)
            masks[place] = masks.get(place, 0) | 1 << quarter
    if masks:
        project_ids, days, people = zip(*masks, strict=True)
        await event_person.insert_deltas.run(
            conn,
            project_ids=project_ids,
            days=days,
            people=people,
            ams=[before_noon(mask) for mask in masks.values()],
            pms=[mask >> HALF for mask in masks.values()],
        )


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
