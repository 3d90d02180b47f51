"""Connection pools of Postgres, with JSON through msgspec and one retry of deadlocked transactions."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Literal, TypeAlias, TypeVar

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from db.outages import OpenPostgresConnection, OutageTolerantConnector, connect_to_first_ready_host

Conn: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
#: Opens a connection for the duration of a block.
OpenConnection: TypeAlias = Callable[[], AbstractAsyncContextManager[Conn]]
T = TypeVar("T")

#: JIT is off, since it is most of a pull's cost (15 ms with it, 0.9 ms without, measured). Sequential scans
#: are off, since cached plans outlive a table's growth: no plan may begin as a scan of a small table.
POSTGRES_SESSION_SETTINGS = {
    "jit": "off",
    "enable_seqscan": "off",
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    # A client on a lost host never disconnects. The server drops its connection after these times: in a
    # transaction between two statements, while it sends an answer, while idle, while a statement runs.
    "idle_in_transaction_session_timeout": "10s",
    "tcp_user_timeout": "10s",
    "tcp_keepalives_idle": "4s",
    "tcp_keepalives_interval": "2s",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "2s",
}

#: The same on this side: a lost server host is noticed within 10 s, between statements too.
POSTGRES_SOCKET_OPTIONS = {
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE): 4,
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL): 2,
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT): 3,
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT): 10_000,
}

#: Settings of connections that are kept open.
BURST_POOL_PG_SETTINGS = {"plan_cache_mode": "force_generic_plan"}

#: Seconds within which a reachable server ends a canceled statement. A drain repeats a cancellation after 1 s.
MAX_STATEMENT_CANCEL_S = 0.5

#: Share of a client's patience that the wait for a lock may take.
LOCK_TIMEOUT_SHARE_OF_MAX_WAIT = 0.8

#: Seconds to open a connection: a reachable server answers sooner.
POSTGRES_CONNECT_TIMEOUT_S = 10.0

#: Seconds for which an idle connection is kept.
MAX_IDLE_POOL_CONNECTION_S = 300.0

#: Seconds, least and most, before a deadlock's victim is retried: our transactions take less.
DEADLOCK_RETRY_DELAY_RANGE_S = (0.02, 0.06)

_JSONB_FORMAT_VERSION_BYTE = b"\x01"

#: OIDs of array types, and of their elements, which no release of PostgreSQL changes (its pg_type.dat).
POSTGRES_ARRAY_AND_ELEMENT_OIDS = {
    "_bool": (1000, 16),
    "_bytea": (1001, 17),
    "_int2": (1005, 21),
    "_int4": (1007, 23),
    "_int8": (1016, 20),
    "_float8": (1022, 701),
    "_date": (1182, 1082),
    "_timestamptz": (1185, 1184),
    "_numeric": (1231, 1700),
    "_uuid": (2951, 2950),
    "_jsonb": (3807, 3802),
}
_UNSET_ARRAY_TYPE_FIELDS = dict.fromkeys(("range_subtype", "attrtypoids", "basetype"))
_ASYNCPG_ARRAY_TYPE_DESCRIPTIONS = [
    {
        "oid": oid,
        "name": name,
        "elemtype": of,
        "ns": "pg_catalog",
        "kind": b"b",
        "elemdelim": ",",
        **_UNSET_ARRAY_TYPE_FIELDS,
    }
    for name, (oid, of) in POSTGRES_ARRAY_AND_ELEMENT_OIDS.items()
]


@asynccontextmanager
async def open_postgres_pool(
    database_url: str,
    *,
    name: str,
    size: int = 10,
    lock_timeout: str = POSTGRES_SESSION_SETTINGS["lock_timeout"],
    command_timeout: float | None = None,
    patience_s: float | None = None,
    for_bursts: bool = False,
    waits_for_restart: bool = False,
    connects_at_start: bool = True,
) -> AsyncIterator[Pool]:
    """Open a pool of at most `size` Postgres connections, and yield it; `pg_stat_activity` shows `name`.

    A statement without an answer after `command_timeout` seconds raises TimeoutError. With `patience_s`, Postgres
    too limits its wait for a lock (instead of `lock_timeout`), for a statement's end, and in a transaction for the
    next statement. Raise OSError or `asyncpg.PostgresError` for an unreachable server.

    With `for_bursts` the pool opens all its connections immediately and keeps them. Each plans a statement once, not
    at each of its first five calls, which was a third of the CPU of 500 posts. It suits statements that find a few
    rows by their keys, with a plan that never changes.

    With `waits_for_restart`, new connections wait for the end of a short outage of Postgres. Without
    `connects_at_start` the first caller opens the first connection, and this function raises nothing.
    """
    more = {"lock_timeout": lock_timeout, "application_name": name} | (BURST_POOL_PG_SETTINGS if for_bursts else {})
    if patience_s is not None:
        more |= _build_postgres_timeout_settings(patience_s)
    connect: OpenPostgresConnection = (
        OutageTolerantConnector().connect if waits_for_restart else connect_to_first_ready_host
    )
    async with asyncpg.create_pool(
        database_url,
        timeout=POSTGRES_CONNECT_TIMEOUT_S,
        min_size=size if for_bursts else int(connects_at_start),
        max_size=size,
        connect=connect,
        max_cached_statement_lifetime=0,
        max_inactive_connection_lifetime=0 if for_bursts else MAX_IDLE_POOL_CONNECTION_S,
        command_timeout=command_timeout,
        server_settings={**POSTGRES_SESSION_SETTINGS, **more},
        init=_set_up_postgres_connection,
        reset=_skip_session_reset,
    ) as pool:
        yield pool


def _build_postgres_timeout_settings(patience_s: float) -> dict[str, str]:
    """Return the timeouts of a Postgres session, as settings, for a client that waits at most `patience_s`.

    A lock times out before the client considers the server silent, so no connection is dropped for it. An abandoned
    statement ends soon.
    """
    limits_s = {
        "lock_timeout": patience_s * LOCK_TIMEOUT_SHARE_OF_MAX_WAIT,
        "idle_in_transaction_session_timeout": patience_s,
        "statement_timeout": patience_s + 1,
    }
    return {name: f"{limit_s * 1000:.0f}ms" for name, limit_s in limits_s.items()}


async def open_postgres_connection(
    database_url: str, *, name: str, command_timeout: float | None = None
) -> "asyncpg.Connection[asyncpg.Record]":
    """Open a Postgres connection outside any pool, and return it; the caller must close it.

    It suits an advisory lock, which needs its own session. Raise OSError or `asyncpg.PostgresError` if unreachable.
    """
    conn = await connect_to_first_ready_host(
        database_url,
        timeout=POSTGRES_CONNECT_TIMEOUT_S,
        command_timeout=command_timeout,
        server_settings={**POSTGRES_SESSION_SETTINGS, "application_name": name},
    )
    await _set_up_postgres_connection(conn)
    return conn


@asynccontextmanager
async def use_unpooled_pg_connection(
    database_url: str, *, name: str, command_timeout: float | None = None
) -> AsyncIterator[Conn]:
    """Open a Postgres connection outside any pool, yield it, and close it at the end of the block."""
    conn = await open_postgres_connection(database_url, name=name, command_timeout=command_timeout)
    try:
        yield conn
    finally:
        await conn.close()


async def run_in_transaction(pool: Pool, body: Callable[[Conn], Awaitable[T]]) -> T:
    """Run `body` in one transaction on a connection of the pool, and return its result.

    Run it once more if Postgres chose it as a deadlock's victim, after a short wait. At once, it could take the
    lock that the other transaction waits for, and deadlock again.
    """
    return await _retry_deadlock_once(partial(_run_transaction_once, pool, body))


async def run_autocommitted(pool: Pool, body: Callable[[Conn], Awaitable[T]]) -> T:
    """Run `body`, a single statement that commits by itself, on a connection of the pool; return its result.

    Run it once more if Postgres chose it as a deadlock's victim.
    """
    return await _retry_deadlock_once(partial(_run_autocommitted_without_retry, pool, body))


async def _retry_deadlock_once(attempt: Callable[[], Awaitable[T]]) -> T:
    try:
        return await attempt()
    except asyncpg.DeadlockDetectedError:
        await asyncio.sleep(random.uniform(*DEADLOCK_RETRY_DELAY_RANGE_S))  # noqa: S311  no secret
        return await attempt()


async def _run_transaction_once(pool: Pool, body: Callable[[Conn], Awaitable[T]]) -> T:
    async with acquire_pg_connection(pool) as conn, open_transaction(pool, conn):
        return await body(conn)


@asynccontextmanager
async def open_transaction(
    pool: Pool, conn: Conn, *, isolation: Literal["repeatable_read"] | None = None
) -> AsyncIterator[None]:
    """Run the block in a transaction; commit at its end. Roll back after an error, unless the server is dead.

    asyncpg's own context manager would wait for a silent server's answer to the rollback.
    """
    transaction = conn.transaction(isolation=isolation)
    await transaction.start()
    try:
        async with leave_dead_server(pool, conn):
            yield
    except BaseException:
        # The server rolls back by itself once its connection is closed.
        if _is_pg_connection_open(conn):
            await transaction.rollback()
        raise
    await transaction.commit()


async def _run_autocommitted_without_retry(pool: Pool, body: Callable[[Conn], Awaitable[T]]) -> T:
    async with acquire_pg_connection(pool) as conn:
        return await body(conn)


@asynccontextmanager
async def acquire_pg_connection(pool: Pool, *, timeout_s: float | None = None) -> AsyncIterator[Conn]:
    """Acquire and yield a connection of the pool, within `timeout_s` seconds if given; leave a dead server.

    Raise TimeoutError after that time, and as `leave_dead_server`.
    """
    async with pool.acquire(timeout=timeout_s) as conn, leave_dead_server(pool, conn):
        yield conn


@asynccontextmanager
async def leave_dead_server(pool: Pool, conn: Conn) -> AsyncIterator[None]:
    """Terminate the pool's connections to a server that is silent or read-only, and raise the block's error again.

    After a timeout or a cancellation the server is silent if it doesn't end the statement within
    `MAX_STATEMENT_CANCEL_S`. Releasing the connection to its pool would wait longer. After a timeout the pool's idle
    connections are terminated too: they lead to the same server, and each would cost a caller the same wait.
    """
    try:
        yield
    except (asyncpg.ReadOnlySQLTransactionError, TimeoutError, asyncio.CancelledError) as error:
        # An inner block may have left the server already.
        must_leave = _is_pg_connection_open(conn)
        try:
            if must_leave and not isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                must_leave = not await _can_cancel_statement(conn)
        finally:
            # A second cancellation comes here too, with no answer yet.
            if must_leave:
                conn.terminate()
                if not isinstance(error, asyncio.CancelledError):
                    _terminate_idle_pg_connections(pool)
        raise


def _is_pg_connection_open(conn: Conn) -> bool:
    """Return whether a pool's connection is open. asyncpg refuses each call on one that was terminated."""
    try:
        return not conn.is_closed()
    except asyncpg.InterfaceError:
        return False


