"""Chores of the event store: run by one of the dispatchers, and never blocked for long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import pytest

from db.pool import Conn, Pool
from domain.events import group_commit, partitions
from schemas.settings import Settings
from tests.domain.events.sending import event, send, wrong_counts
from tests.waiting import eventually
from workers.dispatcher import events
from workers.dispatcher.events import EventKeeper
from workers.runtime.shutdown import StopRequest


@asynccontextmanager
async def run_keepers(*settings: Settings) -> AsyncIterator[None]:
    """Run event keepers in the test's own loop until the block ends."""
    stop = StopRequest()
    async with asyncio.TaskGroup() as group:
        for each in settings:
            group.create_task(EventKeeper(each).run(stop))
        yield
        stop.ask()


def asking(conn: Conn, sql: str) -> Callable[[], Awaitable[object]]:
    return lambda: conn.fetchval(sql)


async def test_all_chores_run(settings: Settings, conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    today = partitions.today()
    monkeypatch.setattr(partitions, "today", lambda: today)
    await send(conn, [event(number) for number in range(30)])
    await conn.execute(f"drop table event_{today + timedelta(days=9):%Y%m%d}")
    await conn.execute("update event_generation set since = now() - interval '16 days'")
    await conn.execute("select make_event_days($1::date - 40, $1::date - 9)", today)
    short = msgspec.structs.replace(settings, event_days=8)
    async with run_keepers(short, short):
        await eventually(asking(conn, "select not exists (select from event_delta)"))
        await eventually(
            asking(conn, f"select to_regclass('event_{today + timedelta(days=9):%Y%m%d}')::text")
        )
        await eventually(asking(conn, "select n = 1 from event_generation"))
        await eventually(
            asking(conn, f"select to_regclass('event_{today - timedelta(days=9):%Y%m%d}') is null")
        )
    assert await conn.fetchval(f"select to_regclass('event_{today - timedelta(days=8):%Y%m%d}') is not null")
    assert await wrong_counts(conn) == []


async def test_a_blocked_rotation_delays_no_fold(
    settings: Settings, pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It times out after a second, and is repeated later."""
    monkeypatch.setattr(events, "EVERY_S", 0.1)
    await conn.execute("update event_generation set since = now() - interval '16 days'")
    async with pool.acquire() as writing:
        held = writing.transaction()
        await held.start()
        await group_commit.keep(writing, [event(1)])
        async with run_keepers(settings):
            for number in (2, 3):
                await send(conn, [event(number)])
                await eventually(asking(conn, "select not exists (select from event_delta)"))
            assert await conn.fetchval("select n from event_generation") == 0
            await held.commit()
            await eventually(asking(conn, "select n = 1 from event_generation"))


async def test_it_reconnects_to_the_event_store(settings: Settings, conn: Conn) -> None:
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dispatcher-events'"
    )
    async with run_keepers(settings):
        for number in range(3):
            await send(conn, [event(number)])
            await eventually(asking(conn, "select not exists (select from event_delta)"))
            await eventually(asking(conn, f"{cut} and datname = current_database()"))
    assert await wrong_counts(conn) == []
