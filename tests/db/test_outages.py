"""Connections to a server that doesn't answer, and the end of an outage."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from db import outages
from db.outages import OutageTolerantConnector, connect_to_first_ready_host
from db.pool import open_postgres_pool, run_autocommitted, run_in_transaction, use_unpooled_pg_connection
from schemas.settings import Settings
from tests.cutting import cut_everywhere
from tests.waiting import PATIENCE_S, eventually

IS_SLEEPING = "select exists (select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep')"


async def test_a_silent_server_takes_no_longer_than_an_outage_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "MAX_OUTAGE_WAIT_S", 0.2)
    monkeypatch.setattr(outages, "OUTAGE_CONNECT_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(TimeoutError):
                await OutageTolerantConnector().connect(url_of([server]), timeout=3600)


def url_of(servers: Iterable[socket.socket]) -> str:
    hosts = ",".join(f"127.0.0.1:{server.getsockname()[1]}" for server in servers)
    return f"postgresql://x@{hosts}/x?sslmode=disable"


async def test_an_outage_ends_with_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a long outage an attempt isn't repeated until one succeeds; then the next outage has its full time."""
    monkeypatch.setattr(outages, "MAX_OUTAGE_WAIT_S", 0.2)
    answers: list[bool] = []
    attempts = 0

    async def connect(_: str, **__: object) -> None:
        nonlocal attempts
        attempts += 1
        if not answers.pop():
            raise ConnectionRefusedError

    monkeypatch.setattr(asyncpg, "connect", connect)
    connector = OutageTolerantConnector()

    async def count_attempts(*planned: bool) -> int:
        nonlocal attempts
        answers[:], attempts = [*reversed(planned)], 0
        with contextlib.suppress(ConnectionRefusedError):
            await connector.connect("postgresql://127.0.0.1/x", timeout=1)
        return attempts

    long, none = [False] * 100, [True]
    assert await count_attempts(*long) > 1
    assert await count_attempts(*long) == 1
    assert await count_attempts(*none) == 1
    assert await count_attempts(*long) > 1


def put_host_first(settings: Settings, host: str) -> str:
    """Return the URL of the test's database with another host before its own."""
    return settings.database_url.replace("@", f"@{host},")


@pytest.mark.usefixtures("new_connections")
async def test_a_silent_host_delays_the_next_one_for_a_moment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted at each point of the race, no connection leaks."""
    monkeypatch.setattr(outages, "HOST_HEAD_START_S", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = put_host_first(settings, urlsplit(url_of([silent])).netloc.rpartition("@")[2])

        async def ask() -> None:
            async with use_unpooled_pg_connection(url, name="cut") as conn:
                assert await conn.fetchval("select 1") == 1

        await cut_everywhere(ask)


async def test_a_host_that_refuses_delays_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "HOST_HEAD_START_S", 3600)
    async with asyncio.timeout(PATIENCE_S):
        conn = await connect_to_first_ready_host(put_host_first(settings, "127.0.0.1:1"), timeout=3600)
    await conn.close()


FAILURES = [asyncpg.InvalidPasswordError("a wrong password"), ConnectionRefusedError()]


@pytest.mark.parametrize("failures", [FAILURES, FAILURES[::-1]])
async def test_an_error_that_no_outage_explains_is_raised(
    failures: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process with a wrong password must say so, and not wait for the other host."""
    left = [*failures]

    async def connect(_: str, **__: Any) -> None:
        raise left.pop(0)

    monkeypatch.setattr(asyncpg, "connect", connect)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connect_to_first_ready_host("postgresql://one,two/x")


async def test_a_slow_statement_keeps_the_connections_to_an_answering_server(database_url: str) -> None:
    """A timeout alone doesn't mean a dead server: other callers keep their connections and prepared statements."""
    async with open_postgres_pool(database_url, name="test", size=3, command_timeout=0.2) as pool:
        connections = [await pool.acquire() for _ in range(3)]
        for conn in connections:
            await pool.release(conn)
        with pytest.raises(TimeoutError):
            await run_autocommitted(pool, lambda conn: conn.execute("select pg_sleep(60)"))
        assert pool.get_idle_size() == 3
        assert await pool.fetchval("select count(*) from pg_stat_activity where query like '%pg_sleep(60)%'") == 1


def test_urls_of_several_hosts_keep_login_and_parameters() -> None:
    url = "postgresql://me:a,b@one:5432,[::1]:5433/x?target_session_attrs=any"
    assert outages.split_database_url(url) == [
        "postgresql://me:a,b@one:5432/x?target_session_attrs=any",
        "postgresql://me:a,b@[::1]:5433/x?target_session_attrs=any",
    ]


@pytest.mark.parametrize("run", [run_autocommitted, run_in_transaction])
@pytest.mark.parametrize("is_canceled_twice", [False, True])
async def test_a_cancellation_leaves_a_silent_server(
    database_url: str, run: Callable[..., Coroutine[Any, Any, object]], is_canceled_twice: bool
) -> None:
    """The caller sees its cancellation, and the pool has no connection that waits for an answer."""
    async with open_postgres_pool(database_url, name="test", size=1) as pool:
        pid = await pool.fetchval("select pg_backend_pid()")
        waits = asyncio.create_task(run(pool, lambda conn: conn.execute("select pg_sleep(60)")))
        async with use_unpooled_pg_connection(database_url, name="test") as observer:
            await eventually(lambda: observer.fetchval(IS_SLEEPING, pid))
        os.kill(pid, signal.SIGSTOP)
        try:
            waits.cancel()
            if is_canceled_twice:
                await asyncio.sleep(0)
                waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(waits, PATIENCE_S)
            assert pool.get_size() == 0
        finally:
            os.kill(pid, signal.SIGCONT)
