"""Storing of what a job has got: on record before its first byte, looked into, a drawing cleaned."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from domain.media import passing, sniff
from domain.media.files import File
from domain.media.passing import Passing, Taken
from domain.media.store import Store
from schemas.errors import Invalid, StorageAway, Unavailable

#: Puts a file of so many bytes at most on record, and returns its token.
Begin = Callable[[int], Awaitable[str]]

#: Seconds until a storage that was away is tried again: each try gets the file anew.
STORAGE_S = 20.0


class Storing:
    """Stores one file after the other; `tokens` are of all that was begun."""

    def __init__(self, store: Store, begin: Begin) -> None:
        self.store, self._begin = store, begin
        self.tokens: list[str] = []

    async def put(self, chunks: AsyncIterator[bytes], taken: Taken) -> tuple[Passing, str]:
        """A file as it comes, told by its first bytes. Raises `Invalid`, `Oversized`, `StorageAway`."""
        head = b""
        while len(head) < sniff.HEAD and (chunk := await anext(chunks, b"")):
            head += chunk
        file = Passing(head, path="file", name="", taken=taken)
        token = await self.begin(file.largest)
        with _reaching():
            await self.store.write(token, file.chunks(chunks))
        return file, token

    async def look(self, file: Passing, token: str) -> File:
        """The file with what is in it. Raises as `put`."""
        with _reaching():
            [seen] = await passing.look(self.store, [file], [token])
        return await passing.redrawn(seen.file, self._rewrite)

    async def look_all(self, stored: Sequence[tuple[Passing, str]]) -> dict[str, File]:
        """Files that are whole, by the tokens that they were stored under; broken ones are left out.

        One process looks into all of them, and another one where it has met a broken one.
        """
        left = [*stored]
        while left:
            try:
                with _reaching():
                    seen = await passing.look(self.store, *zip(*left, strict=True))
            except Invalid as error:
                del left[_number(error)]
            else:
                pairs = zip(left, seen, strict=True)
                return {token: await passing.redrawn(one.file, self._rewrite) for (_, token), one in pairs}
        return {}

    async def begin(self, at_most: int) -> str:
        token = await self._begin(at_most)
        self.tokens.append(token)
        return token

    async def _rewrite(self, data: bytes) -> str:
        token = await self.begin(len(data))
        with _reaching():
            await self.store.write(token, passing.whole(data))
        return token


@contextmanager
def _reaching() -> Iterator[None]:
    """Tells a storage that is away from a Postgres that is: that one has the job go on elsewhere at once."""
    try:
        yield
    except Unavailable as error:
        raise StorageAway(
            "the storage of media can't be reached: it is tried again", retry_after=STORAGE_S
        ) from error


def _number(error: Invalid) -> int:
    """Place of the file that a refusal names, as in `file[2]`."""
    path: str = error.details["issues"][0]["path"]
    return int(path.removeprefix("file[").removesuffix("]"))
