"""`tenantry rehearse`: a minute of faults loses no job, and broken workers are detected."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import pytest

from chaos.rehearsal.schedule import RehearsalFaultKind, schedule_rehearsal_faults
from tests.process_tree import alive, descendants
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.long, pytest.mark.timeout(600), pytest.mark.usefixtures("elsewhere")]

#: Seed of a schedule with a frozen worker as its first fault.
FREEZES = next(
    seed for seed in range(1000) if schedule_rehearsal_faults(seed, 3)[0].fault is RehearsalFaultKind.FREEZE_WORKER
)


@contextmanager
def rehearsing(*words: str, module: str = "cli") -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Run the command, and yield its process and its stderr."""
    with subprocess.Popen(
        [sys.executable, "-m", module, "rehearse", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "DATABASE_URL": "postgresql://me@127.0.0.1:1/mine", "TMPDIR": str(Path.cwd())},
    ) as process:  # fmt: skip
        assert process.stderr
        yield process, process.stderr


def test_a_minute_of_faults_loses_and_doubles_nothing() -> None:
    with rehearsing("--minutes", "1", "--json") as (process, _):
        out, stderr = process.communicate()
    report = msgspec.json.decode(out)
    assert process.returncode == 0, f"{out}\n{stderr}"
    assert report["accepted"] == report["completed"] + report["failed"] + report["canceled"] > 0
    assert (report["lost"], report["doubled"], report["open"]) == (0, 0, 0)
    assert {*report["faults"]} == {*RehearsalFaultKind}
    assert 0 < report["recoveryP50Seconds"] <= report["recoveryP95Seconds"]
    assert (report["died"], report["anomalies"], report["logs"]) == ([], [], None)
    assert f"seed {report['seed']}" in stderr


def test_broken_workers_are_detected_as_lost_or_doubled() -> None:
    with rehearsing("--minutes", "0.2", "--seed", "1", module="tests.chaos.rehearsal.broken") as (process, _):
        out, stderr = process.communicate()
    assert process.returncode == 1, f"{out}\n{stderr}"
    for what in ("lost", "doubled"):
        (row,) = (line.split() for line in out.splitlines() if line.split()[:1] == [what])
        assert int(row[1]) > 0
        assert f"{what}: job" in out
    logs = Path(out.partition("The logs are in ")[2].split()[0])
    assert (logs / "tests.chaos.rehearsal.broken_worker.log").exists()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_a_stop_with_a_frozen_worker_leaves_no_process(signum: signal.Signals) -> None:
    with rehearsing("--minutes", "10", "--seed", str(FREEZES)) as (process, stderr):
        read_until(stderr, RehearsalFaultKind.FREEZE_WORKER)
        started = descendants(process.pid)
        assert len(started) > 8  # PostgreSQL's processes, Valkey, four workers, two dispatchers
        process.send_signal(signum)
        out, _ = process.communicate()
    until(lambda: not any(map(alive, started)))
    if signum is signal.SIGKILL:
        assert process.returncode == -signum
    else:
        assert process.returncode == 130, out
        assert "accepted" in out
        assert f"--seed {FREEZES}" in out


def test_a_second_signal_does_not_wait_for_open_jobs() -> None:
    with rehearsing("--minutes", "10", "--json") as (process, stderr):
        for _ in range(2):
            read_until(stderr, ": load, ")
        # Two different signals: the kernel merges two equal ones.
        for signum in (signal.SIGTERM, signal.SIGINT):
            process.send_signal(signum)
        out, rest_of_stderr = process.communicate()
    assert process.returncode == 130, rest_of_stderr
    report = msgspec.json.decode(out)
    assert report["interrupted"]
    assert report["accepted"] == sum(report[way] for way in ("completed", "failed", "canceled", "open"))


def read_until(stderr: IO[str], words: str) -> None:
    assert any(words in line for line in stderr)
