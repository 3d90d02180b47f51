"""Boxes of an MP4 or QuickTime file (ISO/IEC 14496-12), checked before any decoder opens the file.

Only files as cameras write them pass: complete by the lengths of their boxes, with an index, with a picture
of a decodable size, and without a reference to another file.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from schemas.errors import ClipRefused

#: Types of a first box.
_FIRST_MP4_BOX_TYPES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
#: Maximum boxes to read: a camera's file has a hundred, an hour of fragments some thousands.
MAX_MP4_BOXES = 20_000
#: Maximum side and pixels of a picture: 4K, of which a decoder keeps up to 17 frames.
MAX_CLIP_SIDE_PX, MAX_CLIP_PIXELS = 4_096, 4_096 * 2_304
#: QuickTime boxes that reference other movies.
_LINKED_MOVIE_BOX_TYPES = frozenset({b"rmra", b"rmda", b"rdrf"})

_MP4_BOX_HEADER_FORMAT, _MP4_LARGE_SIZE_FORMAT = struct.Struct(">I4s"), struct.Struct(">Q")


class Mp4Box(NamedTuple):
    """A box's four-letter type, and the start and end of its body."""

    kind: bytes
    start: int
    end: int


class MinClipSideAndSeconds(NamedTuple):
    """Minimum measures of a clip: pixels of a side, and seconds if its duration is known."""

    side: int
    seconds: float


#: Minimum for a remix, and for a single frame.
MIN_REMIX_CLIP_SIDE_AND_SECONDS, MIN_POSTER_CLIP_SIDE_AND_SECONDS = (
    MinClipSideAndSeconds(240, 3),
    MinClipSideAndSeconds(1, 0),
)


class Mp4IndexFacts(NamedTuple):
    """Facts from a clip's index; `seconds` is 0 if it has no duration, as in fragments."""

    seconds: float
    has_sound: bool


def check_mp4_boxes(path: Path, least: MinClipSideAndSeconds) -> Mp4IndexFacts:
    """Check an MP4 or QuickTime file's boxes; return its duration and whether it has sound. Raises `ClipRefused`."""
    with path.open("rb") as file:
        return _Mp4BoxReader(file, file.seek(0, 2), least).check_mp4_and_read_clip_facts()


