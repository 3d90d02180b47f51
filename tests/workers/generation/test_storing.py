"""Storage, folders, turns, warnings and cancels of pieces in the making.

A storage that fails at any write ends the attempt, and leaves no file without a scheduled deletion.
A cancel ends work that a storage blocks, within one check; files stored so far are recorded.
"""

import asyncio
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from db.pool import Conn, Pool
from domain.media import uploads
from domain.media.folder import FolderStore, open_folder_store
from generation.outputs import RenderedFile, warn_of_truncated_drawn_texts
from generation.spec import BrandSnapshot, PieceSpec
from schemas.errors import JobCancelRequested, ServiceUnavailable
from tests.domain.conftest import project
from tests.domain.content import making
from tests.domain.project import Project, cancel
from tests.domain.publishing.post_scene import context
from tests.waiting import PATIENCE_S
from workers.generation.child import render_requested_piece
from workers.generation.folders import RenderWorkerTempFolder, create_render_worker_temp_folder
from workers.generation.protocol import (
    CopyReadyReport,
    PieceInputHandles,
    PieceRequestToGenerationProcess,
    RenderProgressReport,
)
from workers.generation.rendering import RenderFailed
from workers.generation.storing import STORAGE_AWAY_RETRY, store_piece_files
from workers.tasks.content_generate import ContentGenerationResources, content_generate

__all__ = ["project"]

#: Two files with a thumbnail each.
WRITES = 4
HOLD = """
import sys
from workers.generation.folders import create_render_worker_temp_folder
with create_render_worker_temp_folder() as folders, folders.create_piece_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


class FailingStorage:
    """A storage that fails from one of its writes on."""

    def __init__(self, folder: FolderStore, good: int) -> None:
        self.folder, self.good = folder, good

    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        if not self.good:
            raise ServiceUnavailable
        self.good -= 1
        await self.folder.write(token, chunks)


def draw_output(folder: Path, number: int) -> RenderedFile:
    name, small = f"{number}.jpg", f"{number}.small.jpg"
    for each in (name, small):
        (folder / each).write_bytes(each.encode())
    return RenderedFile(
        name=name, thumbnail=small, mime_type="image/jpeg", width=4, height=5, size_bytes=len(name),
        sha256="0" * 64, shown=[],
    )  # fmt: skip


@pytest.mark.parametrize("good", range(WRITES))
async def test_a_storage_that_fails_midway_leaves_no_file(
    pool: Pool, conn: Conn, project: Project, tmp_path: Path, good: int
) -> None:
    await making.tell_brand(conn, project)
    claim = await making.begun(conn, project)
    store, made = (open_folder_store(f"file://{tmp_path}/kept"), [draw_output(tmp_path, number) for number in (1, 2)])
    with pytest.raises(RenderFailed) as ended:
        await store_piece_files(context(pool, claim), FailingStorage(store, good), tmp_path, made)  # type: ignore[arg-type]
    assert ended.value.outcome == STORAGE_AWAY_RETRY
    assert await conn.fetchval("select count(*) from media_upload") == WRITES
    await conn.execute("update media_upload set started_at = now() - interval '2 days'")
    assert await uploads.prune_stale_uploads(conn, store) == WRITES
    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []


class BlockingStorage:
    """A storage that opens no file, and blocks its second write, until the caller cancels."""

    def __init__(self, folder: FolderStore) -> None:
        self.folder, self.writes = folder, 0
        self.holds, self.left = asyncio.Event(), asyncio.Event()

    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        self.writes += 1
        if self.writes == 2:
            await self._hold()
        await self.folder.write(token, chunks)

    @asynccontextmanager
    async def open_object_file(self, _: str) -> AsyncIterator[int]:
        await self._hold()
        yield -1

    async def _hold(self) -> None:
        self.holds.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()


@pytest.mark.parametrize("stage", ["planning", "finalizing"])
async def test_a_cancel_ends_a_blocked_storage_call(
    pool: Pool, conn: Conn, project: Project, tmp_path: Path, stage: str
) -> None:
    await making.tell_brand(conn, project)
    claim = await making.begun(conn, project)
    if stage == "planning":
        given = """update content_generation set brief = jsonb_set(brief, '{files,logo}', '"a-logo"')"""
        await conn.execute(given)
    folder, work = open_folder_store(f"file://{tmp_path}/kept"), tmp_path / "work"
    work.mkdir()
    store = BlockingStorage(folder)
    studio = ContentGenerationResources(store, RenderWorkerTempFolder(work), "https://api.example", None)  # type: ignore[arg-type]
    async with asyncio.timeout(PATIENCE_S):
        running = asyncio.create_task(content_generate(context(pool, claim), studio=studio))
        await store.holds.wait()
        await cancel(pool, project, claim.id)
        with pytest.raises(JobCancelRequested):
            await running
    assert store.left.is_set()
    assert [*work.iterdir()] == []
    await conn.execute("update media_upload set started_at = now() - interval '2 days'")
    assert await uploads.prune_stale_uploads(conn, folder) == (2 if stage == "finalizing" else 0)
    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []


def test_a_dead_workers_folder_is_deleted_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={"TMPDIR": str(tmp_path)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdout
        left = Path(worker.stdout.readline().strip())
        with create_render_worker_temp_folder() as beside, beside.create_piece_folder() as mine:
            assert left.exists()
        assert not mine.exists()
        worker.kill()
        worker.wait()
        assert left.exists()
        with create_render_worker_temp_folder():
            assert not left.exists()


def logo(size: tuple[int, int]) -> int:
    """Return a descriptor of a picture in memory."""
    written = io.BytesIO()
    Image.new("RGB", size).save(written, "PNG")
    file = os.memfd_create("logo")
    os.write(file, written.getvalue())
    os.lseek(file, 0, os.SEEK_SET)
    return file


def test_each_cause_of_a_poor_piece_has_a_warning(tmp_path: Path) -> None:
    spec = PieceSpec(
        format="image", brand=BrandSnapshot(name="Tideline", keywords=["tides"]), seed="1", hook="Tide " * 400
    )
    handles = PieceInputHandles(logo=logo((20, 20)), screenshots=[], end_card=None, clip=None)
    planned, *drawn = render_requested_piece(
        PieceRequestToGenerationProcess(spec=spec, handles=handles, folder=str(tmp_path))
    )
    assert isinstance(planned, CopyReadyReport)
    files = [step.made for step in drawn if isinstance(step, RenderProgressReport) and step.made]
    told = [*planned.copy.warnings, *warn_of_truncated_drawn_texts(files)]
    assert [one.partition(":")[0] for one in told] == ["few_clauses", "logo_unused"]
