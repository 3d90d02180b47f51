"""Sandboxed process that parses uploaded files: `python -m domain.media.probe [--roles] HANDLE:MIME...`.

With `--roles` it reads the roles of pictures too. It has only the files' descriptors: no secrets, no storage, no
database. The kernel limits its CPU, memory and time and blocks the network and all other files. So a hostile file can
end this process, and no other. For each file in turn it writes a line to stdout, a `MediaMetadata` with a thumbnail or
a `FileRefusal` in JSON. It stops at the first refusal. The last line is `MediaProbeCpuTime`.
`domain/media/probing.py` starts one an upload.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

import msgspec
from PIL import Image, UnidentifiedImageError

from generation.confinement.confine import confine_process
from generation.picture_limits import MIN_WORDMARK_RATIO
from generation.thumbnail import THUMBNAIL_SIDE_PX, encode_picture_as_jpeg_thumbnail
from schemas.errors import PictureRefused
from schemas.pictures import PictureRole

if TYPE_CHECKING:
    from pymediainfo import Track

#: Limits in seconds: CPU for the start, CPU for each file, wall time for all files of an upload.
PROBE_START_CPU_S, PROBE_CPU_PER_FILE_S, MAX_PROBE_WALL_S = 1, 2, 30
#: Address space beyond the loaded program. For a picture of 8192 x 8192 a PNG takes 258 MiB, a JPEG 6, a
#: progressive JPEG with full color 390 (and 1 s), a WebP 514 before it is unpacked.
MAX_PROBE_MEMORY_BYTES = 640 << 20

#: Larger than any picture of platforms and phones.
MAX_PICTURE_SIDE_PX = 8192
#: Pixels of a WebP, each of which takes 16 bytes to unpack; a larger file is accepted by its length alone.
MAX_UNPACKED_WEBP_PIXELS = 24 << 20
#: An hour: the longest video of any platform.
MAX_VIDEO_DURATION_MS = 60 * 60 * 1000

#: Pillow's names of the types: no other of its parsers sees the file.
PILLOW_FORMAT_BY_MIME = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}

#: Argument of the process: pictures get roles.
READ_ROLES_OPTION = "--roles"
#: Longer side from which a picture is reduced before its role is read.
MAX_ROLE_PICTURE_SIDE_PX = 1024
#: Pillow's modes that it reduces by the mean of pixels.
_REDUCIBLE_MODES = frozenset({"L", "RGB", "RGBA", "CMYK"})

_EXIF_ORIENTATION_TAG, _SIDEWAYS_EXIF_ORIENTATIONS = 0x0112, frozenset({5, 6, 7, 8})
_TRANSPOSE_BY_EXIF_ORIENTATION: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class MediaMetadata(msgspec.Struct, frozen=True, tag=True):
    """Metadata as displayed, with the file's rotation: `duration_ms` of a video, `thumbnail` of a picture.

    Of a drawing its sanitized text. `role` and `fingerprint` are those of a picture, if they were asked for.
    """

    width: int
    height: int
    duration_ms: int | None = None
    thumbnail: bytes | None = None
    drawing: str | None = None
    role: PictureRole | None = None
    fingerprint: bytes | None = None


class FileRefusal(msgspec.Struct, frozen=True, tag=True):
    """Refusal of a file, in words for its sender."""

    why: str


class MediaProbeCpuTime(msgspec.Struct, frozen=True, tag=True):
    """CPU seconds of the process, from its start to this line."""

    seconds: float


ProbeAnswer = MediaMetadata | FileRefusal
#: Returns the role and the fingerprint of a picture, by its small copy and its own size.
RoleReader: TypeAlias = Callable[[Image.Image, tuple[int, int]], tuple[PictureRole, bytes]]


def main(arguments: list[str]) -> None:
    files = [one for one in arguments if one != READ_ROLES_OPTION]
    reader = import_role_reader() if len(files) < len(arguments) else None
    set_probe_process_limits(len(files))
    confine_process()
    for file in files:
        handle, _, mime = file.partition(":")
        with open(int(handle), "rb", closefd=False) as media:
            answer = probe_open_file(media, mime, reader)
        print_probe_output(answer)
        if isinstance(answer, FileRefusal):
            break
    used = resource.getrusage(resource.RUSAGE_SELF)
    print_probe_output(MediaProbeCpuTime(used.ru_utime + used.ru_stime))


def print_probe_output(line: ProbeAnswer | MediaProbeCpuTime) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.flush()


def probe_cpu_limit_s_by_file_count(files: int) -> int:
    """Return the CPU seconds after which the kernel ends a process with so many files."""
    return PROBE_START_CPU_S + files * PROBE_CPU_PER_FILE_S


def set_probe_process_limits(files: int) -> None:
    """Limit memory, time and CPU in the kernel, also for C libraries; forbid file writes; lower the CPU priority."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    cpu = probe_cpu_limit_s_by_file_count(files)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    loaded = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (loaded + MAX_PROBE_MEMORY_BYTES, loaded + MAX_PROBE_MEMORY_BYTES))
    signal.alarm(MAX_PROBE_WALL_S)


