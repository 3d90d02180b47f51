"""Small real pictures and films, and hostile ones, generated here: the repository needs no foreign files."""

import io
import random
import struct
import zlib
from itertools import product
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

from PIL import Image


def written(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the file of a picture; `kind` is Pillow's name of the format, `options` are Pillow's."""
    image.save(out := io.BytesIO(), kind, **options)
    return out.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (4, 3), *, orientation: int = 1) -> bytes:
    image = Image.new("RGB", size, "teal")
    exif = image.getexif()
    exif[0x0112] = orientation
    return written(image, kind, exif=exif)


def large(kind: str, mode: str = "RGB", *, side: int = 8192, **options: Any) -> bytes:
    """Return a blank picture of the largest size; `options` are Pillow's for saving it."""
    return written(Image.new(mode, (side, side), "teal"), kind, **options)


def grainy(kind: str) -> bytes:
    """Return a small noisy picture of some 100 KB: every part of it is needed."""
    grain = Image.frombytes("RGB", (200, 200), random.Random(1).randbytes(120_000))
    return written(grain, kind, quality=95)


def noted(note: bytes) -> bytes:
    """Return a small PNG with any bytes in a chunk of its own."""
    whole = picture()
    chunk = b"noTe" + note
    return whole[:-12] + struct.pack(">I", len(note)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[-12:]


def rescanned(times: int, *, side: int = 8192) -> bytes:
    """Return a small JPEG with many progressive scans: its reader decodes each of them."""
    whole = large("JPEG", "L", side=side, progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scan * times + whole[-2:]


def png_claiming(width: int, height: int) -> bytes:
    """Return a whole PNG of a few bytes that claims this many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def box(name: bytes, *parts: bytes) -> bytes:
    """Return a box: length, name and content (ISO/IEC 14496-12)."""
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + name + content


def full(name: bytes, *parts: bytes) -> bytes:
    """Return a box with version 0 and no flags."""
    return box(name, bytes(4), *parts)


#: Entry of a file with its own data.
_OWN_DATA = box(b"url ", bytes([0, 0, 0, 1]))
#: H.264, baseline.
_AVCC = bytes.fromhex("0142c00dffe1000967420d8c8d40501e90ca01000468ce3c80")

_UNTURNED = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_CLOCKWISE = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)


def film(
    *,
    brand: bytes = b"isom",
    size: tuple[int, int] = (64, 36),
    ms: int = 1500,
    turned: bool = False,
    handler: bytes = b"vide",
    more: bytes = b"",
    frames: int = 16,
    source: bytes = _OWN_DATA,
) -> bytes:
    """Return an unplayable film of one track with a length and a size; `more` comes before it.

    `source` is the entry that names the file of its data.
    """
    moov = box(b"moov", _mvhd(ms), _trak(size, ms, _CLOCKWISE if turned else _UNTURNED, handler, source))
    return box(b"ftyp", brand, bytes(4), brand) + more + moov + box(b"mdat", bytes(frames))


def nested(depth: int) -> bytes:
    """Return a film with its index nested in `depth` boxes."""
    inner = b""
    for _ in range(depth):
        inner = box(b"moov", inner)
    return box(b"ftyp", b"isom", bytes(4)) + inner


def tracks(count: int) -> bytes:
    """Return a film of many empty tracks: its reader would be busy for minutes."""
    track = box(b"trak", box(b"tkhd", bytes(84)))
    return box(b"ftyp", b"isom", bytes(4)) + box(b"moov", track * count)


def _mvhd(ms: int) -> bytes:
    rest = struct.pack(">IH10x", 1 << 16, 1 << 8) + _UNTURNED + bytes(24) + struct.pack(">I", 2)
    return full(b"mvhd", struct.pack(">IIII", 0, 0, 1000, ms), rest)


def _trak(size: tuple[int, int], ms: int, matrix: bytes, handler: bytes, source: bytes) -> bytes:
    width, height = size
    tkhd = box(
        b"tkhd",
        struct.pack(">IIIIII", 7, 0, 0, 1, 0, ms) + bytes(16) + matrix + struct.pack(">II", width << 16, height << 16),
    )
    mdhd = full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, ms, 0x55C4, 0))
    hdlr = full(b"hdlr", bytes(4), handler, bytes(12), b"\0")
    return box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, _minf(width, height, ms, source)))


def _minf(width: int, height: int, ms: int, source: bytes) -> bytes:
    shape = struct.pack(">HHIIIH", width, height, 72 << 16, 72 << 16, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    entry = box(b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), shape, box(b"avcC", _AVCC))
    one = struct.pack(">I", 1)
    stbl = box(
        b"stbl",
        full(b"stsd", one, entry),
        full(b"stts", one, one, struct.pack(">I", ms)),
        full(b"stsc", one, one, one, one),
        full(b"stsz", struct.pack(">II", 16, 1)),
        full(b"stco", one, struct.pack(">I", 40)),
    )
    dinf = box(b"dinf", full(b"dref", one, source))
    return box(b"minf", full(b"vmhd", bytes(8)), dinf, stbl)


def shut(folder: Path) -> None:
    """Make a media folder unwritable: its folders' names are taken by files."""
    for first in product(ascii_letters + digits + "-_", repeat=2):
        (folder / "".join(first)).touch()
