"""The times of tries: ten in about three days, none sooner than the receiver wants."""

from hypothesis import given
from hypothesis import strategies as st

from domain.webhooks.retries import wait_s

MINUTE, HOUR = 60, 3600

#: As partners are told them, in seconds.
WAITS_S = [
    5, 5 * MINUTE, 30 * MINUTE,
    2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
]  # fmt: skip

DRAWS = st.floats(0, 1, exclude_max=True)
TRIES = st.integers(1, len(WAITS_S))


@given(TRIES, DRAWS)
def test_a_wait_is_that_of_the_table_within_a_tenth(tries: int, draw: float) -> None:
    wait = wait_s(tries, asked_s=None, draw=draw)
    assert wait is not None
    assert abs(wait / WAITS_S[tries - 1] - 1) <= 0.1 + 1e-9


@given(TRIES, st.floats(0, 86_400), DRAWS)
def test_no_try_is_sooner_than_the_receiver_wants(tries: int, asked_s: float, draw: float) -> None:
    asked, own = wait_s(tries, asked_s=asked_s, draw=draw), wait_s(tries, asked_s=None, draw=draw)
    assert asked == max(asked_s, own or 0)


def test_there_are_ten_tries_within_76_hours() -> None:
    waits = [wait_s(tries, asked_s=None, draw=0.5) for tries in range(1, 11)]
    assert waits == [*WAITS_S, None]
    assert round(sum(WAITS_S) / HOUR) == 76