def import_role_reader() -> RoleReader | None:
    """Return the reader of roles, imported before the limits apply; None without the extra `generate`."""
    try:
        from generation.picture_roles import summarize_picture  # noqa: PLC0415  numpy takes longer than a probe.
    except ImportError:
        return None
    return summarize_picture


def probe_open_file(media: IO[bytes], mime: str, reader: RoleReader | None = None) -> ProbeAnswer:
    """Return the metadata of an uploaded file of the type `mime`, or the reason to refuse the file."""
    if mime == "image/svg+xml":
        return sanitize_and_measure_uploaded_svg(media)
    if mime not in PILLOW_FORMAT_BY_MIME:
        return probe_video(media)
    return probe_picture(media, PILLOW_FORMAT_BY_MIME[mime], reader)


def probe_picture(media: IO[bytes], kind: str, reader: RoleReader | None = None) -> ProbeAnswer:
    """Return a picture's metadata and thumbnail, or its refusal; with a `reader` also its role and fingerprint.

    The picture is unpacked if possible, as only that detects a truncated file.
    """
    Image.MAX_IMAGE_PIXELS = None  # We refuse large pictures; Pillow would only warn.
    try:
        with Image.open(media, formats=[kind]) as image:
            width, height = image.size
            answer = _check_upload_limits(MediaMetadata(width, height))
            if isinstance(answer, FileRefusal):
                return answer
            is_unpacked = _decode_picture(image, kind)
            exif = Image.Exif()
            exif.load(image.info.get("exif", b""))  # Pillow's getexif() also reads XMP, which browsers ignore.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, KeyError):
        return FileRefusal("is no picture that can be read, or not the whole of one: save it again")
    turned = exif.get(_EXIF_ORIENTATION_TAG)
    if turned in _SIDEWAYS_EXIF_ORIENTATIONS:
        width, height = height, width
    if not is_unpacked:
        return MediaMetadata(width, height)
    role, fingerprint = read_role(image, turned, (width, height), reader) if reader else (None, None)
    return MediaMetadata(
        width, height, thumbnail=shrink_to_thumbnail(image, turned), role=role, fingerprint=fingerprint
    )


def _decode_picture(image: Image.Image, kind: str) -> bool:
    """Decode a picture's pixels, which fails for a truncated file; return False without doing so for a large WebP.

    A JPEG is decoded at the size of a thumbnail.
    """
    width, height = image.size
    if kind == "WEBP" and width * height > MAX_UNPACKED_WEBP_PIXELS:
        return False
    image.draft(None, (THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX))
    image.load()
    return True


