"""Every benchmark runs in a tiny size and returns sane figures; no test checks a time."""

import math

import pytest

from chaos.environment import BenchServersAndSettings
from tools.bench import suites
from tools.bench.figures import FIGURE_TARGETS, TINY_BENCHMARK_RUN_SIZE
from tools.bench.ledger.statements import TIMED_STATEMENTS

pytestmark = [pytest.mark.long, pytest.mark.first]

FIGURES = {
    "pickup": {"pickup_p50_ms", "pickup_p95_ms", "pickup_p99_ms"},
    "drain": {"drain_noop_x", "drain_write_x", "drain_mixed_x"},
    "live": {"live_x"},
    "busy": {"busy_slots", "busy_after_s", "idle_cpu_pct", "idle_redis_cmds_s"},
    "scaling": {"scaling_x"},
    "recovery": {"recovery_s", "lease_s"},
    "pull": {"pull_p50_ms"},
    "http": {"create_x", "poll_x"},
    "publish": {"post_late_p95_s", "post_late_at_once_p95_s", "post_late_beyond_quota_p95_s"},
    "speed": {"events_cpu_x", "events_single_x"},
    "latency": {"events_p99_x"},
    "counting": {"event_fold_lag_s"},
    "webhooks": {
        "webhook_drain_per_s", "webhook_p95_ms", "webhook_beside_p95_ms", "webhook_foreign_p95_ms",
        "webhook_many_p95_ms",
    },
}  # fmt: skip
#: Figures of `bench pages`, which is in no suite: it needs saved pages.
PAGE_CPU_FIGURES = {"page_cpu_p50_ms", "page_cpu_p95_ms"}
SUITES = {**suites.BENCHMARKS_OF_README_FIGURES, **suites.EVENT_BENCHMARKS, **suites.WEBHOOK_BENCHMARKS}


def test_each_figure_except_the_lease_has_one_suite_and_a_target() -> None:
    assert set(FIGURES) == set(SUITES)
    in_suites = {name for names in FIGURES.values() for name in names}
    assert in_suites | PAGE_CPU_FIGURES == {*FIGURE_TARGETS, "lease_s"}


#: A worker that loses its lease fails the run, so no other test may stall the machine: this one runs last.
@pytest.mark.chaos
@pytest.mark.parametrize("name", SUITES)
async def test_benchmark_returns_its_figures(environment: BenchServersAndSettings, name: str) -> None:
    said: list[str] = []
    result = await SUITES[name](environment, TINY_BENCHMARK_RUN_SIZE, said.append)
    assert set(result.figures) == FIGURES[name]
    assert all(math.isfinite(value) and value >= 0 for value in result.figures.values())
    assert said
    assert result.details


async def test_run_describes_its_machine(environment: BenchServersAndSettings) -> None:
    result = await suites.run_benchmark_suite(environment, {}, TINY_BENCHMARK_RUN_SIZE, lambda *_: None)
    assert set(result.details["machine"]) == {"cores", "load", "python", "postgresql", "redis"}


async def test_old_ledger_is_compared_with_an_empty_one(environment: BenchServersAndSettings) -> None:
    said: list[str] = []
    result = await suites.JOB_LEDGER_BENCHMARKS["ledger"](environment, TINY_BENCHMARK_RUN_SIZE, said.append)
    assert set(result.figures) == {*result.details["rows"], "newcomer_s"}
    assert {*TIMED_STATEMENTS} < {*said}
    assert all(math.isfinite(value) and value >= 0 for value in result.figures.values())
