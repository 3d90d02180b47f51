"""Layout of the tree: guessable file names, short files."""

import ast
import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

from jobs.kinds import JOB_KINDS
from tests.architecture.tree import sources, text, tracked
from tests.deploy.forms import procfile

PACKAGES = set("api chaos cli db domain generation jobs platforms processes schemas telemetry tools workers".split())
FOLDERS = PACKAGES | {".ci", "bin", "deploy", "docs", "tests"}
MAX_FILE_LINES = 500
#: Packages whose `__init__.py` is a sign.
SIGNED = [path.parent for path in tracked() if path.name == "__init__.py" and path.parts[0] in PACKAGES]
SIGN_FILE = re.compile(r"`([\w./]+\.(?:py|js|sql))`")
PLAN_IMPORT = re.compile(r"^from tests(\.plans import | import .*\bplans\b)", re.MULTILINE)


def test_top_level_folders_are_these() -> None:
    assert {path.parts[0] for path in tracked() if len(path.parts) > 1} == FOLDERS


def test_no_file_is_longer_than_the_limit() -> None:
    line_counts = {path: len(text(path).splitlines()) for path in sources(".py", ".sql")}
    assert {path: count for path, count in line_counts.items() if count > MAX_FILE_LINES} == {}


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "manager", "common", "misc"])
def test_no_file_has_a_catch_all_name(name: str) -> None:
    assert [path for path in tracked() if name in {path.stem, *path.parts}] == []


@pytest.mark.parametrize("package", SIGNED, ids=str)
def test_package_has_a_sign_that_names_its_first_files(package: Path) -> None:
    """The sign names the entry and three files to read first, or all files of a smaller package."""
    names = set(SIGN_FILE.findall(ast.get_docstring(ast.parse(text(package / "__init__.py"))) or ""))
    assert {name for name in names if not {Path(name), package / name} & {*tracked()}} == set()
    modules = [path for path in sources(".py") if path.parent == package and path.name != "__init__.py"]
    assert len(names) >= min(3, len(modules))


def test_no_dependency_installs_a_folder_named_like_ours() -> None:
    folders = PACKAGES | {"docs", "tests", "tools"}
    clashes = {
        (distribution.name, file.parts[0])
        for distribution in distributions()
        for file in distribution.files or []
        if file.parts[0] in folders and distribution.name != "tenantry"
    }
    assert clashes == set()


def test_the_procfile_has_a_line_for_each_pool_that_has_kinds() -> None:
    commands = procfile()
    pools = {name: command[3:] for name, command in commands.items() if "workers" in command}
    assert pools == {pool: [pool] for pool in {kind.pool for kind in JOB_KINDS.values()}}
    assert set(commands) - set(pools) == {"release", "web", "dispatcher"}


def test_plan_tests_use_a_fresh_database() -> None:
    """Reject reused databases: their empty indexes lead to other plans."""
    plan_tests = [path for path in sources(".py") if PLAN_IMPORT.search(text(path))]
    assert [path for path in plan_tests if "pytest.mark.fresh" not in text(path)] == []
    assert len(plan_tests) > 10
