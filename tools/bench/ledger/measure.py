"""`tenantry bench ledger`: each hot-path statement on an old ledger and on an empty one, in turn."""

import contextlib
import time
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from chaos.environment import BenchServersAndSettings, create_scratch_database
from chaos.tasks import NOOP_BENCH_KIND
from db.pool import Conn, open_postgres_connection
from jobs import ledger
from schemas.errors import BenchmarkFailed
from tools.bench.figures import BenchmarkResult, BenchmarkRunSize, ProgressCallback, compute_percentiles
from tools.bench.ledger.sides import LEDGER_PULL_SIZE, UNKNOWN_BENCH_KIND, BenchLedger
from tools.bench.ledger.statements import PULL_OF_TEN_STATEMENT, TIMED_STATEMENTS, TimedStatementWithSetup

WARM_UP_CALL_COUNT = 8


class StatementTimes(NamedTuple):
    """p50 on each side in milliseconds, and the maximal ratio."""

    empty_ms: float
    old_ms: float
    aim: float

    @property
    def ratio(self) -> float:
        return round(self.old_ms / self.empty_ms, 2)


#: Largest accepted ratio of a statement.
MAX_OLD_TO_EMPTY_TIME_RATIO = 1.5
#: Largest accepted ratio of a pull with an old snapshot.
MAX_SNAPSHOT_PULL_TIME_RATIO = 3.0


