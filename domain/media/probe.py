"""The process that looks into uploaded files: `python -m domain.media.probe HANDLE:MIME...`.

It has the files' descriptors and nothing else: no environment, no storage, no database. The kernel bounds
its CPU, memory and time, so that a hostile file ends this process and no other. For each file in turn it
writes a line to stdout, a `Found` or a `Refused` in JSON, and stops at the first refusal.
`domain/media/probing.py` starts it, once for an upload.
"""

import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO

import msgspec
from PIL import Image, UnidentifiedImageError
from pymediainfo import MediaInfo, Track

#: For all files of an upload together. In seconds.
CPU_S, WALL_S = 3, 15
#: Address space beyond what is loaded.
MEMORY = 256 << 20

#: What platforms and phones make of a picture stays below it; a picture of 8192 x 8192 is 256 MiB unpacked.
SIDE_MAX = 8192
#: An hour: what the longest of the platforms takes.
DURATION_MAX_MS = 60 * 60 * 1000

#: Pillow's names of the types that it may try: no other of its parsers sees the file.
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}

_ORIENTATION, _SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})


class Found(msgspec.Struct, frozen=True, tag=True):
    """As a viewer sees it, turned as the file asks; `duration_ms` of a video."""

    width: int
    height: int
    duration_ms: int | None = None


class Refused(msgspec.Struct, frozen=True, tag=True):
    """What is wrong with the file, for its sender."""

    why: str


Said = Found | Refused


def main(files: list[str]) -> None:
    limit()
    for file in files:
        handle, _, mime = file.partition(":")
        with open(int(handle), "rb", closefd=False) as media:
            said = look(media, mime)
        sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
        sys.stdout.flush()
        if isinstance(said, Refused):
            return


def limit() -> None:
    """By the kernel, so that it holds inside a C library too; and after everything else on this machine."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    loaded = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (loaded + MEMORY, loaded + MEMORY))
    signal.alarm(WALL_S)


def look(media: IO[bytes], mime: str) -> Said:
    """What there is to know of a file, or what speaks against it."""
    found = picture(media, FORMATS[mime]) if mime in FORMATS else film(media)
    return _within(found) if isinstance(found, Found) else found


def picture(media: IO[bytes], kind: str) -> Said:
    """By its header; nothing is unpacked."""
    Image.MAX_IMAGE_PIXELS = None  # Ours is a refusal, theirs would be a warning.
    try:
        with Image.open(media, formats=[kind]) as image:
            exif = Image.Exif()
            exif.load(image.info.get("exif", b""))  # Its own getexif() would unpack a PNG for it.
            return Found(*(reversed(image.size) if exif.get(_ORIENTATION) in _SIDEWAYS else image.size))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, KeyError):
        return Refused("is no picture that can be read: save it again")


def film(media: IO[bytes]) -> Said:
    """By what its boxes say; of several pictures the first counts."""
    tracks = MediaInfo.parse(media, full=True, parse_speed=0).video_tracks
    if not tracks:
        return Refused("has no picture in it: send a video")
    video = tracks[0]
    width, height, duration = (_number(video, name) for name in ("width", "height", "duration"))
    if not width or not height or not duration:
        return Refused("says no width, height or duration: export it again")
    if round(float(video.rotation or 0)) % 180 == 90:
        width, height = height, width
    return Found(width, height, duration)


def _number(track: Track, name: str) -> int:
    """A whole number, 0 where there is none."""
    try:
        return int(float(getattr(track, name) or 0))
    except ValueError:
        return 0


def _within(found: Found) -> Said:
    if not (0 < found.width <= SIDE_MAX and 0 < found.height <= SIDE_MAX):
        return Refused(f"is {found.width} x {found.height}: a side may have at most {SIDE_MAX} pixels")
    if found.duration_ms is not None and found.duration_ms > DURATION_MAX_MS:
        return Refused("is longer than 60 minutes: cut it")
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # Nothing is left to do, and unloading takes longer than the work.
