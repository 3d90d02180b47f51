"""What statements read of a table, as PostgreSQL counts it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from db.pool import Conn

T = TypeVar("T")
#: A statement or several, and how many rows of the table and its indexes it may read.
Uses = Mapping[str, tuple[Callable[[Conn, T], Awaitable[Any]], int]]
#: From the sixth time on PostgreSQL may keep a plan for good.
TIMES = 6


@dataclass
class Read:
    """Whole scans of the table, and rows that its indexes led to."""

    scans: int
    rows: int


async def read(conn: Conn, table: str) -> Read:
    """All that was read so far."""
    await conn.execute("select pg_stat_force_next_flush()")
    row = await conn.fetchrow(
        """select t.seq_scan, i.read from pg_stat_user_tables t,
                  (select sum(idx_tup_read)::int as read from pg_stat_user_indexes where relname = $1) i
            where t.relname = $1""",
        table,
    )
    assert row is not None
    return Read(*row)


@asynccontextmanager
async def reading(conn: Conn, table: str) -> AsyncIterator[Read]:
    """What the block reads by this connection, known at its end."""
    before, found = await read(conn, table), Read(0, 0)
    yield found
    after = await read(conn, table)
    found.scans, found.rows = after.scans - before.scans, after.rows - before.rows


async def plan(conn: Conn, uses: Uses[T], found: T) -> None:
    """The plans of these uses, made for the tables as they are now."""
    for use, _ in uses.values():
        for _ in range(TIMES):
            await use(conn, found)


async def excess(conn: Conn, uses: Uses[T], found: T, table: str) -> dict[str, Read]:
    """Those that scan the whole table or read more than they may."""
    excessive = {}
    for name, (use, most) in uses.items():
        async with reading(conn, table) as come:
            await use(conn, found)
        if come.scans or come.rows > most:
            excessive[name] = come
    return excessive
