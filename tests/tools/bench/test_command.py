"""`tenantry bench`: the result on stdout, progress on stderr, and no leftover process after a stop."""

import os
import signal
import subprocess
import sys

import pytest

from chaos.environment import BenchServersAndSettings
from tests.cli.conftest import Tenantry, decoded
from tests.process_tree import alive, descendants
from tests.waiting import PATIENCE_S, until
from tools.bench import command
from tools.bench.figures import QUICK_BENCHMARK_RUN_SIZE, BenchmarkResult, BenchmarkRunSize, ProgressCallback

pytestmark = pytest.mark.long


async def measured(_: BenchServersAndSettings, __: BenchmarkRunSize, tell: ProgressCallback) -> BenchmarkResult:
    """Replace a measurement of minutes."""
    tell("round 1 of 1")
    return BenchmarkResult({"live_x": 1.25, "recovery_s": 3.4, "lease_s": 3.0}, {"live_jobs_s": {"ours": [5.0, 6.0]}})


@pytest.fixture
def on_servers_of_the_run(servers: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command use these servers instead of starting its own."""
    for name, url in zip(("DATABASE_URL", "REDIS_URL"), servers, strict=True):
        monkeypatch.setenv(name, url)


@pytest.fixture
def quick(on_servers_of_the_run: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for suite in ("JOB_BENCHMARKS", "HTTP_BENCHMARKS", "PUBLISH_BENCHMARKS", "BENCHMARKS_OF_README_FIGURES"):
        monkeypatch.setattr(command, suite, {"live": measured})


@pytest.mark.usefixtures("quick")
async def test_all_prints_only_figures(tenantry: Tenantry) -> None:
    result = await tenantry("bench", "all", "--json")
    assert decoded(result) == {"live_x": 1.25, "recovery_s": 3.4, "lease_s": 3.0}
    assert "live: round 1 of 1" in result.stderr


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("suite", ["jobs", "http", "publish"])
async def test_a_suite_prints_its_details(tenantry: Tenantry, suite: str) -> None:
    answer = decoded(await tenantry("bench", suite, "--json"))
    assert answer["live_x"] == 1.25
    assert answer["details"]["live_jobs_s"] == {"ours": [5.0, 6.0]}
    assert answer["details"]["machine"]["cores"] == os.cpu_count()


async def test_without_a_checkout_the_command_names_the_reason(
    tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel lacks `tools`."""
    for name in [name for name in sys.modules if name.startswith("tools.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tools", None)
    result = await tenantry("bench", "jobs")
    assert result.exit_code == 2
    assert "in a checkout of the repository only" in result.stderr


@pytest.mark.usefixtures("on_servers_of_the_run")
async def test_the_ledger_table_compares_old_and_empty(tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[BenchmarkRunSize] = []

    async def measure_nothing(
        _: BenchServersAndSettings, size: BenchmarkRunSize, __: ProgressCallback
    ) -> BenchmarkResult:
        sizes.append(size)
        rows = {"submit": {"empty_ms": 0.2, "old_ms": 0.4, "ratio": 2.0, "aim": 1.5}}
        return BenchmarkResult({"submit": 2.0}, {"rows": rows, "newcomer_s": {"p50": 0.1}})

    monkeypatch.setattr(command, "JOB_LEDGER_BENCHMARKS", {"ledger": measure_nothing})
    answer = decoded(await tenantry("bench", "ledger", "--ended", "7", "--json"))
    assert answer["submit"] == answer["details"]["rows"]["submit"]["ratio"] == 2.0
    lines = (await tenantry("bench", "ledger", "--quick")).stdout.splitlines()
    assert lines[1].split() == ["submit", "0.2", "0.4", "2", "x", "<=", "1.5", "x", "no"]
    assert [size.ledger_ended for size in sizes] == [7, QUICK_BENCHMARK_RUN_SIZE.ledger_ended]


@pytest.mark.usefixtures("elsewhere")
def test_an_interrupted_run_leaves_no_process() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "bench", "jobs"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    assert process.stderr.readline() == b"pickup: a job now and then\n"
    started = descendants(process.pid)
    assert len(started) > 4  # PostgreSQL's processes, Valkey, the dispatcher, a worker
    process.send_signal(signal.SIGINT)
    with process.stderr:
        assert process.wait(PATIENCE_S) == 130
        until(lambda: not any(map(alive, started)))