class _Mp4BoxReader:
    """A file and its length, with a count of the boxes read."""

    def __init__(self, file: IO[bytes], length: int, least: MinClipSideAndSeconds) -> None:
        self._file, self._length, self._least, self._read = file, length, least, 0

    def check_mp4_and_read_clip_facts(self) -> Mp4IndexFacts:
        if not self._length:
            raise ClipRefused("CLIP_EMPTY", "the clip has no bytes")
        if self._length < _MP4_BOX_HEADER_FORMAT.size or self._read_exact_bytes(4, 4) not in _FIRST_MP4_BOX_TYPES:
            raise ClipRefused("CLIP_TYPE", "the clip is neither MP4 nor MOV")
        top_level = [*self._boxes_within(0, self._length)]
        index = next((box for box in top_level if box.kind == b"moov"), None)
        if index is None:
            raise ClipRefused("CLIP_TRUNCATED", "the clip has no index: it was cut off, export it again")
        return self._read_movie_index(index)

    def _read_movie_index(self, index: Mp4Box) -> Mp4IndexFacts:
        boxes = [*self._boxes_within(index.start, index.end)]
        if any(box.kind in _LINKED_MOVIE_BOX_TYPES for box in boxes):
            raise _refusal_of_clip_naming_other_files()
        tracks = [(self._read_track_type(box), box) for box in boxes if box.kind == b"trak"]
        pictures = [box for kind, box in tracks if kind == b"vide"]
        if not pictures:
            raise ClipRefused("CLIP_NO_PICTURE", "the clip has no picture in it")
        self._check_track_picture_sizes(pictures[0])
        seconds = self._read_track_seconds(pictures[0])
        if 0 < seconds < self._least.seconds:
            raise short_clip_refusal(seconds)
        return Mp4IndexFacts(seconds, any(kind == b"soun" for kind, _ in tracks))

    def _read_track_type(self, track: Mp4Box) -> bytes:
        """Return the type of a clip's track, empty if missing. Raises `ClipRefused` for references to other files.

        Tracks of all types are checked for such references.
        """
        for references in self._find_boxes_at_type_path(track, b"mdia", b"minf", b"dinf", b"dref"):
            # The version, the flags and the entry count come first. The last flag bit marks this file itself.
            entries = [*self._boxes_within(references.start + 8, references.end)]
            if any(not self._read_exact_bytes(entry.start + 3, 1)[0] & 1 for entry in entries):
                raise _refusal_of_clip_naming_other_files()
        return next(
            (
                self._read_exact_bytes(box.start + 8, 4)
                for box in self._find_boxes_at_type_path(track, b"mdia", b"hdlr")
            ),
            b"",
        )

    def _check_track_picture_sizes(self, track: Mp4Box) -> None:
        for described in self._find_boxes_at_type_path(track, b"mdia", b"minf", b"stbl", b"stsd"):
            for entry in self._boxes_within(described.start + 8, described.end):
                width, height = struct.unpack(">HH", self._read_exact_bytes(entry.start + 24, 4))
                check_clip_picture_size(width, height, self._least.side)

    def _read_track_seconds(self, track: Mp4Box) -> float:
        for header in self._find_boxes_at_type_path(track, b"mdia", b"mdhd"):
            is_long = self._read_exact_bytes(header.start, 1) == b"\1"
            shape, at = (">IQ", 20) if is_long else (">II", 12)
            scale, length = struct.unpack(shape, self._read_exact_bytes(header.start + at, struct.calcsize(shape)))
            return float(length / scale) if scale else 0.0
        return 0.0

    def _find_boxes_at_type_path(self, box: Mp4Box, *kinds: bytes) -> Iterator[Mp4Box]:
        """Yield the MP4 boxes at a path of nested types inside of a box; the box itself for an empty path."""
        if not kinds:
            yield box
            return
        for inner in self._boxes_within(box.start, box.end):
            if inner.kind == kinds[0]:
                yield from self._find_boxes_at_type_path(inner, *kinds[1:])

    def _boxes_within(self, first: int, end: int) -> Iterator[Mp4Box]:
        start = first
        while start + _MP4_BOX_HEADER_FORMAT.size <= end:
            self._read += 1
            if self._read > MAX_MP4_BOXES:
                raise ClipRefused("CLIP_UNREADABLE", f"the clip has more than {MAX_MP4_BOXES} boxes")
            size, kind = _MP4_BOX_HEADER_FORMAT.unpack(self._read_exact_bytes(start, 8))
            body = start + 8
            if size == 1:
                size, body = *_MP4_LARGE_SIZE_FORMAT.unpack(self._read_exact_bytes(body, 8)), body + 8
            elif size == 0:
                # QuickTime ends some lists with four zero bytes; elsewhere size 0 means up to the end of the
                # file.
                size = end - start
            if size < body - start or start + size > end:
                raise _overlong_box_refusal(is_top=first == 0)
            yield Mp4Box(kind, body, start + size)
            start += size

    def _read_exact_bytes(self, start: int, count: int) -> bytes:
        self._file.seek(start)
        data = self._file.read(count)
        if len(data) < count:
            raise ClipRefused("CLIP_TRUNCATED", "the clip ends within a box: export it again")
        return data


def _overlong_box_refusal(*, is_top: bool) -> ClipRefused:
    if is_top:
        return ClipRefused("CLIP_TRUNCATED", "the clip ends before its data do: export it again")
    return ClipRefused("CLIP_UNREADABLE", "the clip is damaged: its boxes don't fit into each other")


def check_clip_picture_size(width: int, height: int, least: int) -> None:
    """Raise `ClipRefused` for a clip's picture larger than 4K, or with a side below `least` pixels."""
    if max(width, height) > MAX_CLIP_SIDE_PX or width * height > MAX_CLIP_PIXELS:
        raise ClipRefused("CLIP_TOO_LARGE", f"the clip has {width} x {height} pixels: export it in 4K or less")
    if min(width, height) < least:
        raise ClipRefused("CLIP_TOO_SMALL", f"the clip has {width} x {height} pixels: {least} a side are needed")


def short_clip_refusal(seconds: float) -> ClipRefused:
    return ClipRefused(
        "CLIP_TOO_SHORT", f"the clip has {seconds:.1f} s: {MIN_REMIX_CLIP_SIDE_AND_SECONDS.seconds} are needed"
    )


def _refusal_of_clip_naming_other_files() -> ClipRefused:
    return ClipRefused("CLIP_UNSAFE", "the clip names other files: export it with all its data in it")
