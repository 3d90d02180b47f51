"""Event store by its catalog: it can be a separate database, spread over servers by project."""

import re
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import pytest_asyncio

from db.migrate import EVENT_SCHEMA_MIGRATION_SOURCE, migrate_databases, read_all_migrations, read_sql_functions
from db.pool import Conn, use_unpooled_pg_connection
from db.queries import SQL_STATEMENT_FILE_NAMES, Query
from tests import databases, servers

GROWTH = Path(__file__).parents[2] / "docs" / "howto" / "scale-events.md"

#: Prefixes of its tables' names.
OURS = ("event", "ad_")


@pytest_asyncio.fixture(loop_scope="session")
async def store_url(database_url: str, template: databases.Template) -> AsyncIterator[str]:
    """Create a store outside the main database, for TELEMETRY_URL."""
    name = f"{template.name}_store"
    await template.admin.execute(f"create database {name}")
    url = servers.with_path(template.url, name)
    assert await migrate_databases(database_url, url) == [
        each.name
        for each in (
            *read_sql_functions(EVENT_SCHEMA_MIGRATION_SOURCE),
            *read_all_migrations(EVENT_SCHEMA_MIGRATION_SOURCE),
        )
    ]
    yield url
    await template.admin.execute(f"drop database {name}")


@pytest_asyncio.fixture
async def store(store_url: str) -> AsyncIterator[Conn]:
    async with use_unpooled_pg_connection(store_url, name="test") as conn:
        yield conn


def statements() -> list[Query]:
    """Return the statements of the store."""
    return [
        query
        for table in SQL_STATEMENT_FILE_NAMES
        if table.startswith(OURS)
        for query in getattr(import_module("db.queries"), table)
    ]


async def test_a_store_of_its_own_has_what_its_statements_need_and_no_other_table(store: Conn) -> None:
    assert len(statements()) > 10
    for query in statements():
        assert len((await store.prepare(query.sql)).get_parameters()) == len(query.parameters)
    rows = await store.fetch("select tablename from pg_tables where schemaname = 'public'")
    assert {row["tablename"] for row in rows if not row["tablename"].startswith(OURS)} == set()
    assert await store.fetchval(f"select count(*) from {EVENT_SCHEMA_MIGRATION_SOURCE.table}") > 0


async def test_each_unique_index_holds_the_project(store: Conn) -> None:
    """Otherwise its rows could not be on their project's server. The list of migrations is on one server."""
    rows = await store.fetch(
        """select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as of,
                  (select array_agg(a.attname::text)
                     from pg_attribute a
                    where a.attrelid = i.indrelid
                      and a.attnum = any (i.indkey[:i.indnkeyatts - 1])) as columns
             from pg_index i join pg_class c on c.oid = i.indrelid
            where i.indisunique and c.relnamespace = 'public'::regnamespace"""
    )
    unique = {row["name"]: row["columns"] for row in rows if row["of"] != EVENT_SCHEMA_MIGRATION_SOURCE.table}
    assert {name for name, columns in unique.items() if "project_id" not in (columns or ())} == set()
    assert any(name.startswith("event_seen_0") for name in unique)
    # With two indexes of equal prefix, a plan for an empty leaf may keep the wrong one.
    leaves = await store.fetch("select indexname from pg_indexes where tablename ~ '^event_seen'")
    assert [row["indexname"] for row in leaves] == ["event_seen_0_key"]


async def test_the_page_on_growth_names_each_table(store: Conn) -> None:
    """In the list of tables to drop after the move, and those of projects in the list to spread."""
    rows = await store.fetch(
        """select c.relname, exists (
                    select from pg_attribute where attrelid = c.oid and attname = 'project_id') as of_project
             from pg_class c
            where c.relkind in ('r', 'p') and not c.relispartition
              and c.relnamespace = 'public'::regnamespace"""
    )
    page = GROWTH.read_text("utf-8")
    (dropped,) = re.findall(r"`drop table ([^`]*)`", page)
    assert {*re.split(r",\s+", dropped)} == {row["relname"] for row in rows}
    spread = {*re.findall(r"create_distributed_table\('(\w+)'", page)}
    assert spread == {row["relname"] for row in rows if row["of_project"]}


#: Statements about a server's own tables, for any projects on it, with the reason.
OF_A_SERVER = {
    "make_days": "tables of days", "drop_day": "tables of days", "has_day": "tables of days",
    "rotate": "leaves", "drop_leaf": "leaves",
    "fold": "the server's queue into the server's counts",
    "find_waiting_shards": "the server's queues", "read_lag_s": "the server's queues",
    "prune_conversions": "old rows of the server",
    "walk_indexes": "a setting", "horizon": "transactions of the server",
    "delete_old": "what is old on the server",
    **dict.fromkeys(
        (
            "begin", "lock_archive", "state", "batch", "note_emptied", "note_batch", "begin_again",
            "begin_next", "drop_archived_day",
        ),
        "the server's days on their way into the archive",
    ),
}  # fmt: skip

#: Table that a statement reads or writes.
_NAMED = re.compile(r"\b(?:from|join|update|into)\s+(event(?:_\w+)?)\b")


def test_each_statement_names_one_project_or_is_about_its_servers_own_tables() -> None:
    """Otherwise it would need rows of two servers."""
    assert {query.name for query in statements()} >= OF_A_SERVER.keys()
    assert {query.name: [*strays(query.sql)] for query in statements() if query.name not in OF_A_SERVER} == {
        query.name: [] for query in statements() if query.name not in OF_A_SERVER
    }


def strays(sql: str) -> Iterator[str]:
    """Yield each mention of a table in a part of the statement without a project.

    A row that is changed by its `ctid` was found in another part.
    """
    for found in _NAMED.finditer(sql):
        part = rest_of_part(sql[found.end() :])
        if "project_id" not in part and "r.ctid = c.place" not in part:
            yield sql[found.start() :][:60]


def rest_of_part(sql: str) -> str:
    """Return the text up to the parenthesis that ends a sub-select, or to the next mention of a table."""
    depth, following = 0, _NAMED.search(sql)
    for place, sign in enumerate(sql):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return sql[:place]
        if following and place == following.start() and depth == 0:
            return sql[:place]
    return sql


@pytest.mark.parametrize(
    "sql",
    [
        "select n from event_rollup where name = $1",
        "delete from event where occurred_at < $1",
        "select (select max(n) from event_rollup) from event where project_id = $1",
        "insert into event_delta (name) select name from event where project_id = $1",
        "update event_rollup set n = 0 where bucket = $1",
    ],
)
def test_a_statement_without_a_project_is_found(sql: str) -> None:
    assert len([*strays(sql)]) == 1
