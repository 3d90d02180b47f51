"""Wakes for pools with a due job that no worker pulls, as after a lost message."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID, uuid5

from jobs.courier import Courier
from jobs.ledger import Wake
from jobs.maintenance import Due

#: Backoff between two messages for a pool in seconds: the first wait, and the longest while the due job stays
#: the same (every worker is full, every tenant at its cap).
FIRST_S, MOST_S = 0.05, 1.0

_WAKE_IDS = UUID("6f1c2c1e-7d0b-5b3c-9f43-0a2b8f6d7c11")


class Sent(NamedTuple):
    """The last wake of a pool: its due job, its time, and the wait until the same may be sent again."""

    due: Due
    at: float
    wait_s: float


class WakeLimiter:
    """The last wake of each pool that had a due job at the last tick."""

    def __init__(self) -> None:
        self._sent: dict[str, Sent] = {}

    def choose(self, due: Sequence[Due], now: float) -> list[Due]:
        """Return the pools to wake now; `now` is seconds of any monotonic clock."""
        self._sent = {one.pool: self._sent[one.pool] for one in due if one.pool in self._sent}
        chosen = [one for one in due if self._is_time(one, now)]
        for one in chosen:
            self._sent[one.pool] = Sent(one, now, self._next_wait(one))
        return chosen

    def _is_time(self, due: Due, now: float) -> bool:
        sent = self._sent.get(due.pool)
        return sent is None or sent.due != due or now - sent.at >= sent.wait_s

    def _next_wait(self, due: Due) -> float:
        sent = self._sent.get(due.pool)
        return FIRST_S if sent is None or sent.due != due else min(MOST_S, 2 * sent.wait_s)


async def wake(courier: Courier, chosen: Sequence[Due]) -> None:
    """Send one wake for each pool. Its id is the pool's, so at most one message is queued."""
    for due in chosen:
        await courier.send(Wake(due.pool, due.kind, uuid5(_WAKE_IDS, due.pool)))
