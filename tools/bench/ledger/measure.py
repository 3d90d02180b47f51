"""`tenantry bench ledger`: each hot-path statement on an old ledger and on an empty one, in turn."""

import contextlib
import time
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from chaos.environment import Environment, create_scratch_database
from chaos.tasks import NOOP
from db.pool import Conn, connect
from jobs import ledger
from schemas.errors import BenchmarkFailed
from tools.bench.figures import BenchmarkResult, ProgressCallback, RunSize, compute_percentiles
from tools.bench.ledger.sides import SLOTS, UNKNOWN, LedgerSide
from tools.bench.ledger.statements import PULL, STATEMENTS, TimedStatement

WARM = 8


class StatementTimes(NamedTuple):
    """p50 on each side in milliseconds, and the maximal ratio."""

    empty_ms: float
    old_ms: float
    aim: float

    @property
    def ratio(self) -> float:
        return round(self.old_ms / self.empty_ms, 2)


#: Largest accepted ratio of a statement.
HOT_AIM = 1.5
#: Largest accepted ratio of a pull with an old snapshot.
SNAPSHOT_AIM = 3.0


async def measure(environment: Environment, size: RunSize, tell: ProgressCallback) -> BenchmarkResult:
    """Measure the ratio of each statement's p50, old to empty ledger, and a new tenant's wait in seconds."""
    async with _sides(environment) as (old, empty):
        for side in (old, empty):
            await side.begin(tenants=size.ledger_tenants)
        await empty.fill_list(empty.tenants[1])
        tell(f"{size.ledger_ended} jobs ended, {size.ledger_waiting} wait")
        await old.insert_ended(ended=size.ledger_ended, waiting=size.ledger_waiting)
        rows = {}
        for name, statement in STATEMENTS.items():
            tell(name)
            rows[name] = await _compare(old, empty, statement, size.ledger_times, HOT_AIM)
        rows |= await _pulls_at_caps(old, empty, size, tell)
        rows |= await _pull_with_old_snapshot(environment.settings.database_url, old, empty, size, tell)
        newcomer_s = await _newcomers(old, size, tell)
    return BenchmarkResult(
        {**{name: row.ratio for name, row in rows.items()}, "newcomer_s": newcomer_s["p95"]},
        {
            "rows": {name: {**row._asdict(), "ratio": row.ratio} for name, row in rows.items()},
            "newcomer_s": newcomer_s,
        },
    )


def _count_pulled(size: RunSize) -> int:
    """Return a number of jobs that no comparison pulls completely."""
    return 2 * (WARM + size.ledger_times) * SLOTS


@contextlib.asynccontextmanager
async def _sides(environment: Environment) -> AsyncIterator[tuple[LedgerSide, LedgerSide]]:
    """Open both sides on one server, each in its own database."""
    url = environment.settings.database_url
    async with create_scratch_database(url) as empty_url, _open(url) as old, _open(empty_url) as empty:
        yield LedgerSide(old, old=True), LedgerSide(empty, old=False)


@contextlib.asynccontextmanager
async def _open(url: str) -> AsyncIterator[Conn]:
    conn = await connect(url, name="bench")
    try:
        yield conn
    finally:
        await conn.close()


async def _compare(
    old: LedgerSide, empty: LedgerSide, statement: TimedStatement, times: int, aim: float
) -> StatementTimes:
    """Time both sides in turn, so that a busy machine affects both."""
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(WARM + times):
        for side in (old, empty):
            took_ms = await _timed(side, statement)
            if number >= WARM:
                took[side.old].append(took_ms)
    return StatementTimes(
        compute_percentiles(took[False])["p50"], compute_percentiles(took[True])["p50"], aim
    )


async def _timed(side: LedgerSide, statement: TimedStatement) -> float:
    prepared = await statement.ready(side)
    start = time.perf_counter()
    await statement.call(side, prepared)
    took_ms = (time.perf_counter() - start) * 1000
    await statement.after(side, prepared)
    return took_ms


async def _pulls_at_caps(
    old: LedgerSide, empty: LedgerSide, size: RunSize, tell: ProgressCallback
) -> dict[str, StatementTimes]:
    """Measure a pull of ten among tenants at their cap."""
    rows = {}
    for count in size.ledger_capped:
        name = f"pull of 10, {count} tenants at their cap"
        tell(name)
        await old.begin(tenants=count + size.ledger_tenants)
        capped, uncapped = old.tenants[:count], old.tenants[count:]
        await old.insert_running(capped, 5)
        await old.insert_due(capped, 5 * count)
        await old.insert_due(uncapped, _count_pulled(size))
        rows[name] = await _compare(old, empty, PULL, size.ledger_times, HOT_AIM)
    name = f"pull of 10, {size.ledger_unknown} rows of an unknown kind"
    tell(name)
    await old.begin(tenants=2 * size.ledger_tenants)
    await old.insert_due(old.tenants[: size.ledger_tenants], size.ledger_unknown, UNKNOWN)
    await old.insert_due(old.tenants[size.ledger_tenants :], _count_pulled(size))
    rows[name] = await _compare(old, empty, PULL, size.ledger_times, HOT_AIM)
    return rows


async def _pull_with_old_snapshot(
    url: str, old: LedgerSide, empty: LedgerSide, size: RunSize, tell: ProgressCallback
) -> dict[str, StatementTimes]:
    """Measure a pull of ten while a transaction holds a snapshot older than the last jobs."""
    name = f"pull of 10, a snapshot held over {size.ledger_held} jobs"
    tell(name)
    await old.begin(tenants=size.ledger_tenants)
    await old.insert_due(old.tenants, size.ledger_held + _count_pulled(size))
    async with _snapshot(url):
        for _ in range(size.ledger_held // SLOTS):
            await old.settle(await old.pull())
        return {name: await _compare(old, empty, PULL, size.ledger_times, SNAPSHOT_AIM)}


@contextlib.asynccontextmanager
async def _snapshot(url: str) -> AsyncIterator[None]:
    """Hold a snapshot, like a dump or a long report."""
    async with _open(url) as conn, conn.transaction(isolation="repeatable_read"):
        await conn.execute("select set_config('idle_in_transaction_session_timeout', '0', true)")
        yield


async def _newcomers(old: LedgerSide, size: RunSize, tell: ProgressCallback) -> dict[str, float]:
    """Return seconds from a new tenant's submit to its claim, by a worker with ten free slots."""
    tell(f"a newcomer among {size.newcomer_tenants} tenants that wait")
    await old.begin(tenants=size.newcomer_tenants + size.newcomers)
    newcomers = old.tenants[:: size.newcomer_tenants // size.newcomers][: size.newcomers]
    waiting = [org for org in old.tenants if org not in set(newcomers)]
    await old.insert_due(waiting, 4 * size.newcomer_tenants)
    return compute_percentiles([await _wait_of(old, org) for org in newcomers])


async def _wait_of(old: LedgerSide, org: UUID) -> float:
    """Return the wait of one new tenant. Raises `BenchmarkFailed` if its job isn't pulled."""
    await ledger.submit(old.conn, kind=NOOP, organization_id=org, project_id=None, args={})
    start = time.perf_counter()
    while claims := await old.pull():
        if any(claim.organization_id == org for claim in claims):
            took_s = time.perf_counter() - start
            await old.settle(claims)
            return took_s
        await old.settle(claims)
    raise BenchmarkFailed("a newcomer's job never started")
