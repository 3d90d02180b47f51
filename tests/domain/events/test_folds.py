"""Folds under concurrent writers, folders and reads, and after a crash: each event is counted once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import Conn, Pool
from db.queries import event_delta
from domain.events import folds, group_commit
from domain.events.event import NewEventRow
from domain.events.folds import DeltaFoldRunner
from domain.metrics import active_users, rollup_counts
from domain.metrics.active_users import ActiveUserCountCache
from domain.metrics.rollup_counts import EventCountGrouping
from domain.metrics.windows import TimeWindow
from tests.domain.events.sending import NOW, PROJECT, event, fold_all, send, wrong_counts

HOUR = NOW.replace(minute=0)
WINDOW = TimeWindow(HOUR, HOUR + timedelta(hours=1))

#: A project of the same shard, and one of another shard.
NEIGHBOUR, STRANGER = UUID(int=PROJECT.int + 16), UUID(int=PROJECT.int + 1)

WRITERS, COMMITS, EACH = 4, 12, 8


def named(numbers: range, project_id: UUID = PROJECT) -> list[NewEventRow]:
    """Return events, each with a name and a user of its own."""
    return sorted(
        event(number, project_id=project_id, name=f"name {number}", user_id=f"user {number}", occurred_at=NOW)
        for number in numbers
    )


async def counted(conn: Conn) -> list[str]:
    """Return the names of the counted events of the project, each as often as it is counted."""
    rows = await rollup_counts.count_rolled_up_events(
        conn,
        project_id=PROJECT,
        names=[f"name {number}" for number in range(WRITERS * COMMITS * EACH)],
        bounds=list(WINDOW),
        by=EventCountGrouping(name=True),
    )
    return [row.name for row in rows for _ in range(row.n)]


async def people(conn: Conn, cache: ActiveUserCountCache | None = None, events: int = 0) -> int:
    [n] = await active_users.count_active_users(
        conn, cache or ActiveUserCountCache(), project_id=PROJECT, events={WINDOW: events}, now=NOW
    )
    return n


async def waiting(conn: Conn, project_id: UUID = PROJECT) -> tuple[Any, ...]:
    """Return the number of a project's deltas in each queue."""
    row = await conn.fetchrow(
        """select (select count(*) from event_delta where project_id = $1),
                  (select count(*) from event_person_delta where project_id = $1)""",
        project_id,
    )
    assert row
    return tuple(row)


class Race:
    """Writers, folders and readers of a project, until the writers are done."""

    def __init__(self, pool: Pool, seed: int) -> None:
        self.pool, self.dice, self.done = pool, random.Random(seed), asyncio.Event()
        #: The time after the commit of each event, by its name.
        self.acknowledged: dict[str, datetime] = {}
        self.waits: list[timedelta] = []

    async def write(self, writer: int) -> None:
        async with self.pool.acquire() as own:
            for first in range(writer * COMMITS * EACH, (writer + 1) * COMMITS * EACH, EACH):
                events = named(range(first, first + EACH))
                async with own.transaction():
                    await own.execute("select")
                    await asyncio.sleep(self.dice.uniform(0, 0.02))
                    await group_commit.store_new_events(own, events)
                at = await own.fetchval("select clock_timestamp()")
                self.acknowledged |= {one.name: at for one in events}

    async def fold(self) -> None:
        folder = DeltaFoldRunner()
        while not self.done.is_set():
            async with self.pool.acquire() as own:
                transaction = own.transaction()
                await transaction.start()
                await folder.fold_each_waiting_shard(own)
                await (transaction.commit if self.dice.random() < 0.7 else transaction.rollback)()
            await asyncio.sleep(self.dice.uniform(0, 0.01))

    async def read(self) -> None:
        while not self.done.is_set():
            async with self.pool.acquire() as own:
                now = await own.fetchval("select clock_timestamp()")
                wait = await folds.fold_project_for_read(own, project_id=PROJECT)
                due = {name for name, at in self.acknowledged.items() if at < now - wait}
                found = await counted(own)
            assert len(found) == len({*found})
            assert due <= {*found}
            self.waits.append(wait)


