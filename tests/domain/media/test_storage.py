"""Media storages: files are written whole or not at all, read in parts, and deleted."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.media.bucket import S3_UPLOAD_PART_BYTES
from domain.media.folder import FOLDER_WRITE_BUFFER_BYTES, open_folder_store
from domain.media.store import READ_TO_OBJECT_END_OFFSET, STORAGE_READ_CHUNK_BYTES, MediaStore
from schemas.errors import ServiceUnavailable, SettingsInvalid
from tests.s3.storages import ALL_STORAGES, BREAKABLE_STORAGES, FolderStorage, MediaStorage
from tests.waiting import eventually

TOKEN = "Ab-_" * 10 + "xyz"


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(store: MediaStore, start: int = 0, end: int = READ_TO_OBJECT_END_OFFSET) -> bytes:
    async with store.read(TOKEN, start, end) as chunks:
        return b"".join([chunk async for chunk in chunks])


@ALL_STORAGES
@pytest.mark.parametrize(
    "size",
    [
        1,
        FOLDER_WRITE_BUFFER_BYTES - 1,
        FOLDER_WRITE_BUFFER_BYTES,
        FOLDER_WRITE_BUFFER_BYTES + 1,
        S3_UPLOAD_PART_BYTES - 1,
        S3_UPLOAD_PART_BYTES,
        S3_UPLOAD_PART_BYTES + 1,
        3 * S3_UPLOAD_PART_BYTES + 7,
    ],
)
async def test_written_file_is_read(store: MediaStore, media_kept: MediaStorage, size: int) -> None:
    content = os.urandom(size)
    await store.write(TOKEN, sent(*(content[at : at + 70_000] for at in range(0, size, 70_000))))
    assert await read(store) == content
    assert await read(store, size // 2) == content[size // 2 :]
    assert await read(store, 0, 1) == content[:1]
    assert await read(store, size // 3, size + 10) == content[size // 3 :]
    assert media_kept.names() == [TOKEN]


@ALL_STORAGES
async def test_it_is_read_in_pieces(store: MediaStore) -> None:
    await store.write(TOKEN, sent(bytes(4 * STORAGE_READ_CHUNK_BYTES)))
    async with store.read(TOKEN) as chunks:
        sizes = [len(chunk) async for chunk in chunks]
    assert sum(sizes) == 4 * STORAGE_READ_CHUNK_BYTES
    assert all(STORAGE_READ_CHUNK_BYTES <= size < 2 * STORAGE_READ_CHUNK_BYTES for size in sizes[:-1])


@ALL_STORAGES
async def test_process_without_a_storage_reads_by_descriptor(store: MediaStore, media_kept: MediaStorage) -> None:
    await store.write(TOKEN, sent(b"bread"))
    async with store.open_object_file(TOKEN) as handle:
        assert os.read(handle, 100) == b"bread"
    assert media_kept.names() == [TOKEN]


@ALL_STORAGES
@pytest.mark.parametrize("size", [1, 3 * S3_UPLOAD_PART_BYTES])
async def test_interrupted_upload_is_absent(store: MediaStore, media_kept: MediaStorage, size: int) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(size)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(TOKEN, breaking())
    with pytest.raises(ServiceUnavailable):
        await read(store)
    await eventually(lambda: nothing(media_kept))


@ALL_STORAGES
async def test_canceled_upload_is_absent(store: MediaStore, media_kept: MediaStorage) -> None:
    under_way = asyncio.Event()

    async def pausing() -> AsyncIterator[bytes]:
        yield bytes(3 * S3_UPLOAD_PART_BYTES)
        under_way.set()
        await asyncio.Event().wait()

    writing = asyncio.create_task(store.write(TOKEN, pausing()))
    await under_way.wait()
    assert media_kept.names() != []
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await eventually(lambda: nothing(media_kept))


async def nothing(media_kept: MediaStorage) -> bool:
    return media_kept.names() == []


@ALL_STORAGES
async def test_deleted_file_is_absent(store: MediaStore, media_kept: MediaStorage) -> None:
    other = "x" + TOKEN[1:]
    for token in (TOKEN, other):
        await store.write(token, sent(b"bread"))
    await store.delete(TOKEN)
    await store.delete(TOKEN)
    assert media_kept.names() == [other]
    with pytest.raises(ServiceUnavailable):
        await read(store)


async def test_delete_removes_partial_files_of_a_crash(store: MediaStore, media_kept: MediaStorage) -> None:
    assert isinstance(media_kept, FolderStorage)
    await store.write(TOKEN, sent(b"bread"))
    [file] = media_kept.paths()
    file.with_name(f"{TOKEN}#1").write_bytes(b"half a br")
    await store.delete(TOKEN)
    assert media_kept.names() == []


@BREAKABLE_STORAGES
async def test_storage_that_is_away_is_no_fault_of_the_caller(store: MediaStore, media_kept: MediaStorage) -> None:
    with media_kept.away():
        with pytest.raises(ServiceUnavailable):
            await store.write(TOKEN, sent(b"bread"))
        with pytest.raises(ServiceUnavailable):
            await read(store)
        with pytest.raises(ServiceUnavailable):
            async with store.open_object_file(TOKEN):
                pass
        with pytest.raises(ServiceUnavailable):
            await store.delete(TOKEN)
    await store.write(TOKEN, sent(b"bread"))
    assert await read(store) == b"bread"


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_unusable_folder_is_reported_at_the_start(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsInvalid, match="ASSETS_URL"):
        open_folder_store((tmp_path / name).as_uri())


def test_a_relative_folder_is_below_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_folder_store("file:my%20assets")
    assert (tmp_path / "my assets").is_dir()
