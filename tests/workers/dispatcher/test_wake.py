"""The dispatcher's wakes of a pool: at once, then with backoff while its due job stays the same."""

from itertools import pairwise
from uuid import UUID

from jobs.maintenance import Due
from schemas import ids
from workers.dispatcher.wake import FIRST_S, MOST_S, WakeLimiter

ROTOR = UUID(int=0)
TICK_S = 1 / 16


def due(pool: str = "ingest") -> Due:
    return Due(pool, "ingest_website", ids.new(), ROTOR)


def times(limiter: WakeLimiter, *shown: Due, seconds: float) -> list[float]:
    """Return the times of its wakes for `shown`, due at every tick."""
    ticks = [tick * TICK_S for tick in range(round(seconds / TICK_S))]
    return [now for now in ticks if limiter.choose(shown, now)]


def test_it_backs_off_while_nothing_moves() -> None:
    gaps = [later - earlier for earlier, later in pairwise(times(WakeLimiter(), due(), seconds=10))]
    assert gaps[0] <= 2 * FIRST_S + TICK_S
    assert gaps == sorted(gaps)
    assert MOST_S <= gaps[-1] <= MOST_S + TICK_S


def test_it_sends_at_every_tick_while_something_moves() -> None:
    limiter = WakeLimiter()
    assert all(limiter.choose([due()], tick * TICK_S) for tick in range(20))


def test_a_rotor_that_turns_is_a_move() -> None:
    limiter, shown = WakeLimiter(), due()
    times(limiter, shown, seconds=5)
    assert limiter.choose([shown._replace(rotor=ids.new())], 5.0)


def test_what_is_due_anew_is_sent_for_at_once() -> None:
    limiter, shown = WakeLimiter(), due()
    times(limiter, shown, seconds=5)
    assert limiter.choose([], 5.0) == []
    assert limiter.choose([shown], 5.01) == [shown]


def test_pools_dont_wait_for_each_other() -> None:
    limiter, stuck, fresh = WakeLimiter(), due(), due("publish")
    times(limiter, stuck, seconds=5)
    assert fresh in limiter.choose([stuck, fresh], 5.0)
