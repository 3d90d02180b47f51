"""Rows that statements read of a table, by PostgreSQL's counters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from db.pool import Conn

T = TypeVar("T")
#: One or several statements, and the most rows of the table and its indexes that they may read.
Uses = Mapping[str, tuple[Callable[[Conn, T], Awaitable[Any]], int]]
#: From the sixth run on PostgreSQL may use a generic plan.
TIMES = 6


@dataclass
class TableReads:
    """Sequential scans of the table, and rows read by its indexes."""

    scans: int
    rows: int


async def read(conn: Conn, table: str) -> TableReads:
    """Return the table's counters so far."""
    await conn.execute("select pg_stat_force_next_flush()")
    row = await conn.fetchrow(
        """select t.seq_scan, i.read from pg_stat_user_tables t,
                  (select sum(idx_tup_read)::int as read from pg_stat_user_indexes where relname = $1) i
            where t.relname = $1""",
        table,
    )
    assert row is not None
    return TableReads(*row)


@asynccontextmanager
async def reading(conn: Conn, table: str) -> AsyncIterator[TableReads]:
    """Count the block's reads on this connection; the result is set at its end."""
    before, found = await read(conn, table), TableReads(0, 0)
    yield found
    after = await read(conn, table)
    found.scans, found.rows = after.scans - before.scans, after.rows - before.rows


async def plan(conn: Conn, uses: Uses[T], found: T) -> None:
    """Plan these uses for the tables as they are now."""
    for use, _ in uses.values():
        for _ in range(TIMES):
            await use(conn, found)


async def unkept(conn: Conn, uses: Uses[T], found: T) -> list[str]:
    """Return the uses whose statement PostgreSQL plans again for each call, on a session that has not made them yet."""
    unkept, again = [], "select count(*) from pg_prepared_statements where custom_plans >= $1"
    for name, (use, _) in uses.items():
        before = await conn.fetchval(again, TIMES)
        for _ in range(TIMES):
            await use(conn, found)
        if await conn.fetchval(again, TIMES) > before:
            unkept.append(name)
    return unkept


async def excess(conn: Conn, uses: Uses[T], found: T, table: str) -> dict[str, TableReads]:
    """Return the uses that scan the whole table or read more than their limit."""
    excessive = {}
    for name, (use, most) in uses.items():
        async with reading(conn, table) as come:
            await use(conn, found)
        if come.scans or come.rows > most:
            excessive[name] = come
    return excessive
