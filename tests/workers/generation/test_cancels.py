"""A cancel ends work that a storage blocks, within one check; files stored so far are recorded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from db.pool import Conn, Pool
from domain.media import uploads
from domain.media.folder import Folder, open_folder
from schemas.errors import CancelRequested
from tests.domain.conftest import project
from tests.domain.content import making
from tests.domain.project import Project, cancel
from tests.domain.publishing.post_scene import context
from tests.waiting import PATIENCE_S
from workers.generation.folders import Folders
from workers.tasks.content_generate import PieceStudio, content_generate

__all__ = ["project"]


class BlockingStorage:
    """A storage that opens no file, and blocks its second write, until the caller cancels."""

    def __init__(self, folder: Folder) -> None:
        self.folder, self.writes = folder, 0
        self.holds, self.left = asyncio.Event(), asyncio.Event()

    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        self.writes += 1
        if self.writes == 2:
            await self._hold()
        await self.folder.write(token, chunks)

    @asynccontextmanager
    async def opened(self, _: str) -> AsyncIterator[int]:
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
    folder, work = open_folder(f"file://{tmp_path}/kept"), tmp_path / "work"
    work.mkdir()
    store = BlockingStorage(folder)
    studio = PieceStudio(store, Folders(work), "https://api.example", None)  # type: ignore[arg-type]
    async with asyncio.timeout(PATIENCE_S):
        running = asyncio.create_task(content_generate(context(pool, claim), studio=studio))
        await store.holds.wait()
        await cancel(pool, project, claim.id)
        with pytest.raises(CancelRequested):
            await running
    assert store.left.is_set()
    assert [*work.iterdir()] == []
    await conn.execute("update media_upload set started_at = now() - interval '2 days'")
    assert await uploads.prune(conn, folder) == (2 if stage == "finalizing" else 0)
    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []
