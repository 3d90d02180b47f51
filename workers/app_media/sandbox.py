"""App media of a sandbox: the same file for the same address, without network access.

`https://example.test/{blocked,missing,not-media,too-large}` fail (docs/reference/sandbox.md).
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from urllib.parse import urlsplit
from zlib import crc32

from schemas.app_media import AppMediaKind
from schemas.errors import FetchBlocked, SourceError, SourceNotFound, TooLarge
from workers.app_media import sample_pictures

HOST = "example.test"
FAILING_PATHS: Mapping[str, type[SourceError]] = {
    "/blocked": FetchBlocked,
    "/missing": SourceNotFound,
    "/too-large": TooLarge,
}
SCREENS, FRAMES, FRAME_MS = 5, 36, 250
_IDENTITY_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_TIME_SCALE = 1000


def get_file(kind: AppMediaKind, url: str) -> bytes:
    """Return the sample file for an address, always the same, without a request. Raises a `SourceError`."""
    parts = urlsplit(url)
    if parts.hostname == HOST and (error := FAILING_PATHS.get(parts.path)):
        raise error(f"{HOST}{parts.path} is the sandbox's example of this failure")
    if parts.hostname == HOST and parts.path == "/not-media":
        return b"<!doctype html><title>No picture</title>"
    return FILES[kind](crc32(url.encode()))


@cache
def screenshot(number: int) -> bytes:
    """Return one of a few screenshots, by any number."""
    return sample_pictures.encode_png(sample_pictures.draw_screen(number))


@cache
def logo() -> bytes:
    return sample_pictures.encode_png(sample_pictures.draw_logo())


@cache
def end_card() -> bytes:
    return sample_pictures.encode_png(sample_pictures.draw_end_card())


@cache
def demo_video() -> bytes:
    return build_mov([*sample_pictures.draw_frames(FRAMES)], sample_pictures.FRAME, ms=FRAME_MS)


FILES: Mapping[AppMediaKind, Callable[[int], bytes]] = {
    "logo": lambda _: logo(),
    "screenshot": lambda number: screenshot(number % SCREENS),
    "demo_video": lambda _: demo_video(),
    "end_card": lambda _: end_card(),
}


def build_mov(frames: Sequence[bytes], size: tuple[int, int], *, ms: int) -> bytes:
    """Return a film that shows each frame for `ms` milliseconds."""
    head = _box(b"ftyp", b"qt  ", bytes(4), b"qt  ")
    length = ms * len(frames)
    mvhd = struct.pack(">IIIIIH10x", 0, 0, _TIME_SCALE, length, 1 << 16, 1 << 8)
    movie = _full_box(b"mvhd", mvhd, _IDENTITY_MATRIX, bytes(24), struct.pack(">I", 2))
    moov = _box(b"moov", movie, _track(frames, size, ms, first=len(head) + 8))
    return head + _box(b"mdat", *frames) + moov


def _track(frames: Sequence[bytes], size: tuple[int, int], ms: int, *, first: int) -> bytes:
    width, height = size
    length = ms * len(frames)
    shown = struct.pack(">II", width << 16, height << 16)
    tkhd = _box(b"tkhd", struct.pack(">IIIIII", 7, 0, 0, 1, 0, length), bytes(16), _IDENTITY_MATRIX, shown)
    mdhd = _full_box(b"mdhd", struct.pack(">IIIIHH", 0, 0, _TIME_SCALE, length, 0x55C4, 0))
    hdlr = _full_box(b"hdlr", b"mhlr", b"vide", bytes(12), b"\0")
    dref = _box(b"dinf", _full_box(b"dref", _uint32_one(), _box(b"url ", bytes((0, 0, 0, 1)))))
    minf = _box(b"minf", _full_box(b"vmhd", bytes(8)), dref, _sample_table(frames, size, ms, first))
    return _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf))


def _sample_table(frames: Sequence[bytes], size: tuple[int, int], ms: int, first: int) -> bytes:
    """Return the sample table: one chunk with all frames."""
    shape = struct.pack(">HHIIIH", *size, 72 << 16, 72 << 16, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    entry = _box(b"jpeg", bytes(6), struct.pack(">H", 1), bytes(16), shape)
    count, sizes = len(frames), [len(frame) for frame in frames]
    return _box(
        b"stbl",
        _full_box(b"stsd", _uint32_one(), entry),
        _full_box(b"stts", _uint32_one(), struct.pack(">II", count, ms)),
        _full_box(b"stsc", _uint32_one(), _uint32_one(), struct.pack(">I", count), _uint32_one()),
        _full_box(b"stsz", struct.pack(f">II{count}I", 0, count, *sizes)),
        _full_box(b"stco", _uint32_one(), struct.pack(">I", first)),
    )


def _uint32_one() -> bytes:
    return struct.pack(">I", 1)


def _box(name: bytes, *parts: bytes) -> bytes:
    """Return a box: length, name and content (ISO/IEC 14496-12, 4.2)."""
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + name + content


def _full_box(name: bytes, *parts: bytes) -> bytes:
    """Return a box with version 0 and no flags."""
    return _box(name, bytes(4), *parts)
