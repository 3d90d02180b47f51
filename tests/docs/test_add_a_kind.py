"""docs/howto/add-a-kind.md: its blocks in a clone give a kind that a worker runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = "docs/howto/add-a-kind.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: Lint, imports, SQL style and the purge's test, over the files added by the page.
CHECK = """set -e
mine=$(git ls-files --modified --others --exclude-standard -- '*.py')
.venv/bin/python -m ruff check $mine
.venv/bin/python -m ruff format --check $mine
.venv/bin/lint-imports
tests="tests/architecture/test_sql.py tests/db/test_queries.py tests/workers/tasks/test_purging.py"
.venv/bin/python -m pytest -q $tests"""

pytestmark = [pytest.mark.long, pytest.mark.first]


def test_the_pages_blocks_give_a_running_kind(tmp_path: Path, servers: tuple[str, str]) -> None:
    """Run the clone's test with its own Redis, since it flushes it."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--shared", ROOT, clone], check=True)
    (clone / PAGE).write_text(page := (ROOT / PAGE).read_text("utf-8"), "utf-8")
    (clone / ".venv").symlink_to(sys.prefix)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("REDIS_", "PYTEST_"))}
    result = subprocess.run(
        ["bash"], input="set -eu\n" + "".join(BLOCK.findall(page)), cwd=clone,
        env=environment | {"DATABASE_URL": servers[0]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout
    assert "| `count_words` | default |" in (clone / "docs/reference/jobs.md").read_text("utf-8")
    # The added files pass the repository's own checks.
    check_result = subprocess.run(
        ["bash", "-c", CHECK], cwd=clone, env=environment | {"DATABASE_URL": servers[0]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert check_result.returncode == 0, check_result.stdout + check_result.stderr