async def compare_old_with_empty_ledger(
    environment: BenchServersAndSettings, size: BenchmarkRunSize, tell: ProgressCallback
) -> BenchmarkResult:
    """Measure statements' p50 ratios, old to empty ledger, and new tenants' wait in s. Raise `BenchmarkFailed`."""
    async with _open_old_and_empty_ledgers(environment) as (old, empty):
        for side in (old, empty):
            await side.reset_tenants_and_worker(tenants=size.ledger_tenants)
        await empty.insert_jobs_for_timed_job_list(empty.tenants[1], waiting=size.ledger_waiting // size.ledger_tenants)
        tell(f"{size.ledger_ended} jobs ended, {size.ledger_waiting} wait")
        await old.insert_ended_and_due_jobs(ended=size.ledger_ended, waiting=size.ledger_waiting)
        rows = {}
        for name, statement in TIMED_STATEMENTS.items():
            tell(name)
            rows[name] = await _time_statement_on_old_and_empty_ledger(
                old, empty, statement, size.ledger_times, MAX_OLD_TO_EMPTY_TIME_RATIO
            )
        rows |= await _measure_pulls_at_caps(old, empty, size, tell)
        rows |= await _measure_pull_with_snapshot(environment.settings.database_url, old, empty, size, tell)
        newcomer_s = await _measure_newcomer_waits(old, size, tell)
    return BenchmarkResult(
        {**{name: row.ratio for name, row in rows.items()}, "newcomer_s": newcomer_s["p95"]},
        {"rows": {name: {**row._asdict(), "ratio": row.ratio} for name, row in rows.items()}, "newcomer_s": newcomer_s},
    )


def _choose_waiting_job_count(size: BenchmarkRunSize) -> int:
    """Return the number of due jobs to insert, so that the pulls of one comparison don't use them up."""
    return 2 * (WARM_UP_CALL_COUNT + size.ledger_times) * LEDGER_PULL_SIZE


@contextlib.asynccontextmanager
async def _open_old_and_empty_ledgers(
    environment: BenchServersAndSettings,
) -> AsyncIterator[tuple[BenchLedger, BenchLedger]]:
    """Open the old and the empty ledger on one server, each in its own database, and yield both."""
    url = environment.settings.database_url
    async with (
        create_scratch_database(url) as empty_url,
        _open_ledger_postgres_connection(url) as old,
        _open_ledger_postgres_connection(empty_url) as empty,
    ):
        yield BenchLedger(old, old=True), BenchLedger(empty, old=False)


@contextlib.asynccontextmanager
async def _open_ledger_postgres_connection(url: str) -> AsyncIterator[Conn]:
    conn = await open_postgres_connection(url, name="bench")
    try:
        yield conn
    finally:
        await conn.close()


async def _time_statement_on_old_and_empty_ledger(
    old: BenchLedger, empty: BenchLedger, statement: TimedStatementWithSetup, times: int, aim: float
) -> StatementTimes:
    """Time a statement on the old and the empty ledger in turn; return both medians. `aim` is the maximal ratio."""
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(WARM_UP_CALL_COUNT + times):
        for side in (old, empty):
            took_ms = await _time_statement_ms(side, statement)
            if number >= WARM_UP_CALL_COUNT:
                took[side.old].append(took_ms)
    return StatementTimes(compute_percentiles(took[False])["p50"], compute_percentiles(took[True])["p50"], aim)


async def _time_statement_ms(side: BenchLedger, statement: TimedStatementWithSetup) -> float:
    prepared = await statement.ready(side)
    start = time.perf_counter()
    await statement.call(side, prepared)
    took_ms = (time.perf_counter() - start) * 1000
    await statement.after(side, prepared)
    return took_ms


async def _measure_pulls_at_caps(
    old: BenchLedger, empty: BenchLedger, size: BenchmarkRunSize, tell: ProgressCallback
) -> dict[str, StatementTimes]:
    """Measure a pull of ten among capped tenants' jobs, and among jobs of an unknown kind; return times by case."""
    rows = {}
    for count in size.ledger_capped:
        name = f"pull of 10, {count} tenants at their cap"
        tell(name)
        await old.reset_tenants_and_worker(tenants=count + size.ledger_tenants)
        capped, uncapped = old.tenants[:count], old.tenants[count:]
        await old.insert_running_jobs(capped, 5)
        await old.insert_due_jobs(capped, 5 * count)
        await old.insert_due_jobs(uncapped, _choose_waiting_job_count(size))
        rows[name] = await _time_statement_on_old_and_empty_ledger(
            old, empty, PULL_OF_TEN_STATEMENT, size.ledger_times, MAX_OLD_TO_EMPTY_TIME_RATIO
        )
    name = f"pull of 10, {size.ledger_unknown} rows of an unknown kind"
    tell(name)
    await old.reset_tenants_and_worker(tenants=2 * size.ledger_tenants)
    await old.insert_due_jobs(old.tenants[: size.ledger_tenants], size.ledger_unknown, UNKNOWN_BENCH_KIND)
    await old.insert_due_jobs(old.tenants[size.ledger_tenants :], _choose_waiting_job_count(size))
    rows[name] = await _time_statement_on_old_and_empty_ledger(
        old, empty, PULL_OF_TEN_STATEMENT, size.ledger_times, MAX_OLD_TO_EMPTY_TIME_RATIO
    )
    return rows


async def _measure_pull_with_snapshot(
    url: str, old: BenchLedger, empty: BenchLedger, size: BenchmarkRunSize, tell: ProgressCallback
) -> dict[str, StatementTimes]:
    """Measure a pull of ten during a snapshot older than the last ended jobs; return both ledgers' times by name."""
    name = f"pull of 10, a snapshot held over {size.ledger_held} jobs"
    tell(name)
    await old.reset_tenants_and_worker(tenants=size.ledger_tenants)
    await old.insert_due_jobs(old.tenants, size.ledger_held + _choose_waiting_job_count(size))
    async with _hold_database_snapshot(url):
        for _ in range(size.ledger_held // LEDGER_PULL_SIZE):
            await old.complete_jobs(await old.pull_jobs())
        return {
            name: await _time_statement_on_old_and_empty_ledger(
                old, empty, PULL_OF_TEN_STATEMENT, size.ledger_times, MAX_SNAPSHOT_PULL_TIME_RATIO
            )
        }


@contextlib.asynccontextmanager
async def _hold_database_snapshot(url: str) -> AsyncIterator[None]:
    """Hold a database snapshot while the block runs, like a dump or a long report."""
    async with _open_ledger_postgres_connection(url) as conn, conn.transaction(isolation="repeatable_read"):
        await conn.execute("select set_config('idle_in_transaction_session_timeout', '0', true)")
        yield


async def _measure_newcomer_waits(old: BenchLedger, size: BenchmarkRunSize, tell: ProgressCallback) -> dict[str, float]:
    """Return percentiles of seconds from new tenants' submit to claim amid many due jobs. Raise `BenchmarkFailed`."""
    tell(f"a newcomer among {size.newcomer_tenants} tenants that wait")
    await old.reset_tenants_and_worker(tenants=size.newcomer_tenants + size.newcomers)
    newcomers = old.tenants[:: size.newcomer_tenants // size.newcomers][: size.newcomers]
    waiting = [org for org in old.tenants if org not in set(newcomers)]
    await old.insert_due_jobs(waiting, 4 * size.newcomer_tenants)
    return compute_percentiles([await _measure_newcomer_wait_s(old, org) for org in newcomers])


async def _measure_newcomer_wait_s(old: BenchLedger, org: UUID) -> float:
    """Submit a new tenant's job; return the seconds until a pull claims it. Raise `BenchmarkFailed` if none does."""
    await ledger.submit_job(old.conn, kind=NOOP_BENCH_KIND, organization_id=org, project_id=None, args={})
    start = time.perf_counter()
    while claims := await old.pull_jobs():
        if any(claim.organization_id == org for claim in claims):
            took_s = time.perf_counter() - start
            await old.complete_jobs(claims)
            return took_s
        await old.complete_jobs(claims)
    raise BenchmarkFailed("a newcomer's job never started")
