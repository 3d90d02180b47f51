"""Poster of a video: its first frame with visible content, for lists of content."""

import io
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from PIL import Image, ImageStat

from generation import ffmpeg
from generation.outputs import OutputFile
from generation.remix import boxes, clip
from generation.thumbnail import THUMBNAIL_SIDE_PX, thumbnail
from schemas.errors import ClipRefused

#: Minimum standard deviation of luminance in such a frame: it is near zero for black or white frames.
MIN_DEVIATION = 12.0
#: Parts of a video to sample.
_SAMPLES = (0.25, 0.5, 0.75)
#: Assumed length of a file without a duration.
_DEFAULT_SECONDS = 4.0

#: Width of a frame in square pixels, and the scale down to a thumbnail.
_WIDE = "iw*clip(sar,0.25,4)"
_SHARE = f"min(1,{THUMBNAIL_SIDE_PX}/max({_WIDE},ih))"
_SMALL = f"scale='max(1,{_WIDE}*{_SHARE})':'max(1,ih*{_SHARE})':flags=area,setsar=1"
_EVEN = "crop='max(2,trunc(iw/2)*2)':'max(2,trunc(ih/2)*2)'"


def write_poster(path: Path, folder: Path) -> OutputFile:
    """Write `poster.jpg` of an untrusted video into a folder. Raises `ClipRefused`, `GenerationError`."""
    image = _best_frame(path)
    file = folder / "poster.jpg"
    file.write_bytes(data := thumbnail(image))
    return OutputFile(
        name=file.name,
        thumbnail=file.name,
        mime_type="image/jpeg",
        width=image.width,
        height=image.height,
        size_bytes=len(data),
        sha256=sha256(data).hexdigest(),
        shown=[],
    )


def _best_frame(path: Path) -> Image.Image:
    """Return the first frame with visible content, else the frame with the most contrast."""
    best, highest = None, -1.0
    for frame in _frames(path, boxes.check(path, boxes.FRAME_MINIMUM).seconds or _DEFAULT_SECONDS):
        deviation = ImageStat.Stat(frame.convert("L")).stddev[0]
        if deviation > highest:
            best, highest = frame, deviation
        if deviation >= MIN_DEVIATION:
            break
    if best is None:
        raise ClipRefused("CLIP_UNREADABLE", "the video has no frame that can be decoded")
    return best


def _frames(path: Path, seconds: float) -> Iterator[Image.Image]:
    """Yield the frames that can be decoded, from all over the video. The first sample skips a fade-in."""
    for second in dict.fromkeys((min(1.0, seconds / 2), *(seconds * part for part in _SAMPLES), 0.0)):
        try:
            answer = _frame(path, second)
        except ClipRefused:
            continue
        if answer:
            yield Image.open(io.BytesIO(answer), formats=["PPM"])


def _frame(path: Path, second: float) -> bytes:
    """Return a frame as a PPM, in SDR; empty after the video's end. Raises `ClipRefused`."""
    result = _run_filters(path, second, ["showinfo", _SMALL])
    toned = clip.sdr_filters(clip.transfer_of(result))
    return _run_filters(path, second, [_SMALL, _EVEN, *toned]).stdout if toned else result.stdout


def _run_filters(path: Path, second: float, filters: Sequence[str]) -> ffmpeg.FfmpegResult:
    shape = ["-v", "info", "-map", "0:V:0", "-frames:v", "1", "-vf", ",".join(filters)]
    return clip.run(*clip.source(path, second), *shape, "-c:v", "ppm", "-f", "image2pipe", "-")
