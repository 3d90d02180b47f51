"""The second run of failed marked tests, over suites of one file each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import rerun

pytestmark = pytest.mark.timing

ROOT = Path(__file__).parents[1]
PASSES = "def test_passes(): pass\n"
FLAKY = """
import pathlib
def test_flaky():
    marker = pathlib.Path('ran')
    if not marker.exists():
        marker.touch()
        raise AssertionError('the machine stalled')
"""


def run(folder: Path, suite: str, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_suite.py").write_text(suite, encoding="utf-8")
    own = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", rerun.FLAKY_LOG: str(folder / "log")}
    command = [sys.executable, "-m", "tests.rerun", "-q", *more]
    environment = {**os.environ, **own}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_test_that_passes_alone_counts_and_is_printed_as_flaky(tmp_path: Path) -> None:
    ran = run(tmp_path, PASSES + FLAKY, "-p", "xdist", "-n", "2")
    assert ran.returncode == 0
    heading, _, text = ran.stdout.partition("==== FLAKY")[2].partition("\n")
    assert heading
    assert "test_suite.py::test_flaky" in text
    assert "the machine stalled" in text
    assert "test_flaky" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_run_without_tests_keeps_its_exit_code(tmp_path: Path) -> None:
    assert run(tmp_path, "").returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_file_that_cannot_be_imported_refuses_the_run(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    ran = run(tmp_path, FLAKY, "--continue-on-collection-errors", "-p", "xdist", "-n", "2")
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED
    assert "once more" not in ran.stdout


def test_tests_that_fail_twice_refuse_the_run_and_leave_the_rest_unrun(tmp_path: Path) -> None:
    many = "".join(f"def test_{number}(): raise AssertionError\n" for number in range(9))
    ran = run(tmp_path, PASSES + FLAKY + many)
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED
    assert ran.stdout.count("== once more, alone") == 1 + rerun.MAX_CONFIRMED_FAILURES
    assert "Failed twice: test_suite.py::test_0" in ran.stdout
    assert "test_suite.py::test_flaky" in ran.stdout.partition("==== FLAKY")[2]
