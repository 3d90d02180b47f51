"""What the tree looks like, so that a file is found by guessing and read at a sitting."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

import pytest

from jobs.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"api", "bench", "cli", "db", "domain", "jobs", "schemas", "telemetry", "workers"}
FOLDERS = PACKAGES | {".ci", "bin", "docs", "tests"}
MAX_FUNCTION, MAX_FILE = 40, 300


@cache
def tracked() -> list[Path]:
    """Every file that git has or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(line) for line in listed.splitlines() if (ROOT / line).is_file()]


def sources(*suffixes: str) -> list[Path]:
    return [path for path in tracked() if path.suffix in suffixes]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` on; decorators are a table, not code."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_top_level_folders_are_these() -> None:
    assert {path.parts[0] for path in tracked() if len(path.parts) > 1} == FOLDERS


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = [
        f"{path}:{function.lineno} {function.name} has {length(function)} lines"
        for path in sources(".py")
        for function in functions(path)
        if length(function) > MAX_FUNCTION
    ]
    assert too_long == []


def test_most_functions_are_much_shorter() -> None:
    product = [path for path in sources(".py") if path.parts[0] in PACKAGES]
    lengths = sorted(length(function) for path in product for function in functions(path))
    assert lengths[len(lengths) // 2] <= 7
    assert lengths[len(lengths) * 9 // 10] <= 20


def test_no_file_is_longer_than_can_be_read_at_a_sitting() -> None:
    counted = {path: len((ROOT / path).read_text().splitlines()) for path in sources(".py", ".sql")}
    assert {path: lines for path, lines in counted.items() if lines > MAX_FILE} == {}


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "manager", "common", "misc"])
def test_no_file_is_a_drawer(name: str) -> None:
    assert [path for path in tracked() if name in {path.stem, *path.parts}] == []


def test_no_dependency_installs_a_folder_with_one_of_our_names() -> None:
    ours = PACKAGES | {"tests"}
    clashes = {
        (distribution.name, file.parts[0])
        for distribution in distributions()
        for file in distribution.files or []
        if file.parts[0] in ours and distribution.name != "tenantry"
    }
    assert clashes == set()


def procfile() -> dict[str, list[str]]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.split() for name, _, command in (line.partition(":") for line in lines)}


def test_the_procfile_has_a_line_for_each_pool_that_has_kinds() -> None:
    commands = procfile()
    pools = {name: command[3:] for name, command in commands.items() if "workers" in command}
    assert pools == {pool: [pool] for pool in {kind.pool for kind in KINDS.values()}}
    assert set(commands) - set(pools) == {"release", "web", "dispatcher"}
