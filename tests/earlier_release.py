"""The release before the newest migration, from git's history: its processes, as an operator starts them."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from schemas.settings import Settings
from tests.process_tree import descendants, kill_all
from tests.servers import environment
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[1]

MIGRATIONS = ("db/migrations", "db/event_migrations")

NO_HISTORY = "this clone has no earlier release, which the test runs beside this one: git fetch --unshallow"


class EarlierRelease:
    """Files of an earlier commit in a folder, with the settings of its processes."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment(settings), "PYTHONPATH": str(folder)}

    def run(self, *words: str) -> str:
        """Run `python -m WORDS` to its end, and return its output."""
        command = [sys.executable, "-m", *words]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True,
            timeout=PATIENCE_S,
        ).stdout  # fmt: skip

    @contextlib.contextmanager
    def running(self, log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run `python -m WORDS` during the block."""
        with (
            log.open("wb") as output,
            subprocess.Popen(
                [sys.executable, "-m", *words], cwd=self.folder, env=self.environment, stdout=output, stderr=output
            ) as process,
        ):
            try:
                yield process
            finally:
                kill_all([process.pid, *descendants(process.pid)])


def extract_earlier_release(folder: Path) -> None:
    """Write the files of the newest commit that lacks some of today's migrations, and has no others, into a folder."""
    commit = find_earlier_release()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    folder.mkdir()
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive, check=True)


def find_earlier_release() -> str:
    """Return the commit. A test without it must fail, since nothing else shows that an upgrade loses nothing."""
    paths = sorted(str(path.relative_to(ROOT)) for place in MIGRATIONS for path in (ROOT / place).glob("*.sql"))
    today = dict(zip(paths, git("hash-object", *paths).split(), strict=True))
    for changed in git("log", "--format=%H %P", "--", *MIGRATIONS).splitlines():
        for commit in changed.split():
            there = read_migrations(commit)
            if there and there.items() < today.items():
                return commit
    raise AssertionError(NO_HISTORY)


def read_migrations(commit: str) -> dict[str, str]:
    """Return the hashes of a commit's migrations by path."""
    rows = (row.split() for row in git("ls-tree", "-r", commit, *MIGRATIONS).splitlines())
    return {path: blob for _, _, blob, path in rows}


def git(*words: str) -> str:
    ended = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{NO_HISTORY}\n{ended.stderr}"
    return ended.stdout
