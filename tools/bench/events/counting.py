"""An event's cost in PostgreSQL, to its commit and in its fold, and the age of counts while events arrive.

Their times are the moment of the commit, or spread over the week that events may be old: then nearly each event has
a count of its own in each rollup.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from chaos.environment import BenchServersAndSettings
from db.pool import Conn, Pool, open_postgres_pool
from domain.events import checks, folds, group_commit
from domain.events.event import NewEventRow
from domain.events.folds import DeltaFoldRunner
from schemas import ids
from schemas.errors import BenchmarkFailed
from tools.bench.cpu import find_postgres_pid, read_postgres_cpu_s
from tools.bench.events import generated
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback

PROJECTS_PER_BENCH_COMMIT = 40

#: Events of a large commit, as under load, and of a small one: the request of one SDK.
EVENTS_PER_LARGE_COMMIT, EVENTS_PER_SMALL_COMMIT = 4_000, 20

#: Events a second for which the age of counts is measured; the last one is judged.
ARRIVAL_RATES_PER_S = (5_000, 10_000, 15_000, 20_000)
FOLDING_TASK_COUNT, EVENT_WRITER_COUNT = 2, 2

#: Longest age of the spread times.
MAX_GENERATED_EVENT_AGE = checks.MAX_EVENT_AGE - timedelta(hours=1)

#: Seconds between two passes of an idle folder, as in the dispatcher, and between two measurements of the lag.
IDLE_FOLD_PAUSE_S, LAG_MEASUREMENT_PAUSE_S = 0.25, 0.25

TRUNCATE_EVENT_STORE_SQL = """
truncate event, event_seen, event_delta, event_person_delta, event_rollup, event_rollup_hour, event_person,
         event_person_month, event_name, event_name_count"""

SELECT_WAL_AND_DISK_BYTES = """
select pg_current_wal_insert_lsn() - '0/0'::pg_lsn,
       (select sum(pg_total_relation_size(relid))
          from pg_stat_user_tables
         where relname ~ '^event_' and relname !~ 'delta')"""


class EventStoreCpuAndBytes(NamedTuple):
    """CPU seconds of PostgreSQL, bytes of its write-ahead log, and of its tables and indexes without the queues."""

    cpu_s: float
    wal_bytes: float
    disk_bytes: float

    def divide_since(self, before: "EventStoreCpuAndBytes", events: int) -> dict[str, float]:
        """Return the use since `before` by event: microseconds, and bytes."""
        cpu_s, wal, disk = (now - then for now, then in zip(self, before, strict=True))
        return {
            "cpu_us": round(cpu_s / events * 1e6, 1),
            "wal_bytes": round(wal / events),
            "disk_bytes": round(disk / events),
        }


async def measure_event_counting(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure an event's cost by its times, the rate of folds by folders, and the age of counts by arrival rate.

    Raise `BenchmarkFailed` if a count is lost or doubled.
    """
    costs: dict[str, object] = {}
    rates, lags = dict[str, int](), dict[str, dict[str, float]]()
    connections = EVENT_WRITER_COUNT + FOLDING_TASK_COUNT + 1
    async with open_postgres_pool(environment.settings.database_url, name="bench-events", size=connections) as pool:
        for times, within in (("now", timedelta(0)), ("spread", MAX_GENERATED_EVENT_AGE)):
            commits = _generate_commits(size.event_commits, within)
            for name, each in (("large", commits), ("small", _split_into_small_commits(commits))):
                tell(f"cost of an event, times: {times}, commits: {name}")
                costs[f"event_{times}_{name}_commits"] = await _measure_costs(pool, each)
        for folders in (1, 2):
            tell(f"folders: {folders}")
            rates[f"folders_{folders}"] = await _measure_fold_rate(
                pool, _generate_commits(size.event_commits, MAX_GENERATED_EVENT_AGE), folders
            )
        for rate in ARRIVAL_RATES_PER_S:
            tell(f"{rate} events/s")
            count = max(1, int(rate * size.event_arrival_s / EVENTS_PER_LARGE_COMMIT))
            lags[f"at_{rate}_s"] = await _measure_lags_s(pool, _generate_commits(count, MAX_GENERATED_EVENT_AGE), rate)
    figures = {"event_fold_lag_s": lags[f"at_{ARRIVAL_RATES_PER_S[-1]}_s"]["max"]}
    return BenchmarkResult(figures, {**costs, "folded_events_s": rates, "event_fold_lag_s": lags})


def _generate_commits(count: int, within: timedelta) -> Sequence[Sequence[NewEventRow]]:
    """Return the sorted rows of each commit, with times of the last `within`."""
    projects, dice = [ids.new_uuid7() for _ in range(PROJECTS_PER_BENCH_COMMIT)], random.Random(count)
    commits = [generated.generate_event_rows_to_store(EVENTS_PER_LARGE_COMMIT, projects) for _ in range(count)]
    return [
        sorted(row._replace(occurred_at=row.occurred_at - within * dice.random()) for row in commit)
        for commit in commits
    ]


