"""Media storage in a local or shared folder."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import unquote

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from domain.media.store import STORAGE_DOWN_MESSAGE, MediaStore, storage_object_path
from schemas.errors import ServiceUnavailable, SettingsInvalid
from telemetry import costs

#: Bytes that wait in memory for the disk.
FOLDER_WRITE_BUFFER_BYTES = 1 << 20


class FolderStore(MediaStore):
    """Media storage in a folder, created by `open_folder_store`."""

    def __init__(self, place: LocalStore, folder: Path) -> None:
        super().__init__(place)
        self._folder = folder

    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        with self._convert_storage_errors():
            writer = obstore.open_writer_async(
                self._place, storage_object_path(token), buffer_size=FOLDER_WRITE_BUFFER_BYTES, max_concurrency=1
            )
        async for chunk in chunks:
            with self._convert_storage_errors():
                await writer.write(chunk)
        with self._convert_storage_errors():
            await writer.close()
            await costs.run_in_charged_thread(_sync_file_to_disk, self._folder / storage_object_path(token))

    @asynccontextmanager
    async def open_object_file(self, token: str) -> AsyncIterator[int]:
        with self._convert_storage_errors():
            handle = os.open(self._folder / storage_object_path(token), os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield handle
        finally:
            os.close(handle)

    async def delete(self, token: str) -> None:
        with self._convert_storage_errors():
            await costs.run_in_charged_thread(_delete_object_in_folder, self._folder / storage_object_path(token))

    @contextmanager
    def _convert_storage_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, BaseError) as error:
            raise ServiceUnavailable(STORAGE_DOWN_MESSAGE) from error


def open_folder_store(url: str) -> FolderStore:
    """Open the folder of `ASSETS_URL` as the media storage; create it if needed.

    Raises `SettingsInvalid` if it can't be used or created.
    """
    path = url.removeprefix("file:")
    folder = Path(unquote(path.removeprefix("//"))).absolute()
    try:
        place = LocalStore(folder, mkdir=True)
    except (OSError, BaseError) as error:
        raise SettingsInvalid(f"ASSETS_URL: {folder} can't be used or created") from error
    return FolderStore(place, folder)


def _sync_file_to_disk(file: Path) -> None:
    """Flush a stored file and its two folders to the disk, before a row refers to it."""
    for path in (file, file.parent, file.parent.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _delete_object_in_folder(file: Path) -> None:
    for part in (file, *file.parent.glob(f"{file.name}#*")):
        part.unlink(missing_ok=True)