async def _can_cancel_statement(conn: Conn) -> bool:
    """Return whether the server ends the connection's running statement soon, if it has one.

    asyncpg has sent the request to cancel it, and sends a further statement after its end.
    """
    try:
        with suppress(asyncpg.PostgresError):
            async with asyncio.timeout(MAX_STATEMENT_CANCEL_S):
                await conn.execute("select")
    except (TimeoutError, OSError, asyncpg.InterfaceError):
        return False
    return True


def _terminate_idle_pg_connections(pool: Pool) -> None:
    # asyncpg has no public access to idle connections.
    for holder in pool._holders:  # type: ignore[attr-defined]  # noqa: SLF001
        if holder.is_idle():
            holder.terminate()


async def _set_up_postgres_connection(conn: Conn) -> None:
    """Set up a new Postgres connection: the socket's timeouts, the codec of JSONB, and the array types.

    Without the array types asyncpg would query the catalog for each one: four times, 20 ms of Postgres' CPU.
    """
    # asyncpg has no public access to the socket.
    sock: socket.socket = conn._transport.get_extra_info("socket")  # type: ignore[union-attr]  # noqa: SLF001
    if sock.family != socket.AF_UNIX:
        for (level, name), value in POSTGRES_SOCKET_OPTIONS.items():
            sock.setsockopt(level, name, value)
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: _JSONB_FORMAT_VERSION_BYTE + msgspec.json.encode(value),
        decoder=lambda data: msgspec.json.decode(data[1:]),
    )
    # Nor has it public access to register a type.
    conn._protocol.get_settings().register_data_types(_ASYNCPG_ARRAY_TYPE_DESCRIPTIONS)  # type: ignore[union-attr]  # noqa: SLF001


async def _skip_session_reset(_: Conn) -> None:
    """Do nothing instead of asyncpg's reset query (6 % of a drain's time): no code changes the state of a session."""
