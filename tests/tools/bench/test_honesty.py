"""Figures: met or missed by their targets; a run with a lost or doubled job yields none."""

import pytest

from chaos import backlog, processes
from chaos.environment import BenchServersAndSettings
from chaos.tasks import NOOP_BENCH_KIND
from jobs import ledger
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Done, Failed, TaskOutcome
from schemas.errors import BenchmarkFailed
from tests import seeds
from tools.bench.figures import FIGURE_TARGETS


async def run_one(environment: BenchServersAndSettings, outcome: TaskOutcome) -> None:
    """Pull and settle one waiting job."""
    tenants = await backlog.reset_bench_database_with_tenants(environment.pool, tenants=1)
    await backlog.insert_waiting_jobs(environment.pool, NOOP_BENCH_KIND, tenants, count=1)
    async with environment.pool.acquire() as conn:
        claims = await seeds.claims(conn, NOOP_BENCH_KIND, free=1)
        await ledger.settle_job_attempts(conn, [AttemptSettlement(claim, outcome) for claim in claims])


async def test_only_a_job_completed_once_passes(environment: BenchServersAndSettings) -> None:
    await run_one(environment, Done())
    await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=1)
    await environment.pool.execute("insert into bench_effect select id, 1 from job")
    await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=1, effects=1)
    await environment.pool.execute("insert into bench_effect select id, 1 from job")
    with pytest.raises(BenchmarkFailed, match="lost or doubled"):
        await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=1, effects=1)
    await run_one(environment, Failed("FETCH_FAILED", "no"))
    with pytest.raises(BenchmarkFailed, match="lost or doubled"):
        await backlog.check_bench_jobs_neither_lost_nor_doubled(environment.pool, count=1)


async def test_error_of_a_dead_process_includes_the_end_of_its_log(environment: BenchServersAndSettings) -> None:
    with pytest.raises(BenchmarkFailed, match=r"No module named tools\.bench\.nothing"):
        await processes.run_module_and_read_json(environment, "tools.bench.nothing")


def test_target_is_a_minimum_or_a_maximum() -> None:
    assert FIGURE_TARGETS["drain_noop_x"].is_met(6.0, {})
    assert not FIGURE_TARGETS["drain_noop_x"].is_met(5.9, {})
    assert FIGURE_TARGETS["pickup_p50_ms"].is_met(2.0, {})
    assert not FIGURE_TARGETS["pickup_p50_ms"].is_met(2.1, {})


def test_recovery_counts_from_the_end_of_the_lease() -> None:
    assert FIGURE_TARGETS["recovery_s"].is_met(4.5, {"lease_s": 3.0})
    assert not FIGURE_TARGETS["recovery_s"].is_met(4.6, {"lease_s": 3.0})
