"""Folds: deltas in the queues of counts and of active users are added to both, a shard of projects at a time.

A commit of events inserts deltas into two queues. A fold deletes a batch of them and adds them to the counts and
to the active users in one transaction. So each is added once despite any crash. There is no high-water mark: a
transaction that began earlier could still commit behind it. The lock of a shard admits one fold, rebuild or purge
at a time.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import event_delta, event_person, event_rollup
from domain.events import event_names
from telemetry import logs

#: Deltas of each queue in one fold, and in one before a read.
MAX_DELTAS_PER_FOLD = 5_000
MAX_DELTAS_PER_READ_FOLD = 2_000

#: Longest time of a fold's statement, in milliseconds, less than that of the folder's client. Folds before a read have
#: four, so that they take at most a second of the read.
MAX_FOLD_STATEMENT_MS = 5_000
MAX_READ_FOLD_STATEMENT_MS = 250

#: The same of the statement that measures the lag.
MAX_FOLD_LAG_STATEMENT_MS = 1_000

#: Errors of a fold after which other statements may succeed: it took too long, or the disk is full.
NON_FATAL_FOLD_ERRORS = (asyncpg.QueryCanceledError, asyncpg.InsufficientResourcesError)

_log = logs.get_logger("folds")

_LOWEST_PROJECT_ID, _HIGHEST_PROJECT_ID = UUID(int=0), UUID(int=2**128 - 1)


class FoldedDeltaCountAndLastProject(NamedTuple):
    """Number of deltas that a fold took from a queue, and the last project with one; None without any."""

    n: int
    last_project: UUID | None


FOLD_EVENT_COUNTS = event_rollup.fold.typed(FoldedDeltaCountAndLastProject)
FOLD_ACTIVE_USERS = event_person.fold.typed(FoldedDeltaCountAndLastProject)


class DeltaFoldRunner:
    """Folder of all shards in turn. Several work at once: each skips the shards that another one has locked.

    A fold begins behind the last project of the shard's fold before, so that no project's deltas delay others' for
    more than a batch. After a timeout the shard's batch is halved, until a fold empties its queues.
    """

    def __init__(self) -> None:
        self._first_projects: dict[int, UUID] = {}
        #: Deltas in a batch of the shards that had a timeout.
        self._limits: dict[int, int] = {}

    async def fold_each_waiting_shard(self, conn: Conn) -> int:
        """Fold a batch of each shard with deltas that isn't locked; return the number of folded deltas.

        A shard with a timeout delays the others by no more than that.
        """
        rows = await event_delta.find_waiting_shards.all(conn)
        return sum([await self._fold_shard_or_halve_batch_on_timeout(conn, row["shard"]) for row in rows])

    async def _fold_shard_or_halve_batch_on_timeout(self, conn: Conn, shard: int) -> int:
        limit = self._limits.get(shard, MAX_DELTAS_PER_FOLD)
        try:
            return await self._fold_unlocked_shard(conn, shard, limit)
        except asyncpg.QueryCanceledError:
            self._limits[shard] = max(1, limit // 2)
            _log.warning("fold timed out, halving its batch", shard=shard, limit=self._limits[shard])
            return 0

    async def _fold_unlocked_shard(self, conn: Conn, shard: int, limit: int) -> int:
        async with conn.transaction():
            await event_delta.begin_fold.value(conn, limit=f"{MAX_FOLD_STATEMENT_MS}ms")
            if not await event_delta.try_lock_shard.value(conn, shard=shard):
                return 0
            projects = self._first_projects.get(shard, _LOWEST_PROJECT_ID), _HIGHEST_PROJECT_ID
            batches = await _fold_batch(conn, shard, *projects, limit=limit)
            if not any(batch.n for batch in batches):
                batches = await _fold_batch(conn, shard, _LOWEST_PROJECT_ID, _HIGHEST_PROJECT_ID, limit=limit)
        full = [batch.last_project for batch in batches if batch.last_project and batch.n == limit]
        if not full:
            self._limits.pop(shard, None)
        self._first_projects[shard] = UUID(int=(min(full).int + 1) % 2**128) if full else _LOWEST_PROJECT_ID
        return sum(batch.n for batch in batches)


async def fold_project_for_read(conn: Conn, *, project_id: UUID) -> timedelta:
    """Fold a batch of a project's deltas before a read; return the wait of the oldest one that is left, 0 without one.

    It adds at most `MAX_DELTAS_PER_READ_FOLD` of each queue. It leaves them all if that takes too long, or if the shard
    is locked: it waits for no lock. All events with a 202 from before that wait are counted.
    """
    if await event_delta.read_wait.value(conn, project_id=project_id) is None:
        return timedelta(0)
    with suppress(*NON_FATAL_FOLD_ERRORS):
        async with conn.transaction():
            await event_delta.begin_fold.value(conn, limit=f"{MAX_READ_FOLD_STATEMENT_MS}ms")
            shard = await event_delta.try_lock_shard_of_project.value(conn, project_id=project_id)
            if shard is not None:
                await _fold_batch(conn, shard, project_id, project_id, limit=MAX_DELTAS_PER_READ_FOLD)
    wait: timedelta | None = await event_delta.read_wait.value(conn, project_id=project_id)
    return max(wait or timedelta(0), timedelta(0))


async def read_fold_lag_s(conn: Conn) -> float:
    """Return the seconds for which the oldest delta of all projects has waited for its fold; 0 without one.

    Raises one of `NON_FATAL_FOLD_ERRORS` if that takes over `MAX_FOLD_LAG_STATEMENT_MS`.
    """
    async with conn.transaction():
        await event_delta.begin_fold.value(conn, limit=f"{MAX_FOLD_LAG_STATEMENT_MS}ms")
        lag_s: float = await event_delta.read_lag_s.value(conn)
    return lag_s


async def _fold_batch(
    conn: Conn, shard: int, first_project: UUID, last_project: UUID, *, limit: int
) -> Sequence[FoldedDeltaCountAndLastProject]:
    """Fold a batch of these projects' deltas, in a transaction that has locked their shard; return it by queue."""
    batch = {"shard": shard, "first_project": first_project, "last_project": last_project, "limit": limit}
    return [
        await FOLD_ACTIVE_USERS.row(conn, **batch),
        await FOLD_EVENT_COUNTS.row(conn, **batch, **event_names.EVENT_NAME_COUNT_SQL_PARAMETERS),
    ]
