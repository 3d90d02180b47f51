"""Temporary folders of pieces: each worker has one, and a starting worker deletes those of dead workers."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class RenderWorkerTempFolder:
    """The worker's folder, with a subfolder for each piece during its generation."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def create_piece_folder(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.path, ignore_cleanup_errors=True) as folder:
            yield Path(folder)


@contextmanager
def create_render_worker_temp_folder() -> Iterator[RenderWorkerTempFolder]:
    """Create and yield this worker's temporary folder for generated pieces. Delete it after the block.

    It is locked while the process lives: a starting worker first deletes the folders that aren't locked.
    """
    shared = Path(tempfile.gettempdir(), f"tenantry-generate-{os.getuid()}")
    shared.mkdir(mode=0o700, exist_ok=True)
    with _open_folder_to_lock(shared) as handle:
        # Without this lock another starting worker would delete a new folder that isn't locked yet.
        fcntl.flock(handle, fcntl.LOCK_EX)
        _delete_folders_of_dead_workers(shared)
        folder = Path(tempfile.mkdtemp(dir=shared))
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield RenderWorkerTempFolder(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextmanager
def _open_folder_to_lock(folder: Path) -> Iterator[int]:
    """Yield a descriptor of the folder. Its close after the block ends a lock."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _delete_folders_of_dead_workers(shared: Path) -> None:
    for folder in shared.iterdir():
        with _open_folder_to_lock(folder) as handle, suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
