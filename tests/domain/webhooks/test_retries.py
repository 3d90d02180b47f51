"""Times of delivery attempts: ten in about three days, none before the receiver's Retry-After."""

from hypothesis import given
from hypothesis import strategies as st

from domain.webhooks.retries import webhook_delivery_retry_wait_s

MINUTE, HOUR = 60, 3600

#: Waits in seconds, as documented for partners.
WAITS_S = [
    5, 5 * MINUTE, 30 * MINUTE,
    2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
]  # fmt: skip

DRAWS = st.floats(0, 1, exclude_max=True)
TRIES = st.integers(1, len(WAITS_S))


@given(TRIES, DRAWS)
def test_wait_is_within_a_tenth_of_the_table(tries: int, draw: float) -> None:
    wait = webhook_delivery_retry_wait_s(tries, asked_s=None, draw=draw)
    assert wait is not None
    assert abs(wait / WAITS_S[tries - 1] - 1) <= 0.1 + 1e-9


@given(TRIES, st.floats(0, 86_400), DRAWS)
def test_attempt_respects_retry_after(tries: int, asked_s: float, draw: float) -> None:
    asked, own = [webhook_delivery_retry_wait_s(tries, asked_s=at, draw=draw) for at in (asked_s, None)]
    assert asked == max(asked_s, own or 0)


def test_ten_attempts_within_76_hours() -> None:
    waits = [webhook_delivery_retry_wait_s(tries, asked_s=None, draw=0.5) for tries in range(1, 11)]
    assert waits == [*WAITS_S, None]
    assert round(sum(WAITS_S) / HOUR) == 76
