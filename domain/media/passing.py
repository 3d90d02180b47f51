"""Files on their way into the storage: told by their first bytes, measured as they pass, then looked into.

None is ever whole in memory.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from domain.media import sniff
from domain.media.ends import End
from domain.media.files import File
from domain.media.probe import Found
from domain.media.probing import probe
from domain.media.sniff import JPEG, MOV, MP4, PNG, SVG, WEBP, Type
from domain.media.store import Store
from schemas.errors import Invalid, Oversized

MIB = 1 << 20

#: Types that are taken, and how many bytes a file of each may have.
Taken: TypeAlias = Mapping[Type, int]

PICTURES, FILMS = (JPEG, PNG, WEBP), (MP4, MOV)
#: Those of content.
CONTENT: Taken = {**dict.fromkeys(PICTURES, 30 * MIB), **dict.fromkeys(FILMS, 100 * MIB)}


class Passing:
    """One of them, by its `head`: `sniff.HEAD` bytes, or all of it. `path` is what a refusal calls it.

    Raises `Invalid` for one that is not taken.
    """

    def __init__(
        self, head: bytes, *, path: str, name: str, declared: str = "", taken: Taken = CONTENT
    ) -> None:
        found = sniff.sniff(head)
        if found is None or found not in taken:
            raise Invalid(path, f"is none of the types that are taken: {', '.join(_names(taken))}")
        sniff.check(found, name=name, declared=declared, path=path)
        self.path, self.head, self.type, self.largest = path, head, found, taken[found]
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
        if self.came > self.largest:
            most, kind = self.largest // MIB, self.type.kind
            raise Oversized(f"{self.path}: a file of the kind {kind} may have at most {most} MiB")
        own = chunk[: self._end.take(chunk)]
        if self._end.is_cut_up:
            raise Invalid(self.path, "is a picture of too many parts: save it anew")
        self.size += len(own)
        self.hash.update(own)
        return own


async def whole(data: bytes) -> AsyncIterator[bytes]:
    """Bytes that are here already, as the storage takes them."""
    yield data


async def redrawn(file: File, write: Callable[[bytes], Awaitable[str]]) -> File:
    """A drawing's file once it is cleaned; `write` stores what is left, under a token of its own."""
    if file.drawing is None:
        return file
    data = file.drawing.encode()
    sha256 = hashlib.sha256(data).digest()
    return file._replace(token=await write(data), size_bytes=len(data), sha256=sha256, drawing=None)


def _names(taken: Taken) -> Sequence[str]:
    """As partners call them."""
    called = {JPEG: "jpeg", PNG: "png", WEBP: "webp", MP4: "mp4", MOV: "mov", SVG: "svg"}
    return [called[one] for one in taken]


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
        drawing=found.drawing,
    )