def shrink_to_thumbnail(image: Image.Image, turned: object) -> bytes | None:
    """Return a picture's thumbnail on white, rotated by `turned`; None if that fails, such as for lack of memory.

    Pixels of a very large picture are dropped first, so that the rest takes little memory to shrink.
    """
    every = max(1, max(image.size) // (4 * THUMBNAIL_SIDE_PX))
    try:
        few = image.resize([max(1, side // every) for side in image.size], Image.Resampling.NEAREST)
        few = few if few.mode in {"RGB", "L", "CMYK"} else _flatten_on_white(few.convert("RGBA"))
        few.thumbnail((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), Image.Resampling.LANCZOS)
        return encode_picture_as_jpeg_thumbnail(
            few.transpose(_TRANSPOSE_BY_EXIF_ORIENTATION[turned]) if turned in _TRANSPOSE_BY_EXIF_ORIENTATION else few
        )
    except (MemoryError, OSError, ValueError):
        return None


def read_role(
    image: Image.Image, turned: object, size: tuple[int, int], reader: RoleReader
) -> tuple[PictureRole | None, bytes | None]:
    """Return the role and the fingerprint of a picture with the upright `size`; None for both if that fails.

    A very large picture is reduced first, so that the rest takes little memory.
    """
    every = max(1, max(image.size) // MAX_ROLE_PICTURE_SIDE_PX)
    try:
        if image.mode in _REDUCIBLE_MODES:
            few = image.reduce(every)
        else:
            few = image.resize([max(1, side // every) for side in image.size], Image.Resampling.NEAREST)
        few = few.convert("RGBA" if few.has_transparency_data else "RGB")
        upright = (
            few.transpose(_TRANSPOSE_BY_EXIF_ORIENTATION[turned]) if turned in _TRANSPOSE_BY_EXIF_ORIENTATION else few
        )
        return reader(upright, size)
    except (MemoryError, OSError, ValueError):
        return None, None


def _flatten_on_white(image: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def sanitize_and_measure_uploaded_svg(media: IO[bytes]) -> ProbeAnswer:
    """Return an SVG drawing's size and sanitized text; a refusal if it is unreadable or would lose visible parts."""
    from generation.drawings import MAX_SVG_BYTES, clean_svg_drawing  # noqa: PLC0415  Others are read without its parser.

    try:
        drawn = clean_svg_drawing(media.read(MAX_SVG_BYTES + 1))
    except PictureRefused as error:
        return FileRefusal(f"can't be taken: {error}")
    if drawn.lost:
        return FileRefusal(f"shows {' and '.join(drawn.lost)}, which can't be kept: turn them into paths")
    role: PictureRole = "wordmark" if drawn.width >= MIN_WORDMARK_RATIO * drawn.height else "logo"
    return MediaMetadata(ceil(drawn.width), ceil(drawn.height), drawing=drawn.text, role=role)


def probe_video(media: IO[bytes]) -> ProbeAnswer:
    """Return a video's metadata from its boxes, or its refusal; of several video tracks the first counts."""
    from pymediainfo import MediaInfo  # noqa: PLC0415  A fifth of the start, which pictures don't need.

    tracks = MediaInfo.parse(media, full=True, parse_speed=0).video_tracks
    if not tracks:
        return FileRefusal("has no picture in it: send a video")
    video = tracks[0]
    width, height, duration = (_read_track_int_field(video, name) for name in ("width", "height", "duration"))
    if not width or not height or not duration:
        return FileRefusal("has no width, height or duration: export it again")
    if round(float(video.rotation or 0)) % 180 == 90:
        width, height = height, width
    return _check_upload_limits(MediaMetadata(width, height, duration))


def _read_track_int_field(track: "Track", name: str) -> int:
    """Return a field of a track as a whole number; 0 if it is missing or no number."""
    try:
        return int(float(getattr(track, name) or 0))
    except ValueError:
        return 0


def _check_upload_limits(found: MediaMetadata) -> ProbeAnswer:
    if not (0 < found.width <= MAX_PICTURE_SIDE_PX and 0 < found.height <= MAX_PICTURE_SIDE_PX):
        return FileRefusal(f"is {found.width} x {found.height}: a side may have at most {MAX_PICTURE_SIDE_PX} pixels")
    if found.duration_ms is not None and found.duration_ms > MAX_VIDEO_DURATION_MS:
        return FileRefusal("is longer than 60 minutes: cut it")
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # No cleanup is needed, and unloading takes longer than the work.
