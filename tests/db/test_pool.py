"""Connections to Postgres, cut off at any step of their making, use and end: none stays open."""

import asyncio

from db.pool import connected, open_pool
from schemas.settings import Settings
from tests.cutting import cut_everywhere


async def test_one_connection(settings: Settings) -> None:
    async def ask() -> None:
        async with connected(settings.database_url, name="cut") as conn:
            await conn.fetchval("select 1")

    await cut_everywhere(ask)


async def test_a_pool_that_opens_all_at_once(settings: Settings) -> None:
    """Canceled again and again, as by a group that fails meanwhile."""

    async def open_and_end() -> None:
        async with open_pool(settings.database_url, name="cut", size=2, for_bursts=True):
            pass

    await cut_everywhere(open_and_end, times=3)


async def test_a_pool_in_use(settings: Settings) -> None:
    """One statement is to be canceled, and the connection of the other is being made."""

    async def ask() -> None:
        async with open_pool(settings.database_url, name="cut", size=2) as pool:
            await asyncio.gather(pool.fetchval("select pg_sleep(0.001)"), pool.fetchval("select 1"))

    await cut_everywhere(ask)
