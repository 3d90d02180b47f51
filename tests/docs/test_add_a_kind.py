"""docs/howto/add-a-kind.md, followed word by word in a clone, comes to a kind that a worker runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = "docs/howto/add-a-kind.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: Lint, imports, the style of SQL and what a purge leaves, over what the page has added.
CHECK = """set -e
mine=$(git ls-files --modified --others --exclude-standard -- '*.py')
.venv/bin/python -m ruff check $mine
.venv/bin/python -m ruff format --check $mine
.venv/bin/lint-imports
tests="tests/architecture/test_sql.py tests/db/test_queries.py tests/workers/tasks/test_purging.py"
.venv/bin/python -m pytest -q $tests"""

pytestmark = [pytest.mark.long, pytest.mark.first]


def test_the_page_leads_to_a_running_kind(tmp_path: Path, servers: tuple[str, str]) -> None:
    """The clone's test has a Redis of its own, since it empties what it gets."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--shared", ROOT, clone], check=True)
    (clone / PAGE).write_text(page := (ROOT / PAGE).read_text("utf-8"), "utf-8")
    (clone / ".venv").symlink_to(sys.prefix)
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("REDIS_", "PYTEST_"))}
    done = subprocess.run(
        ["bash"], input="set -eu\n" + "".join(BLOCK.findall(page)), cwd=clone,
        env=mine | {"DATABASE_URL": servers[0]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "| `count_words` | default |" in (clone / "docs/reference/jobs.md").read_text("utf-8")
    # What the page adds is of the repository's own kind.
    checked = subprocess.run(
        ["bash", "-c", CHECK], cwd=clone, env=mine | {"DATABASE_URL": servers[0]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
