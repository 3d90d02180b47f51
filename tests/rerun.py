"""Runner for marked tests: `python -m tests.rerun PYTEST_ARGUMENT...` runs each failed test once more.

The second run has the machine to itself, in a pytest process of its own. A test that passes there counts as
passed and is printed under FLAKY with its first failure. A test that fails twice fails the run.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

#: Failures that the second run confirms before the rest is left unrun: the run is refused by then.
MAX_CONFIRMED_FAILURES = 3

#: Suffix that pytest-xdist adds to node ids: the name of the group, which is the file (tests/conftest.py).
GROUP_SUFFIX = re.compile(r"@tests/[\w/]+\.py$")

#: Environment variable with the path of a file, to which each flaky test is appended.
FLAKY_LOG = "TENANTRY_FLAKY_LOG"


class FailureRecorder:
    """A pytest plugin that keeps the first failure of each test, by node id."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}
        self.is_collected = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.is_collected = self.is_collected and not report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failures.setdefault(GROUP_SUFFIX.sub("", report.nodeid), report.longreprtext)


def main(*arguments: str) -> int:
    """Return pytest's exit code, or 0 if each failed test passed its second run."""
    recorder = FailureRecorder()
    code = pytest.main([*arguments], plugins=[recorder])
    if code != pytest.ExitCode.TESTS_FAILED or not recorder.failures or not recorder.is_collected:
        return int(code)
    flaky, confirmed = _run_again(recorder.failures)
    _print_flaky(flaky)
    if confirmed:
        print(f"\nFailed twice: {', '.join(confirmed)}", flush=True)  # noqa: T201
    return int(pytest.ExitCode.TESTS_FAILED) if confirmed else 0


def _run_again(failures: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the failures of tests that pass alone, and the node ids of those that fail again."""
    flaky: dict[str, str] = {}
    confirmed: list[str] = []
    for node_id, failure in failures.items():
        if len(confirmed) == MAX_CONFIRMED_FAILURES:
            break
        print(f"\n== once more, alone: {node_id}", flush=True)  # noqa: T201
        again = subprocess.run([sys.executable, "-m", "pytest", "-q", node_id], check=False)
        if again.returncode == 0:
            flaky[node_id] = failure
        else:
            confirmed.append(node_id)
    return flaky, confirmed


def _print_flaky(flaky: dict[str, str]) -> None:
    if not flaky:
        return
    text = "\n\n".join(f"{node_id}\n{failure}" for node_id, failure in flaky.items())
    print(f"\n==== FLAKY: failed with others, passed alone\n{text}", flush=True)  # noqa: T201
    if path := os.environ.get(FLAKY_LOG):
        with Path(path).open("a", encoding="utf-8") as log:
            log.write(f"{text}\n\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
