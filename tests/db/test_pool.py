"""Connections to Postgres, interrupted while they open, run and close: none leaks."""

import asyncio

import pytest
from asyncpg.connection import LoggedQuery

from db.pool import POSTGRES_ARRAY_AND_ELEMENT_OIDS, open_postgres_pool, use_unpooled_pg_connection
from schemas.settings import Settings
from tests.cutting import cut_everywhere

pytestmark = pytest.mark.usefixtures("new_connections")


async def test_one_connection(settings: Settings) -> None:
    async def ask() -> None:
        async with use_unpooled_pg_connection(settings.database_url, name="cut") as conn:
            await conn.fetchval("select 1")

    await cut_everywhere(ask)


async def test_a_pool_that_opens_all_at_once(settings: Settings) -> None:
    """Canceled repeatedly, as by a task group that fails meanwhile."""

    async def open_and_end() -> None:
        async with open_postgres_pool(settings.database_url, name="cut", size=2, for_bursts=True):
            pass

    await cut_everywhere(open_and_end, times=3)


async def test_a_pool_in_use(settings: Settings) -> None:
    """One statement has to be canceled, and the other connection is opening."""

    async def ask() -> None:
        async with open_postgres_pool(settings.database_url, name="cut", size=2) as pool:
            await asyncio.gather(pool.fetchval("select pg_sleep(0.001)"), pool.fetchval("select 1"))

    await cut_everywhere(ask)


async def test_new_connection_reads_no_array_types(settings: Settings) -> None:
    asked: list[str] = []

    def note(query: LoggedQuery) -> None:
        asked.append(query.query)

    numbers = "select typname, oid::int, typelem::int from pg_type where typname = any($1::text[]) order by oid"
    echo = f"select {', '.join(f'${n}::{name}' for n, name in enumerate(POSTGRES_ARRAY_AND_ELEMENT_OIDS, 1))}"
    async with use_unpooled_pg_connection(settings.database_url, name="new") as conn:
        conn.add_query_logger(note)
        rows = await conn.fetch(numbers, list(POSTGRES_ARRAY_AND_ELEMENT_OIDS))
        empty = await conn.fetchrow(echo, *([] for _ in POSTGRES_ARRAY_AND_ELEMENT_OIDS))
        full = await conn.fetchrow("select $1::jsonb[] as of, $2::bytea[]", [{"a": [1]}, None], [b"\0"])
        conn.remove_query_logger(note)
    assert {row[0]: (row[1], row[2]) for row in rows} == POSTGRES_ARRAY_AND_ELEMENT_OIDS
    assert (list(empty or ()), list(full or ())) == (
        [[]] * len(POSTGRES_ARRAY_AND_ELEMENT_OIDS),
        [[{"a": [1]}, None], [b"\0"]],
    )
    assert len(asked) == 3