def _split_into_small_commits(commits: Sequence[Sequence[NewEventRow]]) -> Sequence[Sequence[NewEventRow]]:
    """Return the events of the first half of the commits with new ids, in small commits of one project each."""
    return [
        [row._replace(event_key=ids.new_uuid7()) for row in commit[first : first + EVENTS_PER_SMALL_COMMIT]]
        for commit in commits[: (len(commits) + 1) // 2]
        for first in range(0, EVENTS_PER_LARGE_COMMIT, EVENTS_PER_SMALL_COMMIT)
    ]


async def _measure_costs(pool: Pool, commits: Sequence[Sequence[NewEventRow]]) -> dict[str, dict[str, float]]:
    """Return an event's use of PostgreSQL to its commit, and in its fold."""
    async with pool.acquire() as conn:
        await conn.execute(TRUNCATE_EVENT_STORE_SQL)
        uses = [await _read_store_use(conn)]
        for commit in commits:
            await group_commit.store_new_events(conn, commit)
        uses.append(await _read_store_use(conn))
        await _fold_all(conn)
        uses.append(await _read_store_use(conn))
        events = sum(map(len, commits))
        await _check_counts(conn, events)
    steps = zip(("commit", "fold"), uses, uses[1:], strict=False)
    return {step: after.divide_since(before, events) for step, before, after in steps}


async def _measure_fold_rate(pool: Pool, commits: Sequence[Sequence[NewEventRow]], folders: int) -> int:
    """Return the events that these folders together fold in a second."""
    async with pool.acquire() as conn:
        await conn.execute(TRUNCATE_EVENT_STORE_SQL)
        for commit in commits:
            await group_commit.store_new_events(conn, commit)

        async def fold() -> None:
            async with pool.acquire() as own:
                await _fold_all(own)

        began = time.monotonic()
        await asyncio.gather(*[fold() for _ in range(folders)])
        took_s = time.monotonic() - began
        await _check_counts(conn, len(commits) * EVENTS_PER_LARGE_COMMIT)
    return round(len(commits) * EVENTS_PER_LARGE_COMMIT / took_s)


async def _measure_lags_s(pool: Pool, commits: Sequence[Sequence[NewEventRow]], rate: int) -> dict[str, float]:
    """Return the median and the longest wait of the oldest delta, in seconds, with `rate` events a second."""
    async with pool.acquire() as conn:
        await conn.execute(TRUNCATE_EVENT_STORE_SQL)
    done, lags = asyncio.Event(), [0.0]
    others = asyncio.gather(
        *[_fold_until(done, pool) for _ in range(FOLDING_TASK_COUNT)], _collect_lags_until(done, pool, lags)
    )
    turns, began = iter(enumerate(commits)), time.monotonic()

    async def write() -> None:
        async with pool.acquire() as own:
            for turn, commit in turns:
                await asyncio.sleep(began + turn * EVENTS_PER_LARGE_COMMIT / rate - time.monotonic())
                await group_commit.store_new_events(own, commit)

    await asyncio.gather(*[write() for _ in range(EVENT_WRITER_COUNT)])
    done.set()
    await others
    async with pool.acquire() as conn:
        await _fold_all(conn)
        await _check_counts(conn, len(commits) * EVENTS_PER_LARGE_COMMIT)
    return {"p50": round(statistics.median(lags), 1), "max": round(max(lags), 1)}


async def _fold_until(done: asyncio.Event, pool: Pool) -> None:
    folder = DeltaFoldRunner()
    async with pool.acquire() as conn:
        while not done.is_set():
            if await folder.fold_each_waiting_shard(conn) < folds.MAX_DELTAS_PER_FOLD:
                await asyncio.sleep(IDLE_FOLD_PAUSE_S)


async def _collect_lags_until(done: asyncio.Event, pool: Pool, lags: list[float]) -> None:
    async with pool.acquire() as conn:
        while not done.is_set():
            lags.append(await folds.read_fold_lag_s(conn))
            await asyncio.sleep(LAG_MEASUREMENT_PAUSE_S)


async def _read_store_use(conn: Conn) -> EventStoreCpuAndBytes:
    wal_bytes, disk_bytes = await conn.fetchrow(SELECT_WAL_AND_DISK_BYTES) or (0, 0)
    return EventStoreCpuAndBytes(
        read_postgres_cpu_s(await find_postgres_pid(conn)), float(wal_bytes), float(disk_bytes)
    )


async def _fold_all(conn: Conn) -> None:
    folder = DeltaFoldRunner()
    while await folder.fold_each_waiting_shard(conn):
        pass


async def _check_counts(conn: Conn, expected: int) -> None:
    """Raise `BenchmarkFailed` unless the counts' sum is the number of events."""
    found = await conn.fetchval("select coalesce(sum(n), 0)::bigint from event_rollup where name = ''")
    if found != expected:
        raise BenchmarkFailed(f"{expected} events were stored, {found} are counted")
