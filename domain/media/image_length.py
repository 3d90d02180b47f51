"""Length of pictures: finds the end of a picture's format while its bytes stream through.

Bytes after a picture's end don't belong to it: padding, or another file. A video has no such end: its boxes
may come in any order up to the last byte.
"""

import re
from collections.abc import Callable, Generator, Mapping
from typing import NamedTuple

#: Most steps of a picture, and of one chunk. A picture of 30 MiB takes ten thousand, and fifty in a chunk.
#: Each step takes a microsecond of the event loop.
MAX_PICTURE_WALK_STEPS, MAX_PICTURE_WALK_STEPS_PER_CHUNK = 20_000, 4_000


class PictureBytesSkipStep(NamedTuple):
    """Step of a picture walk: skip `size` bytes."""

    size: int


class PictureBytesReadStep(NamedTuple):
    """Step of a picture walk: read `size` bytes and send them to the walk."""

    size: int


class JpegMarkerStep(NamedTuple):
    """Step of a JPEG walk: skip to the next marker with a segment, and send its code to the walk."""


#: Walk through a picture: yields its next step, and returns at the picture's end.
PictureFormatWalk = Generator[PictureBytesSkipStep | PictureBytesReadStep | JpegMarkerStep, bytes, None]

_JPEG_SEGMENT_MARKER_PATTERN = re.compile(rb"\xff[^\xff\x00\x01\xd0-\xd8]")
_JPEG_END_OF_IMAGE_CODE = 0xD9


def walk_png_to_end() -> PictureFormatWalk:
    """Yield the steps through a PNG to its end: a signature, then chunks up to IEND (RFC 2083, 3.2)."""
    yield PictureBytesSkipStep(8)
    kind = b""
    while kind != b"IEND":
        head = yield PictureBytesReadStep(8)
        kind = head[4:]
        yield PictureBytesSkipStep(int.from_bytes(head[:4]) + 4)


def walk_jpeg_to_end() -> PictureFormatWalk:
    """Yield the steps through a JPEG to its end: markers up to EOI (ITU-T T.81, B.1.1).

    A segment is skipped whole, with any thumbnail in it.
    """
    yield PictureBytesSkipStep(2)
    while True:
        code = yield JpegMarkerStep()
        if code[0] == _JPEG_END_OF_IMAGE_CODE:
            return
        length = yield PictureBytesReadStep(2)
        yield PictureBytesSkipStep(max(0, int.from_bytes(length) - 2))


def walk_webp_to_end() -> PictureFormatWalk:
    """Yield the steps through a WebP to its end: one RIFF chunk with its length; an odd length is padded by a byte."""
    head = yield PictureBytesReadStep(12)
    size = int.from_bytes(head[4:8], "little")
    yield PictureBytesSkipStep(size + size % 2 - 4)


PICTURE_END_WALK_BY_MIME_TYPE: Mapping[str, Callable[[], PictureFormatWalk]] = {
    "image/png": walk_png_to_end,
    "image/jpeg": walk_jpeg_to_end,
    "image/webp": walk_webp_to_end,
}


class PictureEndFinder:
    """Finder of the end of one picture while its bytes stream through."""

    def __init__(self, mime: str) -> None:
        self._walk = PICTURE_END_WALK_BY_MIME_TYPE[mime]() if mime in PICTURE_END_WALK_BY_MIME_TYPE else None
        self._step: PictureBytesSkipStep | PictureBytesReadStep | JpegMarkerStep | None = (
            next(self._walk) if self._walk else None
        )
        self._left = self._byte_count_of_step()
        self._read = b""
        self.steps = 0
        #: True after more steps than a picture may take.
        self.has_too_many_steps = False

    def count_picture_bytes(self, chunk: bytes) -> int:
        """Take the next chunk of a streamed file; return how many of its leading bytes belong to the file.

        Returns 0 after a picture's end, the whole length for a video. Stops at too many steps (`has_too_many_steps`).
        """
        if self._walk is None:
            return len(chunk)
        at, max_steps = 0, min(MAX_PICTURE_WALK_STEPS, self.steps + MAX_PICTURE_WALK_STEPS_PER_CHUNK)
        while at < len(chunk) and self._step is not None:
            if self.steps > max_steps:
                self.has_too_many_steps = True
                return at
            at = (
                self._find_next_jpeg_marker(chunk, at)
                if isinstance(self._step, JpegMarkerStep)
                else self._consume_step_bytes(chunk, at)
            )
        return at

    def _find_next_jpeg_marker(self, chunk: bytes, at: int) -> int:
        before = self._read  # 0xFF if the last chunk ended with it.
        match = _JPEG_SEGMENT_MARKER_PATTERN.search(before + chunk if before else chunk, at)
        if match is None:
            self._read = b"\xff" if chunk.endswith(b"\xff") else b""
            return len(chunk)
        self._read = match[0][1:]
        self._advance_to_next_step()
        return match.end() - len(before)

    def _consume_step_bytes(self, chunk: bytes, at: int) -> int:
        piece = chunk[at : at + self._left]
        self._left -= len(piece)
        if isinstance(self._step, PictureBytesReadStep):
            self._read += piece
        if self._left <= 0:
            self._advance_to_next_step()
        return at + len(piece)

    def _advance_to_next_step(self) -> None:
        """Advance to the next step of at least one byte in a picture's format; set None at the picture's end."""
        assert self._walk is not None  # noqa: S101  Only a walk has steps.
        read, self._read = self._read, b""
        self.steps += 1
        try:
            self._step = self._walk.send(read)
        except StopIteration:
            self._step = None
        self._left = self._byte_count_of_step()
        if self._left <= 0 and isinstance(self._step, PictureBytesSkipStep):
            self._advance_to_next_step()

    def _byte_count_of_step(self) -> int:
        return self._step.size if isinstance(self._step, PictureBytesSkipStep | PictureBytesReadStep) else 0
