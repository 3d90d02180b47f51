"""Each table can move with its organization, or is listed with the reason why its rows stay."""

from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from db.move import tables
from db.pool import Conn

WAYS = {
    "replicated": tables.REPLICATED_TABLES + tables.REPLICATED_EVENT_TABLES,
    "appended": tables.APPENDED_EVENT_TABLES,
    "copied": tables.COPIED_TABLES + tables.COPIED_EVENT_TABLES,
    "folded": tables.FOLDED_EVENT_TABLES,
    "shared": tuple(tables.SHARED_TABLES),
}

CATALOGUE = """
select c.relname::text as name,
       array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0) as columns,
       array(select a.attname::text
               from pg_index i
               join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
              where i.indrelid = c.oid
                and i.indisprimary) as identity,
       array(select a.attname::text
               from pg_attribute a
              where a.attrelid = c.oid
                and a.attnum > 0
                and a.atttypid::regtype::text in ('xid', 'xid8', 'pg_lsn', 'pg_snapshot', 'oid', 'tid')
             ) as local_columns
  from pg_class c
 where c.relkind in ('r', 'p')
   and not c.relispartition
   and c.relnamespace = 'public'::regnamespace
"""


class CatalogueTable(NamedTuple):
    """Table with its columns, those of its primary key, and those with values of this database alone."""

    name: str
    columns: list[str]
    identity: list[str]
    local_columns: list[str]


@pytest.fixture
def ways_by_table() -> dict[str, list[str]]:
    ways: dict[str, list[str]] = {}
    for way, names in WAYS.items():
        for name in names:
            ways.setdefault(name, []).append(way)
    return ways


async def read_catalogue(conn: Conn) -> list[CatalogueTable]:
    return [CatalogueTable(*row) for row in await conn.fetch(CATALOGUE)]


async def test_each_table_has_one_way(conn: Conn, ways_by_table: dict[str, list[str]]) -> None:
    """A new table is named here until `db/move/tables.py` lists it."""
    catalogue = {table.name for table in await read_catalogue(conn)}
    assert catalogue - ways_by_table.keys() == set(), "add each to a list of db/move/tables.py"
    assert ways_by_table.keys() - catalogue == set(), "take each out of db/move/tables.py"
    assert {name: ways for name, ways in ways_by_table.items() if len(ways) > 1} == {}


async def test_each_moved_table_has_the_column_of_its_filter(conn: Conn, ways_by_table: dict[str, list[str]]) -> None:
    for table in await read_catalogue(conn):
        [way] = ways_by_table[table.name]
        if way == "shared":
            assert {"organization_id", "project_id"}.isdisjoint(table.columns), (
                f"{table.name} has rows of an organization"
            )
        else:
            assert tables.filter_column_of_table(table.name) in table.columns, table.name
        moved_local = [(table.name, column) for column in table.local_columns if way != "shared"]
        assert set(moved_local) <= tables.TRANSLATED_COLUMNS.keys(), "its values are of another database after a move"


async def test_each_sequence_is_raised_at_the_target(conn: Conn) -> None:
    """Its numbers would be smaller there than those that receivers know."""
    rows = await conn.fetch("select relname::text as name from pg_class where relkind = 'S'")
    assert [row["name"] for row in rows] == [*tables.RAISED_SEQUENCES]


@pytest_asyncio.fixture
async def publisher(conn: Conn) -> AsyncIterator[Conn]:
    """Yield a connection, and roll back its publications."""
    transaction = conn.transaction()
    await transaction.start()
    yield conn
    await transaction.rollback()


async def test_postgres_replicates_changes_of_each_filtered_table(publisher: Conn) -> None:
    """PostgreSQL refuses an update or delete if a row filter uses a column outside of the replica identity."""
    for name in WAYS["replicated"]:
        column = tables.filter_column_of_table(name)
        await publisher.execute(f"create publication lint for table {name} where ({column} in ('{UUID(int=1)}'))")
        await publisher.execute(f"update {name} set {column} = {column} where false; delete from {name} where false")
        await publisher.execute("drop publication lint")


async def test_a_filter_outside_of_the_primary_key_is_found(publisher: Conn) -> None:
    await publisher.execute("create publication lint for table scheduled_post where (project_id is not null)")
    with pytest.raises(asyncpg.PostgresError, match="not part of the replica identity"):
        await publisher.execute("delete from scheduled_post where false")
