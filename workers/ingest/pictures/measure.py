"""Measure of an image: its type and size by its first bytes, not by declarations of its server or page.

Only numbers in headers are read, at most `MAX_STEPS` of them. Nothing is unpacked, so an image that would
unpack to gigabytes costs no more than any other. `drawing.py` measures drawings (SVG).
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: Segments of a JPEG and boxes of an AVIF; further ones are ignored.
MAX_STEPS = 200

#: Start of a frame with a size (ITU-T T.81, table B.1); 0xC4, 0xC8 and 0xCC are other things.
FRAME_CODES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: A marker, with any number of fill bytes before it.
MARKER = re.compile(rb"\xff++([^\xff])", re.DOTALL)
#: Markers without a length.
BARE_CODES = frozenset({0x01, *range(0xD0, 0xD8)})

DRAWING = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:svg|\?xml|!--|!doctype\s+svg)", re.IGNORECASE)
DRAWING_ROOT = re.compile(rb"<(?:\w+:)?svg[\s>]", re.IGNORECASE)


class Measured(NamedTuple):
    """An image's media type, and its size in pixels."""

    type: str
    width: int
    height: int


def measure(head: bytes) -> Measured | None:
    """Measure an image; None if it has no known type, or ends before its size."""
    reader = next((reader for sign, reader in READERS if sign.match(head)), None)
    return reader(head) if reader else None


def is_drawing(head: bytes) -> bool:
    """Return whether it may be an SVG, which has its size in a tag."""
    return bool(DRAWING.match(head)) and bool(DRAWING_ROOT.search(head))


def png(head: bytes) -> Measured | None:
    """Read width and height of IHDR, the first chunk (W3C PNG, 11.2.1)."""
    is_whole = len(head) >= 24 and head[12:16] == b"IHDR"
    return Measured("image/png", big(head, 16, 4), big(head, 20, 4)) if is_whole else None


def gif(head: bytes) -> Measured | None:
    """Read width and height of the logical screen (GIF89a, 18)."""
    return Measured("image/gif", little(head, 6, 2), little(head, 8, 2)) if len(head) >= 10 else None


def jpeg(head: bytes) -> Measured | None:
    """Read width and height of the first frame (ITU-T T.81, B.2.2)."""
    at = 2
    for _ in range(MAX_STEPS):
        match = MARKER.match(head, at)
        if match is None or len(head) < match.end() + 7:
            return None
        at, code = match.end() - 2, match[1][0]
        if code in FRAME_CODES:
            return Measured("image/jpeg", big(head, at + 7, 2), big(head, at + 5, 2))
        at += 2 if code in BARE_CODES else 2 + max(2, big(head, at + 2, 2))
    return None


def webp(head: bytes) -> Measured | None:
    """Read the size of a lossy, a lossless or an extended image (RFC 9649, 2.5 to 2.7)."""
    if len(head) < 30:
        return None
    kind = head[12:16]
    if kind == b"VP8X":
        return Measured("image/webp", little(head, 24, 3) + 1, little(head, 27, 3) + 1)
    if kind == b"VP8L" and head[20] == 0x2F:
        bits = little(head, 21, 4)
        return Measured("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return Measured("image/webp", little(head, 26, 2) & 0x3FFF, little(head, 28, 2) & 0x3FFF)
    return None


def ico(head: bytes) -> Measured | None:
    """Read the size of the largest image in an icon's directory, where 0 means 256."""
    directory_end = 6 + 16 * min(little(head, 4, 2), MAX_STEPS)
    entries = (head[at : at + 2] for at in range(6, directory_end, 16)) if len(head) >= directory_end else ()
    width, height = max(((entry[0] or 256, entry[1] or 256) for entry in entries), key=area, default=(0, 0))
    return Measured("image/x-icon", width, height) if width else None


def avif(head: bytes) -> Measured | None:
    """Read the largest size among the properties of its items (ISO/IEC 23008-12, 6.5.3): others are tiles."""
    sizes = [(big(head, at + 8, 4), big(head, at + 12, 4)) for at in boxes(head, b"ispe")]
    width, height = max(sizes, key=area, default=(0, 0))
    return Measured("image/avif", width, height) if width else None


def boxes(head: bytes, kind: bytes) -> Iterator[int]:
    """Yield positions of the names of a kind's whole boxes."""
    at = head.find(kind)
    for _ in range(MAX_STEPS):
        if at < 0 or len(head) < at + 16:
            return
        yield at
        at = head.find(kind, at + 4)


def area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def big(head: bytes, at: int, size: int) -> int:
    return int.from_bytes(head[at : at + size])


def little(head: bytes, at: int, size: int) -> int:
    return int.from_bytes(head[at : at + size], "little")


READERS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Measured | None]], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), png),
    (re.compile(rb"\xff\xd8\xff"), jpeg),
    (re.compile(rb"GIF8[79]a"), gif),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), webp),
    (re.compile(rb"\x00\x00\x01\x00"), ico),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), avif),
)
