"""Clips for tests, small, made by FFmpeg itself: as phones write them, and as no program should."""

import struct
from pathlib import Path

from generation import ffmpeg

#: Four seconds of a moving picture, and of a tone that is silent in its middle.
PICTURE = "testsrc2=s=320x240:r=30:d=4"
TONE = "aevalsrc='0.3*sin(880*t)*(lt(t,1.5)+gt(t,2.5))':d=4:s=44100"
H264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1 -c:a aac"


def make(path: Path, options: str = H264, *, picture: str | None = PICTURE, sound: str | None = TONE) -> Path:
    """A clip of sources of FFmpeg's own, by its own words."""
    sources = [word for one in (picture, sound) if one for word in ("-f", "lavfi", "-i", one)]
    kind = "mov" if path.suffix == ".mov" else "mp4"
    ffmpeg.run(*sources, *options.split(), "-f", kind, f"file:{path}")
    return path


def remade(source: Path, path: Path, before: str, after: str = "-c copy") -> Path:
    """A clip made of another one."""
    kind = "mov" if path.suffix == ".mov" else "mp4"
    ffmpeg.run(*before.split(), "-i", f"file:{source}", *after.split(), "-f", kind, f"file:{path}")
    return path


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def headers(
    *,
    size: tuple[int, int] = (320, 240),
    seconds: int = 10,
    entry: bytes | None = None,
    kind: bytes = b"vide",
) -> bytes:
    """A file that says what is in it and has no more; `entry` says in which file its data are."""
    own = box(b"url ", b"\0\0\0\1")
    described = box(b"avc1", bytes(24), struct.pack(">HH", *size), bytes(50))
    track = box(
        b"trak",
        box(
            b"mdia",
            box(b"mdhd", bytes(12), struct.pack(">II", 1_000, seconds * 1_000), bytes(4)),
            box(b"hdlr", bytes(8), kind, bytes(12)),
            box(
                b"minf",
                box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), entry or own)),
                box(b"stbl", box(b"stsd", bytes(4), struct.pack(">I", 1), described)),
            ),
        ),
    )
    return box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", track) + box(b"mdat", bytes(64))


def flipped(data: bytes, count: int, *, after: int) -> bytes:
    """A file in which so many bytes are others, all of them behind its headers."""
    changed = bytearray(data)
    for number in range(count):
        changed[after + (number * 7_919) % (len(data) - after)] ^= 0x55
    return bytes(changed)
