"""Partitions of the event store: a table for each day of events, and one for each generation of ids."""

from datetime import UTC, date, datetime, timedelta

import asyncpg

from db.pool import Conn
from db.queries import Query, event, event_archive, event_seen

#: Days in the past for which events are accepted, and days ahead for which tables are created.
EVENT_TABLE_PAST_DAYS, EVENT_TABLE_FUTURE_DAYS = 8, 14

#: Period of the open generation, and closed generations that are probed: an id is known for at least 30 days.
EVENT_ID_PARTITION_ROTATION_PERIOD = timedelta(days=15)
PROBED_EVENT_ID_GENERATION_COUNT = 2


async def create_event_day_tables(conn: Conn) -> int:
    """Create the event store's missing day tables from 8 days ago to 14 days ahead; return their number."""
    day = utc_today()
    first_day, last_day = day - timedelta(days=EVENT_TABLE_PAST_DAYS), day + timedelta(days=EVENT_TABLE_FUTURE_DAYS)
    return await _run_query_unless_locked(event.make_days, conn, first_day=first_day, last_day=last_day)


async def drop_oldest_event_day(conn: Conn, *, keep: int, archived: bool = False) -> int:
    """Drop the event store's oldest day table if it is older than `keep` days; return 1, or 0 if it dropped none.

    With `archived` it drops only a day that is in the event archive.
    """
    query = event_archive.drop_archived_day if archived else event.drop_day
    return await _run_query_unless_locked(query, conn, before=utc_today() - timedelta(days=keep))


async def open_new_event_id_partition_if_due(conn: Conn, *, age: timedelta = EVENT_ID_PARTITION_ROTATION_PERIOD) -> int:
    """Open a new generation of event ids if the last is older than `age`; return 1, or 0 without a new one."""
    return await _run_query_unless_locked(event_seen.rotate, conn, age=age)


async def drop_oldest_event_id_partition(conn: Conn) -> int:
    """Drop the oldest partition of event ids that is no longer probed; return 1, or 0 if none was dropped."""
    return await _run_query_unless_locked(event_seen.drop_leaf, conn, closed=PROBED_EVENT_ID_GENERATION_COUNT)


async def _run_query_unless_locked(query: Query, conn: Conn, **values: object) -> int:
    """Run an event store statement; return its number, or 0 if its lock isn't free in a second: writers would queue."""
    try:
        done: int = await query.value(conn, **values)
    except asyncpg.LockNotAvailableError:
        return 0
    return done


def utc_today() -> date:
    """Return today's date in UTC."""
    return datetime.now(UTC).date()
