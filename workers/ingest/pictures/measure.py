"""Measure of an image: its type and size by its first bytes, not by declarations of its server or page.

Only numbers in headers are read, at most `MAX_HEADER_SEGMENTS_READ_PER_IMAGE` of them. Nothing is unpacked, so an image
that would unpack to gigabytes costs no more than any other. `drawing.py` measures drawings (SVG).
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: Segments of a JPEG and boxes of an AVIF; further ones are ignored.
MAX_HEADER_SEGMENTS_READ_PER_IMAGE = 200

#: Start of a frame with a size (ITU-T T.81, table B.1); 0xC4, 0xC8 and 0xCC are other things.
JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: A marker, with any number of fill bytes before it.
JPEG_MARKER_PATTERN = re.compile(rb"\xff++([^\xff])", re.DOTALL)
#: Markers without a length.
JPEG_MARKERS_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})

SVG_START_PATTERN = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:svg|\?xml|!--|!doctype\s+svg)", re.IGNORECASE)
SVG_ROOT_TAG_PATTERN = re.compile(rb"<(?:\w+:)?svg[\s>]", re.IGNORECASE)


class ImageTypeAndSize(NamedTuple):
    """An image's media type, and its size in pixels."""

    type: str
    width: int
    height: int


def measure_image_type_and_size(head: bytes) -> ImageTypeAndSize | None:
    """Return an image's type and size; None for an unknown type (SVG too), or if the bytes end before its size."""
    reader = next((reader for sign, reader in IMAGE_MEASURER_BY_FILE_SIGNATURE if sign.match(head)), None)
    return reader(head) if reader else None


def is_svg_file(head: bytes) -> bool:
    """Return whether a file's first bytes begin like an SVG and have its root tag."""
    return bool(SVG_START_PATTERN.match(head)) and bool(SVG_ROOT_TAG_PATTERN.search(head))


def measure_png(head: bytes) -> ImageTypeAndSize | None:
    """Return the size of a PNG from IHDR, its first chunk (W3C PNG, 11.2.1); None without a whole IHDR."""
    is_whole = len(head) >= 24 and head[12:16] == b"IHDR"
    return (
        ImageTypeAndSize("image/png", read_big_endian(head, 16, 4), read_big_endian(head, 20, 4)) if is_whole else None
    )


def measure_gif(head: bytes) -> ImageTypeAndSize | None:
    """Return the size of a GIF's logical screen (GIF89a, 18); None if the bytes end before it."""
    if len(head) >= 10:
        return ImageTypeAndSize("image/gif", read_little_endian(head, 6, 2), read_little_endian(head, 8, 2))
    return None


def measure_jpeg(head: bytes) -> ImageTypeAndSize | None:
    """Return the size of a JPEG's first frame (ITU-T T.81, B.2.2); None if the bytes have no frame."""
    at = 2
    for _ in range(MAX_HEADER_SEGMENTS_READ_PER_IMAGE):
        match = JPEG_MARKER_PATTERN.match(head, at)
        if match is None or len(head) < match.end() + 7:
            return None
        at, code = match.end() - 2, match[1][0]
        if code in JPEG_FRAME_MARKERS:
            return ImageTypeAndSize("image/jpeg", read_big_endian(head, at + 7, 2), read_big_endian(head, at + 5, 2))
        at += 2 if code in JPEG_MARKERS_WITHOUT_LENGTH else 2 + max(2, read_big_endian(head, at + 2, 2))
    return None


def measure_webp(head: bytes) -> ImageTypeAndSize | None:
    """Return the size of a lossy, lossless or extended WebP (RFC 9649, 2.5 to 2.7); None for any other form."""
    if len(head) < 30:
        return None
    kind = head[12:16]
    if kind == b"VP8X":
        return ImageTypeAndSize("image/webp", read_little_endian(head, 24, 3) + 1, read_little_endian(head, 27, 3) + 1)
    if kind == b"VP8L" and head[20] == 0x2F:
        bits = read_little_endian(head, 21, 4)
        return ImageTypeAndSize("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return ImageTypeAndSize(
            "image/webp", read_little_endian(head, 26, 2) & 0x3FFF, read_little_endian(head, 28, 2) & 0x3FFF
        )
    return None


def measure_ico(head: bytes) -> ImageTypeAndSize | None:
    """Return the size of the largest image in an ICO's directory, where 0 means 256; None without an image."""
    directory_end = 6 + 16 * min(read_little_endian(head, 4, 2), MAX_HEADER_SEGMENTS_READ_PER_IMAGE)
    entries = (head[at : at + 2] for at in range(6, directory_end, 16)) if len(head) >= directory_end else ()
    width, height = max(
        ((entry[0] or 256, entry[1] or 256) for entry in entries), key=compute_image_area, default=(0, 0)
    )
    return ImageTypeAndSize("image/x-icon", width, height) if width else None


def measure_avif(head: bytes) -> ImageTypeAndSize | None:
    """Return the largest size of an AVIF's items, None without one: others are tiles (ISO/IEC 23008-12, 6.5.3)."""
    sizes = [
        (read_big_endian(head, at + 8, 4), read_big_endian(head, at + 12, 4))
        for at in find_avif_box_offsets(head, b"ispe")
    ]
    width, height = max(sizes, key=compute_image_area, default=(0, 0))
    return ImageTypeAndSize("image/avif", width, height) if width else None


def find_avif_box_offsets(head: bytes, kind: bytes) -> Iterator[int]:
    """Yield the name offset of each box of type `kind` in an AVIF's first bytes; a box that is cut off ends it."""
    at = head.find(kind)
    for _ in range(MAX_HEADER_SEGMENTS_READ_PER_IMAGE):
        if at < 0 or len(head) < at + 16:
            return
        yield at
        at = head.find(kind, at + 4)


def compute_image_area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def read_big_endian(head: bytes, at: int, size: int) -> int:
    return int.from_bytes(head[at : at + size])


def read_little_endian(head: bytes, at: int, size: int) -> int:
    return int.from_bytes(head[at : at + size], "little")


IMAGE_MEASURER_BY_FILE_SIGNATURE: tuple[tuple[re.Pattern[bytes], Callable[[bytes], ImageTypeAndSize | None]], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), measure_png),
    (re.compile(rb"\xff\xd8\xff"), measure_jpeg),
    (re.compile(rb"GIF8[79]a"), measure_gif),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), measure_webp),
    (re.compile(rb"\x00\x00\x01\x00"), measure_ico),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), measure_avif),
)
