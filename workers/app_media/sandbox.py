"""App media of a sandbox: the same file for the same address, without network access.

`https://example.test/{blocked,missing,not-media,too-large}` fail (docs/reference/sandbox.md).
"""

import struct
from collections.abc import Mapping, Sequence
from functools import cache
from urllib.parse import urlsplit
from zlib import crc32

from schemas.app_media import AppMediaKind
from schemas.errors import FetchAddressNotAllowed, SourceError, SourceNotFound, SourceTooLarge
from workers.app_media import sample_pictures

SANDBOX_MEDIA_FAILURE_HOST = "example.test"
SANDBOX_APP_MEDIA_ERROR_BY_PATH: Mapping[str, type[SourceError]] = {
    "/blocked": FetchAddressNotAllowed,
    "/missing": SourceNotFound,
    "/too-large": SourceTooLarge,
}
SAMPLE_SCREEN_COUNT, SAMPLE_FILM_FRAME_COUNT, SAMPLE_FILM_FRAME_MS = 5, 36, 250
_MOV_IDENTITY_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_MOV_TIME_SCALE = 1000
_ONE_AS_U32 = struct.pack(">I", 1)


def get_sandbox_app_media_of_url(kind: AppMediaKind, url: str) -> bytes:
    """Return the sandbox's sample file for an address, without a request; raise a failure address's `SourceError`."""
    parts = urlsplit(url)
    if parts.hostname == SANDBOX_MEDIA_FAILURE_HOST and (error := SANDBOX_APP_MEDIA_ERROR_BY_PATH.get(parts.path)):
        raise error(f"{SANDBOX_MEDIA_FAILURE_HOST}{parts.path} is the sandbox's example of this failure")
    if parts.hostname == SANDBOX_MEDIA_FAILURE_HOST and parts.path == "/not-media":
        return b"<!doctype html><title>No picture</title>"
    varies = kind in {"screenshot", "photo"}
    return draw_sandbox_app_media_file(kind, crc32(url.encode()) % SAMPLE_SCREEN_COUNT if varies else 0)


@cache
def draw_sandbox_app_media_file(kind: AppMediaKind, number: int) -> bytes:
    """Return the cached bytes of the sample app's file of this kind; `number` chooses the screenshot or photo."""
    match kind:
        case "logo":
            return sample_pictures.encode_png(sample_pictures.draw_sandbox_app_logo())
        case "screenshot":
            return sample_pictures.encode_png(sample_pictures.draw_sandbox_app_phone_screen(number))
        case "photo":
            return sample_pictures.encode_jpeg(sample_pictures.draw_sandbox_photo(number))
        case "demo_video":
            return build_sandbox_mov(
                [*sample_pictures.draw_sandbox_app_film(SAMPLE_FILM_FRAME_COUNT)],
                sample_pictures.SAMPLE_FILM_FRAME_SIZE_PX,
                ms=SAMPLE_FILM_FRAME_MS,
            )
        case "end_card":
            return sample_pictures.encode_png(sample_pictures.draw_sandbox_app_end_card())


def build_sandbox_mov(frames: Sequence[bytes], size: tuple[int, int], *, ms: int) -> bytes:
    """Return a QuickTime film of JPEG `frames`. It shows each frame for `ms` milliseconds."""
    head = _build_sandbox_mov_box(b"ftyp", b"qt  ", bytes(4), b"qt  ")
    length = ms * len(frames)
    mvhd = struct.pack(">IIIIIH10x", 0, 0, _MOV_TIME_SCALE, length, 1 << 16, 1 << 8)
    movie = _build_mov_full_box(b"mvhd", mvhd, _MOV_IDENTITY_MATRIX, bytes(24), struct.pack(">I", 2))
    moov = _build_sandbox_mov_box(b"moov", movie, _build_sandbox_mov_track(frames, size, ms, first=len(head) + 8))
    return head + _build_sandbox_mov_box(b"mdat", *frames) + moov


def _build_sandbox_mov_track(frames: Sequence[bytes], size: tuple[int, int], ms: int, *, first: int) -> bytes:
    width, height = size
    length = ms * len(frames)
    shown = struct.pack(">II", width << 16, height << 16)
    tkhd = _build_sandbox_mov_box(
        b"tkhd", struct.pack(">IIIIII", 7, 0, 0, 1, 0, length), bytes(16), _MOV_IDENTITY_MATRIX, shown
    )
    mdhd = _build_mov_full_box(b"mdhd", struct.pack(">IIIIHH", 0, 0, _MOV_TIME_SCALE, length, 0x55C4, 0))
    hdlr = _build_mov_full_box(b"hdlr", b"mhlr", b"vide", bytes(12), b"\0")
    dref = _build_sandbox_mov_box(
        b"dinf", _build_mov_full_box(b"dref", _ONE_AS_U32, _build_sandbox_mov_box(b"url ", bytes((0, 0, 0, 1))))
    )
    minf = _build_sandbox_mov_box(
        b"minf", _build_mov_full_box(b"vmhd", bytes(8)), dref, _build_mov_sample_table(frames, size, ms, first)
    )
    return _build_sandbox_mov_box(b"trak", tkhd, _build_sandbox_mov_box(b"mdia", mdhd, hdlr, minf))


def _build_mov_sample_table(frames: Sequence[bytes], size: tuple[int, int], ms: int, first: int) -> bytes:
    """Return a QuickTime film's sample table (`stbl`): all JPEG frames are one chunk at the offset `first`."""
    shape = struct.pack(">HHIIIH", *size, 72 << 16, 72 << 16, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    entry = _build_sandbox_mov_box(b"jpeg", bytes(6), struct.pack(">H", 1), bytes(16), shape)
    count, sizes = len(frames), [len(frame) for frame in frames]
    return _build_sandbox_mov_box(
        b"stbl",
        _build_mov_full_box(b"stsd", _ONE_AS_U32, entry),
        _build_mov_full_box(b"stts", _ONE_AS_U32, struct.pack(">II", count, ms)),
        _build_mov_full_box(b"stsc", _ONE_AS_U32, _ONE_AS_U32, struct.pack(">I", count), _ONE_AS_U32),
        _build_mov_full_box(b"stsz", struct.pack(f">II{count}I", 0, count, *sizes)),
        _build_mov_full_box(b"stco", _ONE_AS_U32, struct.pack(">I", first)),
    )


def _build_sandbox_mov_box(name: bytes, *parts: bytes) -> bytes:
    """Return a box of a QuickTime or MP4 file: length, name and content (ISO/IEC 14496-12, 4.2)."""
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + name + content


def _build_mov_full_box(name: bytes, *parts: bytes) -> bytes:
    """Return a QuickTime full box: a box with version 0 and no flags before its content."""
    return _build_sandbox_mov_box(name, bytes(4), *parts)
