"""Files on their way into the storage: told by their first bytes, measured as they pass, then looked into.

None is ever whole in memory.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from domain.media import sniff
from domain.media.ends import MOST_STEPS, End
from domain.media.files import File
from domain.media.probe import Found
from domain.media.probing import probe
from domain.media.store import Store
from schemas.errors import Invalid, Oversized

MIB = 1 << 20

#: Bytes of a file by its kind.
LARGEST = {"image": 30 * MIB, "video": 100 * MIB}


class Passing:
    """One of them, by its `head`: `sniff.HEAD` bytes, or all of it. `path` is what a refusal calls it.

    Raises `Invalid` for one that is not taken.
    """

    def __init__(self, head: bytes, *, path: str, name: str, declared: str = "") -> None:
        found = sniff.sniff(head)
        if found is None:
            raise Invalid(path, "is none of the types that are taken: jpeg, png, webp, mp4, mov")
        sniff.check(found, name=name, declared=declared, path=path)
        self.path, self.head, self.type = path, head, found
        self.size, self.hash = 0, hashlib.sha256()
        self.came, self._end = 0, End(found.mime)

    async def chunks(self, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The head and the rest up to the file's end, counted and hashed.

        What follows the end of a picture is read and dropped. Raises `Oversized` as soon as it is too much.
        """
        yield self._own(self.head)
        async for chunk in rest:
            if own := self._own(chunk):
                yield own

    def _own(self, chunk: bytes) -> bytes:
        self.came += len(chunk)
        largest, kind = LARGEST[self.type.kind], self.type.kind
        if self.came > largest:
            raise Oversized(f"{self.path}: a file of the kind {kind} may have at most {largest // MIB} MiB")
        own = chunk[: self._end.take(chunk)]
        if self._end.steps > MOST_STEPS:
            raise Invalid(self.path, "is a picture of too many parts: save it anew")
        self.size += len(own)
        self.hash.update(own)
        return own


class Seen(NamedTuple):
    """A stored file with what is in it; the bytes of its thumbnail, where there is one."""

    file: File
    thumbnail: bytes | None


async def look(store: Store, passed: Sequence[Passing], tokens: Sequence[str]) -> list[Seen]:
    """Files that were stored, each under its token, looked into. Raises `Invalid` as `probe`."""
    if not passed:
        return []
    pairs = [*zip(passed, tokens, strict=True)]
    found = await probe(store, [(token, file.type.mime) for file, token in pairs])
    return [Seen(_file(*pair, one), one.thumbnail) for pair, one in zip(pairs, found, strict=True)]


def _file(file: Passing, token: str, found: Found) -> File:
    return File(
        kind=file.type.kind,
        mime_type=file.type.mime,
        width=found.width,
        height=found.height,
        duration_ms=found.duration_ms,
        size_bytes=file.size,
        sha256=file.hash.digest(),
        token=token,
    )
