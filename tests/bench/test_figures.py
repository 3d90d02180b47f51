"""The arithmetic behind the figures."""

from bench.figures import TARGETS, ratio, spread


def test_percentiles_are_values_that_were_measured() -> None:
    assert spread([float(value) for value in range(1, 101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert spread([7.0]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0}


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    assert ratio([9.0, 100.0, 4.0], [3.0, 1.0, 2.0]) == 3.0


def test_a_target_is_a_least_or_a_most() -> None:
    assert TARGETS["drain_noop_x"].met(3.0, {})
    assert not TARGETS["drain_noop_x"].met(2.9, {})
    assert TARGETS["pickup_p50_ms"].met(3.0, {})
    assert not TARGETS["pickup_p50_ms"].met(3.1, {})


def test_recovery_is_counted_from_the_end_of_the_lease() -> None:
    assert TARGETS["recovery_s"].met(4.5, {"lease_s": 3.0})
    assert not TARGETS["recovery_s"].met(4.6, {"lease_s": 3.0})