@pytest.mark.parametrize("seed", range(3))
async def test_a_read_counts_all_events_from_before_its_time_and_none_twice(
    wide: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Folders and reads take small batches, of commits in any order; some folds are rolled back."""
    for limit in ("MAX_DELTAS_PER_FOLD", "MAX_DELTAS_PER_READ_FOLD"):
        monkeypatch.setattr(folds, limit, 5)
    race = Race(wide, seed)
    others = asyncio.gather(race.fold(), race.fold(), race.read(), race.read())
    await asyncio.gather(*[race.write(writer) for writer in range(WRITERS)])
    race.done.set()
    await others
    assert any(race.waits)
    await fold_all(conn)
    assert await wrong_counts(conn) == []
    assert await people(conn) == len(race.acknowledged) == WRITERS * COMMITS * EACH


class Crash:
    """The fold of the second queue, which dies."""

    async def row(self, conn: Conn, **_: Any) -> None:
        await conn.execute("select pg_terminate_backend(pg_backend_pid())")


async def fold_once(pool: Pool) -> None:
    async with pool.acquire() as own:
        await DeltaFoldRunner().fold_each_waiting_shard(own)


async def read_once(pool: Pool) -> None:
    async with pool.acquire() as own:
        await folds.fold_project_for_read(own, project_id=PROJECT)


@pytest.mark.parametrize("use", [fold_once, read_once])
async def test_a_crash_between_the_queues_of_a_fold_leaves_both(
    pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch, use: Callable[[Pool], Awaitable[None]]
) -> None:
    await send(conn, named(range(30)))
    with monkeypatch.context() as patch:
        patch.setattr(folds, "FOLD_EVENT_COUNTS", Crash())
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await use(pool)
    assert await waiting(conn) == (30, 30)
    assert await counted(conn) == []
    await fold_all(conn)
    assert await wrong_counts(conn) == []
    assert await people(conn) == 30


async def test_two_folders_take_different_shards(pool: Pool, conn: Conn) -> None:
    """The second skips the locked shard and takes the next one. So a project has one fold at a time."""
    for project_id in (PROJECT, NEIGHBOUR, STRANGER):
        await send(conn, named(range(10), project_id))
    async with pool.acquire() as first, first.transaction():
        await event_delta.lock_shard_of_project.value(first, project_id=PROJECT)
        assert await DeltaFoldRunner().fold_each_waiting_shard(conn) == 20
        assert [await waiting(conn, each) for each in (PROJECT, NEIGHBOUR, STRANGER)] == [(10, 10), (10, 10), (0, 0)]
    assert await DeltaFoldRunner().fold_each_waiting_shard(conn) == 40
    assert await wrong_counts(conn) == []


async def test_a_flooding_project_delays_its_shard_by_one_batch(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds, "MAX_DELTAS_PER_FOLD", 10)
    await send(conn, named(range(100)))
    await send(conn, named(range(5), NEIGHBOUR))
    folder = DeltaFoldRunner()
    for flood, neighbour in ((90, 5), (90, 0), (80, 0)):
        await folder.fold_each_waiting_shard(conn)
        assert await waiting(conn) == (flood, flood)
        assert await waiting(conn, NEIGHBOUR) == (neighbour, neighbour)
    await fold_all(conn)
    assert await wrong_counts(conn) == []


async def test_a_shard_with_a_timeout_delays_no_other_and_gets_smaller_batches(
    pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folds, "MAX_FOLD_STATEMENT_MS", 100)
    monkeypatch.setattr(folds, "MAX_DELTAS_PER_FOLD", 20)
    await send(conn, named(range(30)))
    await send(conn, named(range(10), STRANGER))
    folder = DeltaFoldRunner()
    async with pool.acquire() as other, other.transaction():
        await other.execute("lock table event_person in share row exclusive mode")
        assert await folder.fold_each_waiting_shard(conn) == 0
        assert [*folder._limits.values()] == [10, 10]
    for left in (20, 10, 0):
        await folder.fold_each_waiting_shard(conn)
        assert (await waiting(conn))[1] == left
    assert await waiting(conn, STRANGER) == (0, 0)
    assert await wrong_counts(conn) == []


async def test_a_read_folds_one_batch_of_its_project_and_counts_only_what_is_folded(
    conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folds, "MAX_DELTAS_PER_READ_FOLD", 10)
    for start in range(0, 100, 20):
        await send(conn, named(range(start, start + 20)))
    await send(conn, named(range(10), NEIGHBOUR))
    age: timedelta = await conn.fetchval("select now() - min(queued_at) from event_delta")
    wait = await folds.fold_project_for_read(conn, project_id=PROJECT)
    assert wait >= age
    assert await waiting(conn) == (90, 90)
    assert await waiting(conn, NEIGHBOUR) == (10, 10)
    assert len(await counted(conn)) == 10
    waits = [wait]
    while waits[-1]:
        waits.append(await folds.fold_project_for_read(conn, project_id=PROJECT))
    assert len(waits) == 10
    assert len(await counted(conn)) == 100


async def test_a_read_answers_what_is_folded_while_a_fold_holds_its_shard(
    pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for no lock, so it needs no timeout."""
    monkeypatch.setattr(folds, "MAX_READ_FOLD_STATEMENT_MS", 0)
    await send(conn, named(range(10)))
    await fold_all(conn)
    await send(conn, named(range(10, 20)))
    async with pool.acquire() as other, other.transaction():
        await event_delta.lock_shard_of_project.value(other, project_id=NEIGHBOUR)
        assert await folds.fold_project_for_read(conn, project_id=PROJECT) > timedelta(0)
        assert len(await counted(conn)) == 10
    assert await folds.fold_project_for_read(conn, project_id=PROJECT) == timedelta(0)
    assert len(await counted(conn)) == 20


async def test_people_are_cached_only_while_none_wait(conn: Conn) -> None:
    cache = ActiveUserCountCache()
    await send(conn, named(range(8)))
    await fold_all(conn)
    await send(conn, named(range(8, 10)))
    assert await people(conn, cache) == 8
    await fold_all(conn)
    assert await people(conn, cache) == 10
    await conn.execute("delete from event_person")
    assert [await people(conn, cache), await people(conn, cache, events=1)] == [10, 0]
