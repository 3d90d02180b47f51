"""Layout of the tree: guessable file names, short files and functions."""

import re
from importlib.metadata import distributions

import pytest

from jobs.kinds import KINDS
from tests.architecture.tree import contents, sources, text, tracked
from tests.deploy.forms import procfile

PACKAGES = set("api bench cli db domain generation jobs rehearsal schemas telemetry workers".split())
FOLDERS = PACKAGES | {".ci", "bin", "deploy", "docs", "tests"}
MAX_FUNCTION, MAX_FILE = 40, 300
LOOKS_AT_PLANS = re.compile(r"^from tests(\.plans import | import .*\bplans\b)", re.MULTILINE)


def test_top_level_folders_are_these() -> None:
    assert {path.parts[0] for path in tracked() if len(path.parts) > 1} == FOLDERS


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = [
        f"{path}:{function.line} {function.name} has {function.length} lines"
        for path in sources(".py")
        for function in contents(path).functions
        if function.length > MAX_FUNCTION
    ]
    assert too_long == []


def test_most_functions_are_much_shorter() -> None:
    product = [path for path in sources(".py") if path.parts[0] in PACKAGES]
    lengths = sorted(function.length for path in product for function in contents(path).functions)
    assert lengths[len(lengths) // 2] <= 7
    assert lengths[len(lengths) * 9 // 10] <= 20


def test_no_file_is_longer_than_can_be_read_at_a_sitting() -> None:
    counted = {path: len(text(path).splitlines()) for path in sources(".py", ".sql")}
    assert {path: lines for path, lines in counted.items() if lines > MAX_FILE} == {}


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "manager", "common", "misc"])
def test_no_file_is_a_drawer(name: str) -> None:
    assert [path for path in tracked() if name in {path.stem, *path.parts}] == []


def test_no_dependency_installs_a_folder_with_one_of_our_names() -> None:
    ours = PACKAGES | {"docs", "tests"}
    clashes = {
        (distribution.name, file.parts[0])
        for distribution in distributions()
        for file in distribution.files or []
        if file.parts[0] in ours and distribution.name != "tenantry"
    }
    assert clashes == set()


def test_the_procfile_has_a_line_for_each_pool_that_has_kinds() -> None:
    commands = procfile()
    pools = {name: command[3:] for name, command in commands.items() if "workers" in command}
    assert pools == {pool: [pool] for pool in {kind.pool for kind in KINDS.values()}}
    assert set(commands) - set(pools) == {"release", "web", "dispatcher"}


def test_whoever_looks_at_plans_has_a_new_database() -> None:
    """A database reused from another test has empty indexes, and so other plans."""
    looking = [path for path in sources(".py") if LOOKS_AT_PLANS.search(text(path))]
    assert [path for path in looking if "pytest.mark.fresh" not in text(path)] == []
    assert len(looking) > 10
