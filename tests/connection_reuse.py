"""Reuse of database connections between tests: the pool of one test takes over those of the test before.

A new connection costs its server process, its catalog caches and the plans of all statements: 50 ms of CPU a
test, measured. Only pools in the event loop of the run take part.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import asyncpg
import pytest

import db.pool
from db.pool import Conn, Pool

#: Address, settings and timeout of a pool: its connections fit pools with the same ones.
PoolKey: TypeAlias = tuple[str, frozenset[tuple[str, str]], float | None]

#: Statements that bring a session into its first state. Its plans stay.
RESET_SESSION = "reset all; discard temp; select pg_advisory_unlock_all()"

#: Seconds for the reset. A connection that a test has cut off gets no answer.
RESET_TIMEOUT_S = 2.0

_open_pool: Callable[..., Pool] = asyncpg.create_pool
_prepare_new = db.pool._set_up_postgres_connection


class ReusableConnection(asyncpg.Connection):
    """A connection that is set aside when its pool closes it."""

    reuse: "ConnectionReuse"
    key: PoolKey
    is_prepared = False

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  asyncpg's
        if not await self.reuse.keep(self):
            await super().close(timeout=timeout)

    async def end(self) -> None:
        await super().close()


class ConnectionReuse:
    """The connections to one server that no pool uses at the moment. Created and used in one event loop."""

    def __init__(self, server_url: str) -> None:
        self._server_address = server_url.rpartition("/")[0]
        self._loop = asyncio.get_running_loop()
        self._free: defaultdict[PoolKey, list[ReusableConnection]] = defaultdict(list)
        self._patch = pytest.MonkeyPatch()
        self.is_active = True

    def install(self) -> None:
        """Let all pools of the run's event loop reuse connections."""
        self._patch.setattr(asyncpg, "create_pool", self._create_pool)
        self._patch.setattr(db.pool, "_set_up_postgres_connection", _prepare_once)

    async def uninstall(self) -> None:
        """Close all connections that are set aside."""
        self.is_active = False
        self._patch.undo()
        for connections in self._free.values():
            for connection in connections:
                await connection.end()

    def free_process_ids(self) -> list[int]:
        """Return the server processes of the connections that no pool uses."""
        known = [connection for free in self._free.values() for connection in free]
        return [connection.get_server_pid() for connection in known if not connection.is_closed()]

    async def keep(self, connection: ReusableConnection) -> bool:
        """Reset the connection and set it aside. False if the test left it broken, or in a transaction."""
        connection._query_loggers.clear()  # type: ignore[attr-defined]
        if not self.is_active or connection.is_closed() or connection.is_in_transaction():
            return False
        try:
            await connection.execute(RESET_SESSION, timeout=RESET_TIMEOUT_S)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        self._free[connection.key].append(connection)
        return True

    def _create_pool(self, address: str, **settings: Any) -> Pool:
        is_elsewhere = not address.startswith(self._server_address) or asyncio.get_running_loop() is not self._loop
        if is_elsewhere or not self.is_active:
            return _open_pool(address, **settings)
        settings |= {"connect": self._connect, "connection_class": ReusableConnection}
        return _open_pool(address, **settings)

    async def _connect(self, address: str, **settings: Any) -> ReusableConnection:
        key = (address, frozenset(settings["server_settings"].items()), settings["command_timeout"])
        while free := self._free[key]:
            connection = free.pop()
            if not connection.is_closed():
                return connection
        connection = cast("ReusableConnection", await asyncpg.connect(address, **settings))
        connection.reuse, connection.key = self, key
        return connection


async def _prepare_once(connection: Conn) -> None:
    # asyncpg lets `isinstance` say yes for any of its connections.
    if type(connection) is ReusableConnection:
        if connection.is_prepared:
            return
        connection.is_prepared = True
    await _prepare_new(connection)
