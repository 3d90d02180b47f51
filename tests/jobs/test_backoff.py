"""Backoff between two attempts."""

import pytest

from jobs.backoff import busy_server_backoff_s, full_jitter_backoff_s


@pytest.mark.parametrize(("attempt", "bound"), [(1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (11, 900), (10_000, 900)])
def test_the_bound_doubles_up_to_a_cap(attempt: int, bound: float) -> None:
    assert full_jitter_backoff_s(attempt, draw=1.0) == bound
    assert full_jitter_backoff_s(attempt, draw=0.0) == 0
    assert full_jitter_backoff_s(attempt, draw=0.5) == bound / 2


def test_a_busy_server_backs_off_up_to_a_minute() -> None:
    assert [busy_server_backoff_s(fence, 1) for fence in (1, 2, 3, 4, 5, 6, 900)] == [4, 8, 16, 32, 64, 64, 64]
    assert busy_server_backoff_s(3, 3) == 4, "failed attempts don't count as busy ones"
