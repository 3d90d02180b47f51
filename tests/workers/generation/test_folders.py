"""Folders of pieces: deleted with their block, and a dead worker's with the next start."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from workers.generation.folders import open_folders

HOLD = """
import sys
from workers.generation.folders import open_folders
with open_folders() as folders, folders.new() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_dead_workers_folder_is_deleted_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={"TMPDIR": str(tmp_path)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdout
        left = Path(worker.stdout.readline().strip())
        with open_folders() as beside, beside.new() as mine:
            assert left.exists()
        assert not mine.exists()
        worker.kill()
        worker.wait()
        assert left.exists()
        with open_folders():
            assert not left.exists()
