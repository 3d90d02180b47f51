"""Connection quotas: no organization's requests take the whole connection pool.

A few connections stay outside the quotas. They serve key look-ups, the watch of jobs and the creation of
projects, each for many requests at once.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from db.pool import Conn, Pool, acquire_pg_connection
from schemas.errors import ServiceUnavailable
from telemetry import costs

#: Connections outside the quotas, if the pool is large enough.
POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS = 3

#: Maximum seconds that a request waits for a connection.
MAX_DB_CONNECTION_WAIT_S = 10.0


class FairConnectionPool:
    """The connection pool for requests of organizations: each gets at most half, in round-robin order."""

    def __init__(self, pool: Pool, *, size: int) -> None:
        self._pool = pool
        self._free = max(1, size - POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS)
        self._max_per_organization = max(1, self._free // 2)
        self._used: Counter[UUID] = Counter()
        #: Waiting requests by organization; the next organization in turn comes first.
        self._waiting: OrderedDict[UUID, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def acquire_connection(self, organization_id: UUID) -> AsyncIterator[Conn]:
        """Acquire a Postgres connection of an organization's quota for the block.

        Raises `ServiceUnavailable` if the quota has none free for `MAX_DB_CONNECTION_WAIT_S` seconds.
        """
        await self._wait_to_take_quota(organization_id)
        try:
            async with acquire_pg_connection(self._pool) as conn:
                with costs.charge_database_time():
                    yield conn
        finally:
            self._release_quota_and_grant_next(organization_id)

    @asynccontextmanager
    async def reserve_connection(self, organization_id: UUID) -> AsyncIterator[None]:
        """Reserve one connection of an organization's quota while the block runs, without acquiring it.

        Raises `ServiceUnavailable` if the quota has none free for `MAX_DB_CONNECTION_WAIT_S` seconds.
        """
        await self._wait_to_take_quota(organization_id)
        try:
            yield
        finally:
            self._release_quota_and_grant_next(organization_id)

    async def _wait_to_take_quota(self, organization_id: UUID) -> None:
        if self._has_free_quota(organization_id):
            self._count_granted_connection(organization_id)
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(organization_id, deque()).append(granted)
        try:
            async with asyncio.timeout(MAX_DB_CONNECTION_WAIT_S):
                await granted
        except BaseException as error:
            self._leave_queue(organization_id, granted)
            if isinstance(error, TimeoutError):
                raise ServiceUnavailable(
                    "too many requests of your organization are running: repeat it with fewer at once"
                ) from None
            raise

    def _leave_queue(self, organization_id: UUID, granted: asyncio.Future[None]) -> None:
        """Remove a request from the queue, after a timeout or a cancel.

        If it was granted a connection in the same moment, give the connection back.
        """
        if granted.done() and not granted.cancelled():
            self._release_quota_and_grant_next(organization_id)
        elif granted in self._waiting.get(organization_id, ()):
            self._waiting[organization_id].remove(granted)
            self._drop_empty_queue(organization_id)

    def _drop_empty_queue(self, organization_id: UUID) -> None:
        if not self._waiting[organization_id]:
            del self._waiting[organization_id]

    def _has_free_quota(self, organization_id: UUID) -> bool:
        return self._free > 0 and self._used[organization_id] < self._max_per_organization

    def _count_granted_connection(self, organization_id: UUID) -> None:
        self._free -= 1
        self._used[organization_id] += 1

    def _release_quota_and_grant_next(self, organization_id: UUID) -> None:
        self._free += 1
        self._used[organization_id] -= 1
        if not self._used[organization_id]:
            del self._used[organization_id]
        while (turn := self._find_next_organization()) is not None:
            granted = self._waiting[turn].popleft()
            self._waiting.move_to_end(turn)
            if not granted.done():  # A canceled request may still be in the queue.
                self._count_granted_connection(turn)
                granted.set_result(None)
            self._drop_empty_queue(turn)

    def _find_next_organization(self) -> UUID | None:
        """Return the next waiting organization in turn that is below its quota; None if there is none."""
        return next(
            (organization_id for organization_id in self._waiting if self._has_free_quota(organization_id)), None
        )
