"""Interface of media storages: one object for each token, written whole or not at all."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import obstore
from obstore.store import ObjectStore

if TYPE_CHECKING:
    from obstore import GetResult

#: Bytes of one read.
STORAGE_READ_CHUNK_BYTES = 256 << 10

#: Offset after the end of any file.
READ_TO_OBJECT_END_OFFSET = 1 << 62

STORAGE_DOWN_MESSAGE = "the storage of media can't be reached: repeat the request"


class MediaStore(ABC):
    """Media storage. Every method raises `ServiceUnavailable` if the storage fails, or lacks an object to read."""

    def __init__(self, place: ObjectStore) -> None:
        self._place = place

    @abstractmethod
    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        """Write an object durably; no reader sees a part of it before. Raises every error of `chunks`.

        After a crash, `delete` removes its parts, or the bucket's lifecycle rule does.
        """

    @abstractmethod
    def open_object_file(self, token: str) -> AbstractAsyncContextManager[int]:
        """Yield a descriptor of the object for the block, for a process without access to the storage."""

    @abstractmethod
    async def delete(self, token: str) -> None:
        """Delete an object and any parts of it after a crash; does nothing if it is absent."""

    @abstractmethod
    def _convert_storage_errors(self) -> AbstractContextManager[None]:
        """Convert the storage's own errors to `ServiceUnavailable`."""

    @asynccontextmanager
    async def read(
        self, token: str, start: int = 0, end: int = READ_TO_OBJECT_END_OFFSET
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Yield an iterator over an object's bytes from `start` to before `end`, or to the object's end."""
        with self._convert_storage_errors():
            result = await obstore.get_async(self._place, storage_object_path(token), options={"range": (start, end)})
        yield self._stream_object_chunks(result)

    async def _stream_object_chunks(self, found: "GetResult") -> AsyncIterator[bytes]:
        """Yield the chunks of an object; a broken stream raises, so it never looks like a short file."""
        start, end = found.range
        remaining = end - start
        with self._convert_storage_errors():
            async for chunk in found.stream(min_chunk_size=STORAGE_READ_CHUNK_BYTES):
                remaining -= len(chunk)
                yield chunk
            if remaining:
                raise EOFError


def storage_object_path(token: str) -> str:
    """Return the path of a token's object in the media storage; the prefix keeps folders small."""
    return f"{token[:2]}/{token}"
