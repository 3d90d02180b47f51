"""The contract of every place for media: one object for each token, written whole or not at all."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import obstore
from obstore.store import ObjectStore

if TYPE_CHECKING:
    from obstore import GetResult

#: Bytes that a reader gets at once.
CHUNK = 256 << 10

#: Behind the end of any file.
END = 1 << 62

AWAY = "the storage of media can't be reached: repeat the request"


class Store(ABC):
    """Every method raises `Unavailable`."""

    def __init__(self, place: ObjectStore) -> None:
        self._place = place

    @abstractmethod
    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        """Lasting once it returns, and until then nobody sees a part of it. Raises what `chunks` does.

        What a crash leaves of it, `delete` finds, or the bucket's own rule.
        """

    @abstractmethod
    def opened(self, token: str) -> AbstractAsyncContextManager[int]:
        """A descriptor to read it by, for a process that knows no storage."""

    @abstractmethod
    async def delete(self, token: str) -> None:
        """It, and whatever a crash left of its writing; all is well where there is nothing."""

    @abstractmethod
    def _reaching(self) -> AbstractContextManager[None]:
        """Makes the place's own errors an `Unavailable`."""

    @asynccontextmanager
    async def read(self, token: str, start: int = 0, end: int = END) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes from `start` up to, without, `end`, or as many as there are."""
        with self._reaching():
            found = await obstore.get_async(self._place, key(token), options={"range": (start, end)})
        yield self._pieces(found)

    async def _pieces(self, found: "GetResult") -> AsyncIterator[bytes]:
        """A stream that breaks must not look like a short file."""
        start, end = found.range
        left = end - start
        with self._reaching():
            async for chunk in found.stream(min_chunk_size=CHUNK):
                left -= len(chunk)
                yield chunk
            if left:
                raise EOFError


def key(token: str) -> str:
    """No folder gets too large to look at."""
    return f"{token[:2]}/{token}"
