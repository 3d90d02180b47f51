"""The dispatcher's wakes of a pool: at once, then with backoff while its due job stays the same."""

from itertools import pairwise
from uuid import UUID

from jobs.maintenance import DuePool
from schemas import ids
from workers.dispatcher.wake import MAX_REPEATED_POOL_WAKE_BACKOFF_S, MIN_REPEATED_POOL_WAKE_BACKOFF_S, PoolWakeLimiter

ROTOR = UUID(int=0)
TICK_S = 1 / 16


def due(pool: str = "ingest") -> DuePool:
    return DuePool(pool, "ingest_website", ids.new_uuid7(), ROTOR)


def times(limiter: PoolWakeLimiter, *shown: DuePool, seconds: float) -> list[float]:
    """Return the times of its wakes for `shown`, due at every tick."""
    ticks = [tick * TICK_S for tick in range(round(seconds / TICK_S))]
    return [now for now in ticks if limiter.choose_pools_to_wake(shown, now)]


def test_it_backs_off_while_the_due_job_stays() -> None:
    gaps = [later - earlier for earlier, later in pairwise(times(PoolWakeLimiter(), due(), seconds=10))]
    assert gaps[0] <= 2 * MIN_REPEATED_POOL_WAKE_BACKOFF_S + TICK_S
    assert gaps == sorted(gaps)
    assert MAX_REPEATED_POOL_WAKE_BACKOFF_S <= gaps[-1] <= MAX_REPEATED_POOL_WAKE_BACKOFF_S + TICK_S


def test_it_sends_at_every_tick_while_the_due_job_changes() -> None:
    limiter = PoolWakeLimiter()
    assert all(limiter.choose_pools_to_wake([due()], tick * TICK_S) for tick in range(20))


def test_a_new_rotor_counts_as_a_change() -> None:
    limiter, shown = PoolWakeLimiter(), due()
    times(limiter, shown, seconds=5)
    assert limiter.choose_pools_to_wake([shown._replace(rotor=ids.new_uuid7())], 5.0)


def test_a_pool_due_again_gets_a_wake_at_once() -> None:
    limiter, shown = PoolWakeLimiter(), due()
    times(limiter, shown, seconds=5)
    assert limiter.choose_pools_to_wake([], 5.0) == []
    assert limiter.choose_pools_to_wake([shown], 5.01) == [shown]


def test_pools_dont_wait_for_each_other() -> None:
    limiter, stuck, fresh = PoolWakeLimiter(), due(), due("publish")
    times(limiter, stuck, seconds=5)
    assert fresh in limiter.choose_pools_to_wake([stuck, fresh], 5.0)
