"""The store of events by its catalogue: it can be a database of its own, spread over servers by project."""

from collections.abc import AsyncIterator
from importlib import import_module

import pytest_asyncio

from db.migrate import EVENTS, known, migrate
from db.pool import Conn, connected
from db.queries import TABLES
from tests import servers


@pytest_asyncio.fixture(loop_scope="session")
async def store_url(database_url: str, template: servers.Template) -> AsyncIterator[str]:
    """A store beside the main database, as TELEMETRY_URL names it."""
    name = f"{template.name}_store"
    await template.admin.execute(f"create database {name}")
    url = servers.with_path(template.url, name)
    assert await migrate(database_url, url) == [each.name for each in known(EVENTS)]
    yield url
    await template.admin.execute(f"drop database {name}")


@pytest_asyncio.fixture
async def store(store_url: str) -> AsyncIterator[Conn]:
    async with connected(store_url, name="test") as conn:
        yield conn


async def test_a_store_of_its_own_has_all_that_its_statements_need(store: Conn) -> None:
    statements = [
        query
        for table in TABLES
        if table == "event" or table.startswith("event_")
        for query in getattr(import_module("db.queries"), table)
    ]
    assert len(statements) > 10
    for query in statements:
        assert len((await store.prepare(query.sql)).get_parameters()) == len(query.parameters)


async def test_it_has_its_own_tables_and_no_others(store: Conn) -> None:
    rows = await store.fetch("select tablename from pg_tables where schemaname = 'public'")
    assert {row["tablename"] for row in rows if not row["tablename"].startswith("event")} == set()
    assert await store.fetchval(f"select count(*) from {EVENTS.table}") > 0


async def test_each_unique_index_holds_the_project(store: Conn) -> None:
    """Else its rows could not lie on the server of their project. The list of migrations lies on one."""
    rows = await store.fetch(
        """select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as of,
                  (select array_agg(a.attname::text)
                     from pg_attribute a
                    where a.attrelid = i.indrelid
                      and a.attnum = any (i.indkey[:i.indnkeyatts - 1])) as columns
             from pg_index i join pg_class c on c.oid = i.indrelid
            where i.indisunique and c.relnamespace = 'public'::regnamespace"""
    )
    unique = {row["name"]: row["columns"] for row in rows if row["of"] != EVENTS.table}
    assert {name for name, columns in unique.items() if "project_id" not in (columns or ())} == set()
    assert any(name.startswith("event_seen_0") for name in unique)


async def test_a_leaf_of_ids_has_one_index(store: Conn) -> None:
    """With two that begin alike a plan that was made on an empty leaf may stay with the wrong one."""
    rows = await store.fetch("select indexname from pg_indexes where tablename ~ '^event_seen'")
    assert [row["indexname"] for row in rows] == ["event_seen_0_key"]
