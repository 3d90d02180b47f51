"""Tables of the store: created ahead of their day, dropped later, without a long wait."""

from datetime import UTC, date, datetime, time, timedelta

import asyncpg
import pytest

from db.pool import Conn, Pool
from domain.events import group_commit, partitions
from domain.events.partitions import EVENT_TABLE_FUTURE_DAYS, EVENT_TABLE_PAST_DAYS, PROBED_EVENT_ID_GENERATION_COUNT
from tests.domain.events.sending import event, send, stored


async def days(conn: Conn) -> list[str]:
    rows = await conn.fetch(
        "select inhrelid::regclass::text as leaf from pg_inherits where inhparent = 'event'::regclass"
    )
    return sorted(row["leaf"] for row in rows)


def named(today: date, *ago: int) -> list[str]:
    """Return the tables of days so many days ago."""
    return [f"event_{today - timedelta(days=day):%Y%m%d}" for day in ago]


async def test_all_days_on_which_events_may_come_have_a_table(conn: Conn, today: date) -> None:
    assert await days(conn) == named(today, *range(EVENT_TABLE_PAST_DAYS, -EVENT_TABLE_FUTURE_DAYS - 1, -1))
    for day in named(today, 3, 0, -EVENT_TABLE_FUTURE_DAYS):
        await conn.execute(f"drop table {day}")
    assert [await partitions.create_event_day_tables(conn), await partitions.create_event_day_tables(conn)] == [3, 0]
    assert await days(conn) == named(today, *range(EVENT_TABLE_PAST_DAYS, -EVENT_TABLE_FUTURE_DAYS - 1, -1))


async def test_a_table_has_its_day_of_utc_and_no_more(conn: Conn, today: date) -> None:
    midnight = datetime.combine(today, time(), UTC)
    sent = [event(1, occurred_at=midnight), event(2, occurred_at=midnight - timedelta(microseconds=1))]
    await send(conn, sent)
    for day, number in zip(named(today, 0, 1), (1, 2), strict=True):
        assert [row["event_key"].int for row in await conn.fetch(f"select * from {day}")] == [number]
    with pytest.raises(asyncpg.CheckViolationError):
        await send(conn, [event(3, occurred_at=midnight - timedelta(days=EVENT_TABLE_PAST_DAYS + 1))])
    assert await stored(conn) == [1, 2]


async def test_old_days_are_dropped_oldest_first(conn: Conn, today: date) -> None:
    assert [await partitions.drop_oldest_event_day(conn, keep=EVENT_TABLE_PAST_DAYS - 2) for _ in range(3)] == [1, 1, 0]
    assert (await days(conn))[0] == named(today, EVENT_TABLE_PAST_DAYS - 2)[0]


@pytest.mark.usefixtures("today")
async def test_lock_timeout_gives_up_and_retries_later(pool: Pool, conn: Conn) -> None:
    async with pool.acquire() as writing, writing.transaction():
        await group_commit.store_new_events(writing, [event(1)])
        assert await partitions.drop_oldest_event_day(conn, keep=0) == 0
    assert await partitions.drop_oldest_event_day(conn, keep=0) == 1


async def test_days_are_made_beside_a_commit_that_is_under_way(pool: Pool, conn: Conn, today: date) -> None:
    await conn.execute(f"drop table {named(today, -EVENT_TABLE_FUTURE_DAYS)[0]}")
    async with pool.acquire() as writing, writing.transaction():
        await group_commit.store_new_events(writing, [event(1)])
        assert await partitions.create_event_day_tables(conn) == 1


async def test_leaf_is_dropped_by_any_plan(conn: Conn) -> None:
    """A plan may scan all tables of the catalog, a number without a limit."""
    for _ in range(PROBED_EVENT_ID_GENERATION_COUNT + 1):
        assert await partitions.open_new_event_id_partition_if_due(conn, age=timedelta(0)) == 1
    await conn.execute("set enable_nestloop = off; set enable_mergejoin = off")
    assert [await partitions.drop_oldest_event_id_partition(conn) for _ in range(2)] == [1, 0]
    leaves = await conn.fetch(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'event_seen'::regclass"
    )
    assert {leaf for (leaf,) in leaves} == {f"event_seen_{n}" for n in range(1, PROBED_EVENT_ID_GENERATION_COUNT + 2)}
