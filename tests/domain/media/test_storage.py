"""Where media lies: written whole or not at all, read in parts, gone when told to."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.media.folder import BUFFER, open_folder
from domain.media.store import CHUNK, END, Store
from schemas.errors import SettingsInvalid, Unavailable
from tests.waiting import eventually

TOKEN = "Ab-_" * 10 + "xyz"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_folder((tmp_path / "deep" / "assets").as_uri())


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(store: Store, start: int = 0, end: int = END) -> bytes:
    async with store.read(TOKEN, start, end) as chunks:
        return b"".join([chunk async for chunk in chunks])


def paths(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def files(folder: Path) -> list[str]:
    return [path.name for path in paths(folder)]


@pytest.mark.parametrize("size", [1, BUFFER - 1, BUFFER, BUFFER + 1, 5 * BUFFER])
async def test_what_is_written_is_read(store: Store, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    await store.write(TOKEN, sent(*(content[at : at + 70_000] for at in range(0, size, 70_000))))
    assert await read(store) == content
    assert await read(store, size // 2) == content[size // 2 :]
    assert await read(store, 0, 1) == content[:1]
    assert await read(store, size // 3, size + 10) == content[size // 3 :]
    assert files(tmp_path) == [TOKEN]


async def test_it_is_read_in_pieces(store: Store) -> None:
    await store.write(TOKEN, sent(bytes(4 * CHUNK)))
    async with store.read(TOKEN) as chunks:
        assert [len(chunk) async for chunk in chunks] == [CHUNK] * 4


async def test_a_process_without_a_storage_reads_by_a_descriptor(store: Store) -> None:
    await store.write(TOKEN, sent(b"bread"))
    async with store.opened(TOKEN) as handle:
        assert os.read(handle, 100) == b"bread"


async def test_what_breaks_off_is_not_there(store: Store, tmp_path: Path) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(3 * BUFFER)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(TOKEN, breaking())
    with pytest.raises(Unavailable):
        await read(store)
    await eventually(lambda: nothing(tmp_path))


async def nothing(folder: Path) -> bool:
    return files(folder) == []


async def test_what_is_deleted_is_gone_with_what_a_crash_left(store: Store, tmp_path: Path) -> None:
    await store.write(TOKEN, sent(b"bread"))
    [file] = paths(tmp_path)
    file.with_name(f"{TOKEN}#1").write_bytes(b"half a br")
    other = "x" + TOKEN[1:]
    await store.write(other, sent(b"cake"))
    await store.delete(TOKEN)
    await store.delete(TOKEN)
    assert files(tmp_path) == [other]
    with pytest.raises(Unavailable):
        await read(store)


async def test_a_storage_that_is_away_is_no_fault_of_the_caller(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "assets"
    (folder / TOKEN[:2]).write_text("in the way")
    with pytest.raises(Unavailable):
        await store.write(TOKEN, sent(b"bread"))
    with pytest.raises(Unavailable):
        async with store.opened(TOKEN):
            pass


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_can_not_be_is_said_at_the_start(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsInvalid, match="ASSETS_URL"):
        open_folder((tmp_path / name).as_uri())


def test_a_relative_folder_is_below_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_folder("file:my%20assets")
    assert (tmp_path / "my assets").is_dir()
