"""Poster of a video: its first frame with visible content, for lists of content."""

import io
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from PIL import Image, ImageStat

from generation import ffmpeg
from generation.outputs import RenderedFile
from generation.remix import boxes, clip
from generation.thumbnail import THUMBNAIL_SIDE_PX, encode_picture_as_jpeg_thumbnail
from schemas.errors import ClipRefused

#: Minimum standard deviation of luminance in such a frame: it is near zero for black or white frames.
MIN_VIDEO_POSTER_LUMINANCE_DEVIATION = 12.0
#: Parts of a video to sample.
_POSTER_FRAME_POSITIONS = (0.25, 0.5, 0.75)
#: Assumed length of a file without a duration.
_ASSUMED_VIDEO_SECONDS = 4.0

#: Width of a frame in square pixels, and the scale down to a thumbnail.
_DISPLAY_WIDTH_FFMPEG_EXPRESSION = "iw*clip(sar,0.25,4)"
_THUMBNAIL_SCALE_FFMPEG_EXPRESSION = f"min(1,{THUMBNAIL_SIDE_PX}/max({_DISPLAY_WIDTH_FFMPEG_EXPRESSION},ih))"
_THUMBNAIL_SCALE_FILTER = (
    f"scale='max(1,{_DISPLAY_WIDTH_FFMPEG_EXPRESSION}*{_THUMBNAIL_SCALE_FFMPEG_EXPRESSION})'"
    f":'max(1,ih*{_THUMBNAIL_SCALE_FFMPEG_EXPRESSION})':flags=area,setsar=1"
)
_EVEN_SIDES_FILTER = "crop='max(2,trunc(iw/2)*2)':'max(2,trunc(ih/2)*2)'"


def write_video_poster(path: Path, folder: Path) -> RenderedFile:
    """Write an untrusted video's frame `poster.jpg`; return its metadata. Raises `ClipRefused`, `GenerationError`."""
    image = _find_poster_frame(path)
    file = folder / "poster.jpg"
    file.write_bytes(data := encode_picture_as_jpeg_thumbnail(image))
    return RenderedFile(
        name=file.name,
        thumbnail=file.name,
        mime_type="image/jpeg",
        width=image.width,
        height=image.height,
        size_bytes=len(data),
        sha256=sha256(data).hexdigest(),
        shown=[],
    )


def _find_poster_frame(path: Path) -> Image.Image:
    """Return the first of a video's sample frames that has visible content, else the one with the most contrast.

    Raises `ClipRefused`, for example for a video without a decodable frame.
    """
    best, highest = None, -1.0
    for frame in _decode_poster_sample_frames(
        path, boxes.check_mp4_boxes(path, boxes.MIN_POSTER_CLIP_SIDE_AND_SECONDS).seconds or _ASSUMED_VIDEO_SECONDS
    ):
        deviation = ImageStat.Stat(frame.convert("L")).stddev[0]
        if deviation > highest:
            best, highest = frame, deviation
        if deviation >= MIN_VIDEO_POSTER_LUMINANCE_DEVIATION:
            break
    if best is None:
        raise ClipRefused("CLIP_UNREADABLE", "the video has no frame that can be decoded")
    return best


def _decode_poster_sample_frames(path: Path, seconds: float) -> Iterator[Image.Image]:
    """Yield a video's decodable frames: after a second to skip a fade-in, at 1/4, 1/2 and 3/4, and at the start."""
    for second in dict.fromkeys((min(1.0, seconds / 2), *(seconds * part for part in _POSTER_FRAME_POSITIONS), 0.0)):
        try:
            answer = _decode_video_frame_to_ppm_thumbnail(path, second)
        except ClipRefused:
            continue
        if answer:
            yield Image.open(io.BytesIO(answer), formats=["PPM"])


def _decode_video_frame_to_ppm_thumbnail(path: Path, second: float) -> bytes:
    """Return a video's frame at a second as a PPM thumbnail in SDR; empty after its end. Raises `ClipRefused`."""
    result = _decode_filtered_video_frame(path, second, ["showinfo", _THUMBNAIL_SCALE_FILTER])
    toned = clip.hdr_to_sdr_video_filters(clip.read_transfer_characteristic(result))
    if toned:
        return _decode_filtered_video_frame(path, second, [_THUMBNAIL_SCALE_FILTER, _EVEN_SIDES_FILTER, *toned]).stdout
    return result.stdout


def _decode_filtered_video_frame(path: Path, second: float, filters: Sequence[str]) -> ffmpeg.FfmpegResult:
    shape = ["-v", "info", "-map", "0:V:0", "-frames:v", "1", "-vf", ",".join(filters)]
    return clip.probe_clip_with_ffmpeg(
        *clip.build_ffmpeg_input_from_video_part(path, second), *shape, "-c:v", "ppm", "-f", "image2pipe", "-"
    )
