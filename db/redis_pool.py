"""Pool of connections to Redis that ends for good, and at one stroke; pipelines that keep none of them.

redis-py's own leaves some open. It has a task close each connection, which a cancel ends before it begins;
and it opens others after its end for whoever still holds it, as arq's shielded writes do.
"""

from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as Disconnected


class RedisPool(ConnectionPool):
    """Raises `Disconnected`, one of redis-py's errors, for each command after its end."""

    def __init__(self, **options: Any) -> None:
        super().__init__(redis_connect_func=self._greet, **options)
        self._made: list[AbstractConnection] = []
        self._ended = False

    def make_connection(self) -> AbstractConnection:
        connection: AbstractConnection = super().make_connection()  # type: ignore[no-untyped-call]  # no types
        self._made.append(connection)
        return connection

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: ARG002  redis-py's own name for it
        """The end. Nothing here waits, so that no cancel comes in between."""
        self._ended = True
        for connection in self._made:
            await connection.disconnect(nowait=True)

    async def drop(self, connection: AbstractConnection) -> None:
        """Close one in whose use somebody was cut off, unless it was given back before.

        Nothing here waits either.
        """
        if connection in self._available_connections:
            return
        self._in_use_connections.discard(connection)
        self._made.remove(connection)
        await connection.disconnect(nowait=True)

    async def _greet(self, connection: AbstractConnection) -> None:
        """As redis-py does, which closes the connection when this raises one of its errors.

        It was asked for after the end, or the end came meanwhile.
        """
        if not self._ended:
            await connection.on_connect()
        if self._ended:
            raise Disconnected("the pool has ended")


class Cuttable(Pipeline):
    """Pipeline of a `RedisPool` that a cancel may meet at any step.

    redis-py's own keeps its connection when the cancel meets its end: the pool gets it back from nobody.
    """

    connection_pool: RedisPool

    async def reset(self) -> None:
        try:
            await super().reset()  # type: ignore[no-untyped-call]  # no types
        finally:
            if self.connection is not None:
                connection, self.connection = self.connection, None
                await self.connection_pool.drop(connection)
