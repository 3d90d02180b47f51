"""A host that vanishes: neither side waits long for it, on any connection."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import pytest

from db import pool as pools
from db.pool import Conn, Pool, open_postgres_connection, open_postgres_pool, run_in_transaction
from db.reach import convert_postgres_away_errors
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from tests import relay
from tests.relay import LostPart
from tests.waiting import PATIENCE_S
from workers.dispatcher.leader import open_leader_session
from workers.runtime.worker import open_worker_postgres_pools

pytestmark = pytest.mark.timing

#: Seconds after which the locks of a vanished host are free.
GONE_S = 10

Opened = Callable[[Settings], AbstractAsyncContextManager[Conn]]


@asynccontextmanager
async def of_a_pool(settings: Settings) -> AsyncIterator[Conn]:
    async with open_postgres_pool(settings.database_url, name="test") as opened, opened.acquire() as conn:
        yield conn


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[Conn]:
    conn = await open_postgres_connection(settings.database_url, name="test")
    yield conn
    await conn.close()


@asynccontextmanager
async def of_a_worker(settings: Settings) -> AsyncIterator[Conn]:
    async with open_worker_postgres_pools(settings, "test") as opened, opened.shared.acquire() as conn:
        yield conn


@asynccontextmanager
async def of_the_dispatcher(settings: Settings) -> AsyncIterator[Conn]:
    async with open_leader_session(settings.database_url, "test") as conn:
        yield conn


@pytest.mark.parametrize("opened", [of_a_pool, alone, of_a_worker, of_the_dispatcher])
async def test_both_sides_of_each_connection_notice(settings: Settings, opened: Opened) -> None:
    async with opened(settings) as conn:
        rows = await conn.fetch("select name, setting from pg_settings where name ~ '^(tcp|client_c|idle_in)'")
        server = {row["name"]: int(row["setting"]) for row in rows}
        sock: socket.socket = conn._transport.get_extra_info("socket")  # type: ignore[union-attr]
        client = {name: sock.getsockopt(level, name) for level, name in pools.POSTGRES_SOCKET_OPTIONS}
    assert 0 < server["idle_in_transaction_session_timeout"] <= GONE_S * 1000
    assert 0 < server["tcp_user_timeout"] <= GONE_S * 1000
    assert 0 < server["client_connection_check_interval"] <= GONE_S * 1000
    tries = server["tcp_keepalives_interval"] * server["tcp_keepalives_count"]
    assert 0 < server["tcp_keepalives_idle"] + tries <= GONE_S
    assert client[socket.SO_KEEPALIVE]
    assert client[socket.TCP_KEEPIDLE] + client[socket.TCP_KEEPINTVL] * client[socket.TCP_KEEPCNT] <= GONE_S
    assert client[socket.TCP_USER_TIMEOUT] <= GONE_S * 1000


async def test_what_a_vanished_host_held_is_free_again(
    settings: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds a tenant's row at its commit. Other transactions wait at most that long."""
    monkeypatch.setitem(pools.POSTGRES_SESSION_SETTINGS, "idle_in_transaction_session_timeout", "4s")
    await pool.execute("create table thing (name text); insert into thing values ('held')")

    async def take(conn: Conn) -> str:
        return str(await conn.fetchval("update thing set name = name || '!' returning name"))

    async with (
        relay.start_relay(settings.database_url) as network,
        open_postgres_pool(network.url, name="vanished", command_timeout=6) as vanished,
    ):
        network.fall_silent_at("COMMIT", LostPart.STATEMENT, whole=True)
        vanishing = asyncio.create_task(run_in_transaction(vanished, take))
        await network.silent.wait()
        async with asyncio.timeout(PATIENCE_S):
            assert await run_in_transaction(pool, take) == "held!"
        with pytest.raises((TimeoutError, asyncpg.InterfaceError)):
            await vanishing


async def test_a_long_statement_is_no_silence(settings: Settings) -> None:
    """Nor is a long transaction, as long as it sends statements."""
    async with open_postgres_pool(settings.database_url, name="test", patience_s=2) as opened:

        async def long(conn: Conn) -> None:
            for _ in range(3):
                await conn.execute("select pg_sleep(0.7)")

        await run_in_transaction(opened, long)
        with pytest.raises(asyncpg.QueryCanceledError):
            await opened.execute("select pg_sleep(60)")


@pytest.mark.usefixtures("new_connections")
async def test_a_session_that_only_reads_is_left_for_a_new_one(settings: Settings, pool: Pool) -> None:
    """After a failover the old primary may live on; an address of several servers leads to the new one.

    The pool keeps no connection on its own: asyncpg would open another one that only reads, before the database is
    writable again.
    """
    name = await pool.fetchval("select current_database()")
    await pool.execute("create table thing (name text)")
    await pool.execute(f"alter database {name} set default_transaction_read_only = on")
    async with open_postgres_pool(settings.database_url, name="test", size=1, connects_at_start=False) as opened:

        async def write(conn: Conn) -> None:
            await conn.execute("insert into thing values ('written')")

        with pytest.raises(ServiceUnavailable), convert_postgres_away_errors():
            await run_in_transaction(opened, write)
        await pool.execute(f"alter database {name} set default_transaction_read_only = off")
        await run_in_transaction(opened, write)
    assert await pool.fetchval("select count(*) from thing") == 1
