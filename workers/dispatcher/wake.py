"""Wakes for pools with a due job that no worker pulls, as after a lost message."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID, uuid5

from jobs.courier import WakeCourier
from jobs.ledger import WakeMessage
from jobs.maintenance import DuePool

#: Backoff between two messages for a pool in seconds: the first wait, and the longest while the due job stays
#: the same (every worker is full, every tenant at its cap).
MIN_REPEATED_POOL_WAKE_BACKOFF_S = 0.05
MAX_REPEATED_POOL_WAKE_BACKOFF_S = 1.0

_POOL_WAKE_ID_NAMESPACE = UUID("6f1c2c1e-7d0b-5b3c-9f43-0a2b8f6d7c11")


class LastPoolWake(NamedTuple):
    """The last wake of a pool: its due job, its time, and the wait until the same may be sent again."""

    due: DuePool
    at: float
    wait_s: float


class PoolWakeLimiter:
    """The last wake of each pool that had a due job at the last tick."""

    def __init__(self) -> None:
        self._sent: dict[str, LastPoolWake] = {}

    def choose_pools_to_wake(self, due: Sequence[DuePool], now: float) -> list[DuePool]:
        """Choose the pools to wake now from the worker pools with due jobs; return them, and note their wakes.

        A pool with the same due job as at its last wake waits for its backoff. `now` is seconds of any
        monotonic clock.
        """
        self._sent = {pool.pool: self._sent[pool.pool] for pool in due if pool.pool in self._sent}
        chosen = [pool for pool in due if self._may_wake_pool(pool, now)]
        for pool in chosen:
            self._sent[pool.pool] = LastPoolWake(pool, now, self._next_wake_backoff_s(pool))
        return chosen

    def _may_wake_pool(self, due: DuePool, now: float) -> bool:
        last = self._sent.get(due.pool)
        return last is None or last.due != due or now - last.at >= last.wait_s

    def _next_wake_backoff_s(self, due: DuePool) -> float:
        last = self._sent.get(due.pool)
        return (
            MIN_REPEATED_POOL_WAKE_BACKOFF_S
            if last is None or last.due != due
            else min(MAX_REPEATED_POOL_WAKE_BACKOFF_S, 2 * last.wait_s)
        )


async def send_pool_wakes(courier: WakeCourier, chosen: Sequence[DuePool]) -> None:
    """Send one wake to the workers of each pool. Its id is the pool's, so at most one is queued for a pool."""
    for due in chosen:
        await courier.send_or_queue_wake(WakeMessage(due.pool, due.kind, uuid5(_POOL_WAKE_ID_NAMESPACE, due.pool)))
