"""Chore that shows what waits and runs in each pool among the metrics, so that an alert can be about it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from db.pool import Conn
from domain.operations import pools
from schemas.ops import Pool
from telemetry import metrics
from workers.dispatcher.chore import Chore

EVERY_S = 15.0

SHOWN: dict[Gauge, Callable[[Pool], float]] = {
    metrics.POOL_QUEUED: lambda pool: pool.queued,
    metrics.POOL_OLDEST: lambda pool: pool.oldest_due_seconds or 0,
    metrics.POOL_RUNNING: lambda pool: pool.running,
    metrics.POOL_CAPACITY: lambda pool: pool.capacity,
    metrics.POOL_WANTED: lambda pool: pool.desired_workers,
    metrics.POOL_PAUSED: lambda pool: pool.paused,
}


def show_pools(slots: int) -> Chore:
    """The chore; `slots` is what a worker has where none runs to tell."""

    async def run(conn: Conn) -> int:
        for pool in await pools.list_all(conn, slots=slots):
            for gauge, value in SHOWN.items():
                gauge.labels(pool.name).set(value(pool))
        return 0

    return Chore("show_pools", EVERY_S, run)


@contextmanager
def shown_while_leading() -> Iterator[None]:
    """Once the block has ended nothing is shown: another one leads, and what this one knew is old."""
    try:
        yield
    finally:
        for gauge in SHOWN:
            gauge.clear()
