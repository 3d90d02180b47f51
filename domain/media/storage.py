"""Where media lies: `ASSETS_URL`, one object for each token, written whole or not at all."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import unquote

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from schemas.errors import SettingsInvalid, Unavailable

#: Bytes that wait in memory for the disk, and that a reader gets at once.
BUFFER, CHUNK = 1 << 20, 256 << 10

#: Behind the end of any file.
END = 1 << 62


class Store:
    """A folder; only `open_store` makes one. Every method raises `Unavailable`."""

    def __init__(self, place: LocalStore, folder: Path) -> None:
        self._place, self._folder = place, folder

    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        """Nobody sees a part of it; one that a crash leaves, `delete` finds. Raises what `chunks` does."""
        with _reaching():
            writer = obstore.open_writer_async(
                self._place, _path(token), buffer_size=BUFFER, max_concurrency=1
            )
        async for chunk in chunks:
            with _reaching():
                await writer.write(chunk)
        with _reaching():
            await writer.close()
            await asyncio.to_thread(_settle, self._folder / _path(token))

    @asynccontextmanager
    async def read(self, token: str, start: int = 0, end: int = END) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes from `start` up to, without, `end`, or as many as there are."""
        with _reaching():
            found = await obstore.get_async(self._place, _path(token), options={"range": (start, end)})
        yield found.stream(min_chunk_size=CHUNK)

    @contextmanager
    def opened(self, token: str) -> Iterator[int]:
        """A descriptor to read it by, for a process that knows no storage."""
        with _reaching():
            handle = os.open(self._folder / _path(token), os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield handle
        finally:
            os.close(handle)

    async def delete(self, token: str) -> None:
        """It, and whatever a crash left of its writing; all is well where there is nothing."""
        with _reaching():
            await asyncio.to_thread(_remove, self._folder / _path(token))


def open_store(assets_url: str) -> Store:
    """The folder of a URL that `schemas.settings` passed, made if need be. Raises `SettingsInvalid`."""
    path = assets_url.removeprefix("file:")
    folder = Path(unquote(path.removeprefix("//"))).absolute()
    try:
        place = from_url(folder.as_uri(), mkdir=True)
    except (OSError, BaseError) as error:
        raise SettingsInvalid(f"ASSETS_URL: {folder} is no folder that can be used, or made") from error
    assert isinstance(place, LocalStore)  # noqa: S101  What a file URL opens.
    return Store(place, folder)


def _path(token: str) -> str:
    """No folder gets too large to look at."""
    return f"{token[:2]}/{token}"


def _settle(file: Path) -> None:
    """Have it on the disk before a row says that it is there, and its name and its folder's too."""
    for path in (file, file.parent, file.parent.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(file: Path) -> None:
    for part in (file, *file.parent.glob(f"{file.name}#*")):
        part.unlink(missing_ok=True)


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except (OSError, BaseError) as error:
        raise Unavailable("the storage of media can't be reached: repeat the request") from error
