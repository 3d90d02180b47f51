"""A storage that fails at any write ends the attempt, and leaves no file without a scheduled deletion."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.pool import Conn, Pool
from domain.media import uploads
from domain.media.folder import Folder, open_folder
from generation.outputs import OutputFile
from schemas.errors import Unavailable
from tests.domain.conftest import project
from tests.domain.content import making
from tests.domain.project import Project
from tests.domain.publishing.post_scene import context
from workers.generation.rendering import RenderFailed
from workers.generation.storing import STORAGE_AWAY, store_all

__all__ = ["project"]

#: Two files with a thumbnail each.
WRITES = 4


class FailingStorage:
    """A storage that fails from one of its writes on."""

    def __init__(self, folder: Folder, good: int) -> None:
        self.folder, self.good = folder, good

    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        if not self.good:
            raise Unavailable
        self.good -= 1
        await self.folder.write(token, chunks)


def draw_output(folder: Path, number: int) -> OutputFile:
    name, small = f"{number}.jpg", f"{number}.small.jpg"
    for each in (name, small):
        (folder / each).write_bytes(each.encode())
    return OutputFile(
        name=name, thumbnail=small, mime_type="image/jpeg", width=4, height=5, size_bytes=len(name),
        sha256="0" * 64, shown=[],
    )  # fmt: skip


@pytest.mark.parametrize("good", range(WRITES))
async def test_a_storage_that_fails_midway_leaves_no_file(
    pool: Pool, conn: Conn, project: Project, tmp_path: Path, good: int
) -> None:
    await making.tell_brand(conn, project)
    claim = await making.begun(conn, project)
    store, made = open_folder(f"file://{tmp_path}/kept"), [draw_output(tmp_path, number) for number in (1, 2)]
    with pytest.raises(RenderFailed) as ended:
        await store_all(context(pool, claim), FailingStorage(store, good), tmp_path, made)  # type: ignore[arg-type]
    assert ended.value.outcome == STORAGE_AWAY
    assert await conn.fetchval("select count(*) from media_upload") == WRITES
    await conn.execute("update media_upload set started_at = now() - interval '2 days'")
    assert await uploads.prune(conn, store) == WRITES
    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []
