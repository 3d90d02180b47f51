"""Chores of the event store: run by one of the dispatchers, and never blocked for long."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from prometheus_client import REGISTRY

from db.pool import Conn, Pool
from domain.events import group_commit, partitions
from schemas import ids
from schemas.settings import Settings
from telemetry import metrics
from tests import relay
from tests.domain.events.sending import PROJECT, event, send, wrong_counts
from tests.jobs import scene
from tests.relay import LostPart
from tests.waiting import PATIENCE_S, eventually
from tests.workers.runtime.workers import running
from workers.dispatcher import events
from workers.dispatcher.chores import (
    VALUE_READER_BY_WORKER_POOL_GAUGE,
    build_pool_gauges_chore,
    clear_worker_pool_gauges_after_block,
)
from workers.dispatcher.events import DueConversionQueueScan, EventFoldLeader, EventStoreChoreLeader, export_fold_lag

POOL = {"pool": scene.TEST_JOB.pool}


def asking(conn: Conn, sql: str) -> Callable[[], Awaitable[object]]:
    return lambda: conn.fetchval(sql)


async def test_all_chores_run(settings: Settings, conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    today = partitions.utc_today()
    monkeypatch.setattr(partitions, "utc_today", lambda: today)
    await send(conn, [event(number) for number in range(30)])
    await conn.execute(f"drop table event_{today + timedelta(days=9):%Y%m%d}")
    await conn.execute("update event_generation set since = now() - interval '16 days'")
    await conn.execute("select make_event_days($1::date - 40, $1::date - 9)", today)
    short = msgspec.structs.replace(settings, event_days=8)
    leaders = [EventStoreChoreLeader(short), EventStoreChoreLeader(short)]
    async with running(*leaders, *[EventFoldLeader(short, number) for number in (0, 0, 1)]):
        await eventually(asking(conn, "select not exists (select from event_delta)"))
        await eventually(asking(conn, f"select to_regclass('event_{today + timedelta(days=9):%Y%m%d}')::text"))
        await eventually(asking(conn, "select n = 1 from event_generation"))
        await eventually(asking(conn, f"select to_regclass('event_{today - timedelta(days=9):%Y%m%d}') is null"))
    assert await conn.fetchval(f"select to_regclass('event_{today - timedelta(days=8):%Y%m%d}') is not null")
    assert await wrong_counts(conn) == []


async def test_a_blocked_rotation_is_repeated_and_delays_no_fold(
    settings: Settings, pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It times out after a second."""
    monkeypatch.setattr(events, "EVENT_CHORES_INTERVAL_S", 0.1)
    await conn.execute("update event_generation set since = now() - interval '16 days'")
    async with pool.acquire() as writing:
        held = writing.transaction()
        await held.start()
        await group_commit.store_new_events(writing, [event(1)])
        async with running(EventStoreChoreLeader(settings), EventFoldLeader(settings, 0)):
            for number in (2, 3):
                await send(conn, [event(number)])
                await eventually(asking(conn, "select not exists (select from event_delta)"))
            assert await conn.fetchval("select n from event_generation") == 0
            await held.commit()
            await eventually(asking(conn, "select n = 1 from event_generation"))


async def test_a_folder_reconnects_to_the_event_store(settings: Settings, conn: Conn) -> None:
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dispatcher-folds'"
    async with running(EventFoldLeader(settings, 0)):
        for number in range(3):
            await send(conn, [event(number)])
            await eventually(asking(conn, "select not exists (select from event_delta)"))
            await eventually(asking(conn, f"{cut} and datname = current_database()"))
    assert await wrong_counts(conn) == []


async def test_the_lag_is_that_of_the_oldest_delta_of_either_queue(settings: Settings, conn: Conn) -> None:
    """It is 0 once another process leads."""

    def lag_s() -> float:
        return float(metrics.EVENT_FOLD_LAG_SECONDS_GAUGE._value.get())

    assert await export_fold_lag(conn) == 0
    assert lag_s() == 0
    await send(conn, [event(number, project_id=UUID(int=number)) for number in range(40)])
    assert await export_fold_lag(conn) == 0
    assert 0 < lag_s() < 3600
    await conn.execute("insert into event_person_delta select null, $1, '2026-01-01', $1, 1, 0", UUID(int=25))
    for hours, queue in ((1, "event_delta"), (2, "event_person_delta")):
        await conn.execute(
            f"update {queue} set queued_at = now() - $2 * interval '1 hour' where project_id = $1", UUID(int=25), hours
        )
        await export_fold_lag(conn)
        assert hours * 3600 <= lag_s() < hours * 3600 + PATIENCE_S

    metrics.EVENT_FOLD_LAG_SECONDS_GAUGE.set(1)
    async with running(EventStoreChoreLeader(settings)):
        await eventually(lambda: asyncio.sleep(0, lag_s() > 3600))
    assert lag_s() == 0


def shown() -> dict[str, float | None]:
    return {
        name: REGISTRY.get_sample_value(name, POOL)
        for name in (gauge._name for gauge in VALUE_READER_BY_WORKER_POOL_GAUGE)
    }


async def test_pool_gauges_match_the_ledger_while_leading(conn: Conn, org: UUID) -> None:
    await scene.worker(conn, slots=7)
    await scene.insert_due_jobs(conn, [org], 3)
    await conn.execute("update pool set paused = true")
    await conn.execute("update job set run_at = now() - interval '1 hour'")
    with clear_worker_pool_gauges_after_block():
        await build_pool_gauges_chore(slots=10).run(conn)
        found = shown()
        assert (found.pop("pool_oldest_due_seconds") or 0) >= 3600
        assert found == {
            "pool_queued": 3,
            "pool_running": 0,
            "pool_capacity": 7,
            "pool_desired_workers": 0,
            "pool_paused": 1,
        }
    assert set(shown().values()) == {None}


@pytest.mark.parametrize("words", ["", "conversion_destination"])
async def test_a_silent_main_database_has_one_total_timeout(
    settings: Settings, conn: Conn, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Silent from the first byte on, or from a statement on: event counts wait meanwhile."""
    monkeypatch.setattr(events, "CONVERSION_JOB_SUBMIT_TIMEOUT_S", 1.0)
    await conn.execute(
        """insert into event_conversion (project_id, app_no, destination, event_key, id, name, event_name,
                                         occurred_at)
           values ($1, 1, 'meta', $2, $2, 'buy', 'Purchase', now())""",
        PROJECT, ids.new_uuid7(),
    )  # fmt: skip
    async with relay.start_relay(settings.database_url) as network:
        network.whole = not words
        network.fall_silent_at(words, LostPart.ANSWER, whole=True)
        look = DueConversionQueueScan(network.url)
        async with asyncio.timeout(PATIENCE_S):
            assert await look.submit_relay_jobs_of_next_queues(conn) == 0
