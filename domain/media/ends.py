"""Ends of pictures: how many bytes of a file belong to it, told while it passes.

What follows a picture's end is nobody's picture: padding, or another file. A film has no such end: its boxes
may come in any order up to the last byte.
"""

import re
from collections.abc import Callable, Generator, Mapping
from typing import NamedTuple

#: Steps that a picture may take, and in one piece as it comes. One of 30 MiB takes ten thousand, and fifty
#: in a piece. Each step takes a microsecond of the event loop.
MOST_STEPS, MOST_STEPS_AT_ONCE = 20_000, 4_000


class Skip(NamedTuple):
    """So many bytes that don't matter."""

    size: int


class Read(NamedTuple):
    """So many bytes that the walk has to see."""

    size: int


class Find(NamedTuple):
    """All up to and with the next marker that isn't alone, whose code the walk has to see."""


#: A walk through a picture: it asks for the next step, and ends where the picture does.
Walk = Generator[Skip | Read | Find, bytes, None]

_MARKER = re.compile(rb"\xff[^\xff\x00\x01\xd0-\xd8]")
_END_OF_IMAGE = 0xD9


def png() -> Walk:
    """A signature, then chunks up to IEND (RFC 2083, 3.2)."""
    yield Skip(8)
    kind = b""
    while kind != b"IEND":
        head = yield Read(8)
        kind = head[4:]
        yield Skip(int.from_bytes(head[:4]) + 4)


def jpeg() -> Walk:
    """Markers up to EOI (ITU-T T.81, B.1.1). One with a length is skipped whole, with a thumbnail in it."""
    yield Skip(2)
    while True:
        code = yield Find()
        if code[0] == _END_OF_IMAGE:
            return
        length = yield Read(2)
        yield Skip(max(0, int.from_bytes(length) - 2))


def webp() -> Walk:
    """One RIFF chunk, which says how long it is; odd ones have a byte more."""
    head = yield Read(12)
    size = int.from_bytes(head[4:8], "little")
    yield Skip(size + size % 2 - 4)


WALKS: Mapping[str, Callable[[], Walk]] = {"image/png": png, "image/jpeg": jpeg, "image/webp": webp}


class End:
    """The end of one file of the type, looked for in its bytes as they pass."""

    def __init__(self, mime: str) -> None:
        self._walk = WALKS[mime]() if mime in WALKS else None
        self._step: Skip | Read | Find | None = next(self._walk) if self._walk else None
        self._left = self._count()
        self._read = b""
        self.steps = 0
        #: True once it takes more steps than a picture may.
        self.is_cut_up = False

    def take(self, chunk: bytes) -> int:
        """The number of the chunk's bytes, from its start on, that belong to the file."""
        if self._walk is None:
            return len(chunk)
        at, most = 0, min(MOST_STEPS, self.steps + MOST_STEPS_AT_ONCE)
        while at < len(chunk) and self._step is not None:
            if self.steps > most:
                self.is_cut_up = True
                return at
            at = self._find(chunk, at) if isinstance(self._step, Find) else self._pass(chunk, at)
        return at

    def _find(self, chunk: bytes, at: int) -> int:
        before = self._read  # 0xFF, where the chunk before ended with it.
        found = _MARKER.search(before + chunk if before else chunk, at)
        if found is None:
            self._read = b"\xff" if chunk.endswith(b"\xff") else b""
            return len(chunk)
        self._read = found[0][1:]
        self._go_on()
        return found.end() - len(before)

    def _pass(self, chunk: bytes, at: int) -> int:
        piece = chunk[at : at + self._left]
        self._left -= len(piece)
        if isinstance(self._step, Read):
            self._read += piece
        if self._left <= 0:
            self._go_on()
        return at + len(piece)

    def _go_on(self) -> None:
        """The next step that asks for anything; None at the picture's end."""
        assert self._walk is not None  # noqa: S101  Only a walk has steps.
        read, self._read = self._read, b""
        self.steps += 1
        try:
            self._step = self._walk.send(read)
        except StopIteration:
            self._step = None
        self._left = self._count()
        if self._left <= 0 and isinstance(self._step, Skip):
            self._go_on()

    def _count(self) -> int:
        return self._step.size if isinstance(self._step, Skip | Read) else 0
