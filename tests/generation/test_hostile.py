"""Hostile inputs: each gives its error code or a good picture, within 40 CPU seconds and 1 GiB."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from tests.generation.hostile import CASES, LONG, QUICK, Outcome


def made(folder: Path, cases: Sequence[str]) -> dict[str, Outcome]:
    """Run each case in a child, and return the outcomes."""
    command = [sys.executable, "-m", "tests.generation.hostile", str(folder), *cases]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    found = [msgspec.json.decode(line, type=Outcome) for line in ran.stdout.splitlines()]
    return {one.case: one for one in found}


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return made(tmp_path_factory.mktemp("hostile"), [*QUICK])


@pytest.mark.parametrize("case", QUICK)
def test_hostile_input_gives_its_code_or_a_good_picture(quick: dict[str, Outcome], case: str) -> None:
    agree(quick[case])


@pytest.mark.long
@pytest.mark.parametrize("case", LONG)
def test_large_hostile_input_gives_its_code_or_a_good_picture(tmp_path: Path, case: str) -> None:
    agree(made(tmp_path, [case])[case])


def agree(found: Outcome) -> None:
    case = CASES[found.case]
    assert found.code == case.code
    assert [fault for fault in found.faults if fault.partition(":")[0] not in case.faults] == []
    assert [one.partition(":")[0] for one in found.warnings] == ([case.warning] if case.warning else [])
