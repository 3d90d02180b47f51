"""Partitions of the store: a table for each day of events, and a leaf for each generation of ids."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import asyncpg

from db.pool import Conn
from db.queries import Query, event, event_archive, event_seen

#: Days behind today for which an event may come, and days ahead for which tables are made.
BEHIND, AHEAD = 8, 14

#: How long a generation is open, and how many closed ones are asked: an id is known for 30 days at least.
OPEN = timedelta(days=15)
CLOSED = 2


async def make_days(conn: Conn) -> int:
    """Make the tables that are missing; how many."""
    day = today()
    first_day, last_day = day - timedelta(days=BEHIND), day + timedelta(days=AHEAD)
    return await _patiently(event.make_days, conn, first_day=first_day, last_day=last_day)


def drop_days(*, keep: int, archived: bool = False) -> Callable[[Conn], Awaitable[int]]:
    """The verb that drops the oldest day's table, if it is older than so many days; how many.

    `archived`: one that the event archive has.
    """
    query = event_archive.drop_archived_day if archived else event.drop_day

    async def drop(conn: Conn) -> int:
        return await _patiently(query, conn, before=today() - timedelta(days=keep))

    return drop


async def rotate(conn: Conn, *, age: timedelta = OPEN) -> int:
    """Open the next generation if this one is that old; how many."""
    return await _patiently(event_seen.rotate, conn, age=age)


async def drop_leaf(conn: Conn) -> int:
    """Drop the oldest leaf that isn't asked any more; how many."""
    return await _patiently(event_seen.drop_leaf, conn, closed=CLOSED)


async def _patiently(query: Query, conn: Conn, **values: object) -> int:
    """None for a lock that isn't free within a second: others would wait behind us. It comes again."""
    try:
        done: int = await query.value(conn, **values)
    except asyncpg.LockNotAvailableError:
        return 0
    return done


def today() -> date:
    """The day of UTC."""
    return datetime.now(UTC).date()
