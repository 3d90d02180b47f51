"""Chore that exports queue depth and running jobs of each pool as Prometheus gauges."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from db.pool import Conn
from domain.operations import pools
from schemas.ops import Pool
from telemetry import metrics
from workers.dispatcher.chore import Chore

EVERY_S = 15.0

GAUGES: dict[Gauge, Callable[[Pool], float]] = {
    metrics.POOL_QUEUED: lambda pool: pool.queued,
    metrics.POOL_OLDEST: lambda pool: pool.oldest_due_seconds or 0,
    metrics.POOL_RUNNING: lambda pool: pool.running,
    metrics.POOL_CAPACITY: lambda pool: pool.capacity,
    metrics.POOL_DESIRED_WORKERS: lambda pool: pool.desired_workers,
    metrics.POOL_PAUSED: lambda pool: pool.paused,
}


def export_pools(slots: int) -> Chore:
    """Return the chore; `slots` is the assumed size of a worker in a pool without running workers."""

    async def run(conn: Conn) -> int:
        for pool in await pools.list_all(conn, slots=slots):
            for gauge, value in GAUGES.items():
                gauge.labels(pool.name).set(value(pool))
        return 0

    return Chore("show_pools", EVERY_S, run)


@contextmanager
def clear_gauges_after() -> Iterator[None]:
    """Clear the gauges when this process stops being the leader, so that no stale values are scraped."""
    try:
        yield
    finally:
        for gauge in GAUGES:
            gauge.clear()
