"""Redis connection pool that closes all connections at its end, and pipelines that never leak one.

redis-py's own pool leaves some open. It closes each connection in a task, and a cancel can end that task
before it begins. It also opens new connections after its end for remaining users, such as arq's shielded
writes.
"""

from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as Disconnected


class RedisPool(ConnectionPool):
    """Pool that raises `Disconnected`, one of redis-py's errors, for each command after its end."""

    def __init__(self, **options: Any) -> None:
        super().__init__(redis_connect_func=self._connect_unless_ended, **options)
        self._made: list[AbstractConnection] = []
        self._ended = False

    def make_connection(self) -> AbstractConnection:
        connection: AbstractConnection = super().make_connection()  # type: ignore[no-untyped-call]  # no types
        self._made.append(connection)
        return connection

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: ARG002  redis-py's own name for it
        """Close all Redis connections of the pool for good. No step waits, so no cancel can interrupt it."""
        self._ended = True
        for connection in self._made:
            await connection.disconnect(nowait=True)

    async def close_interrupted_connection(self, connection: AbstractConnection) -> None:
        """Close the Redis connection of an interrupted user, and remove it from the pool.

        Do nothing if the user has released the connection before. No step waits, so no cancel can interrupt it.
        """
        if connection in self._available_connections:
            return
        self._in_use_connections.discard(connection)
        self._made.remove(connection)
        await connection.disconnect(nowait=True)

    async def _connect_unless_ended(self, connection: AbstractConnection) -> None:
        """Prepare a new Redis connection as redis-py does, unless the pool has ended.

        Raise `Disconnected` if the pool has ended before or meanwhile: after this error redis-py closes the
        connection.
        """
        if not self._ended:
            await connection.on_connect()
        if self._ended:
            raise Disconnected("the pool has ended")


class CancelSafeRedisPipeline(Pipeline):
    """Pipeline of a `RedisPool` that is safe to cancel at any step.

    redis-py's own keeps its connection when a cancel hits its end, and the pool never gets it back.
    """

    connection_pool: RedisPool

    async def reset(self) -> None:
        try:
            await super().reset()  # type: ignore[no-untyped-call]  # no types
        finally:
            if self.connection is not None:
                connection, self.connection = self.connection, None
                await self.connection_pool.close_interrupted_connection(connection)
