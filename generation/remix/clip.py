"""Clip: the properties of a partner's file that a remix needs, measured from its frames."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from generation import ffmpeg
from generation.copy.captions import ClipSpan
from generation.remix import boxes, levels
from schemas.errors import ClipRefused, GenerationError

#: Seconds of a clip to analyze; later parts are never shown.
SCANNED_S = 90
#: Sample rate for speech detection.
_SAMPLE_RATE = 4_000

#: CPU seconds to probe a clip.
_PROBE_CPU_S = 6
#: CPU seconds to decode a clip's part.
_DECODE_CPU_S = 150
#: Address space, of which the program itself takes 200 MiB.
_MEMORY_BYTES = 768 << 20
#: Failures caused by the clip.
_CLIP_ERRORS = {
    "FFMPEG_FAILED": "CLIP_UNREADABLE",
    "INPUT_DAMAGED": "CLIP_DAMAGED",
    "INPUT_TOO_COSTLY": "CLIP_TOO_COSTLY",
    "OUT_OF_MEMORY": "CLIP_TOO_COSTLY",
}
_BOUNDS = ffmpeg.FfmpegLimits(_PROBE_CPU_S, _MEMORY_BYTES)

_FRAME = re.compile(r"\[Parsed_showinfo_.{1,40}\] n: +0 .* sar:(\d+)/(\d+) s:(\d+)x(\d+) i:([PTB?])")
_COLOR = re.compile(
    r"\[Parsed_showinfo_.{1,40}\] color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)"
)
_PROGRESS = re.compile(rb"out_time_us=(\d+)")
#: HDR transfers: PQ and HLG.
TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
#: HDR reference white in cd/m2 (ITU-R BT.2408), and the conversion to SDR by the `mobius` tone curve.
_TO_SDR = (
    "t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=mobius:param=0.3:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


class Clip(NamedTuple):
    """A clip as displayed: upright and in square pixels. Its own `columns` may be wider or narrower.

    `scanned` is its analyzed length in seconds, `speech` are the spans with speech in it, `seconds` is its
    whole length.
    """

    path: Path
    width: int
    height: int
    columns: int
    scanned: float
    seconds: float
    has_sound: bool
    speech: list[ClipSpan]
    is_interlaced: bool = False
    space: str = "unknown"
    transfer: str = "unknown"

    def source(self, start: float = 0.0, seconds: float = SCANNED_S) -> list[str]:
        """Return arguments to read a part of the clip."""
        return source(self.path, start, seconds)


def transfer_of(result: ffmpeg.FfmpegResult) -> str:
    """Return the transfer characteristic of the first frame from the output of FFmpeg's `showinfo`."""
    match = next(filter(None, map(_COLOR.match, result.lines)), None)
    return match[4] if match else "unknown"


def source(path: Path, start: float, seconds: float = SCANNED_S) -> list[str]:
    """Return arguments to read a part of an untrusted file."""
    part = ["-ss", f"{start:.4f}", "-t", f"{seconds:.4f}"]
    return ffmpeg.file(path, "mov", *part, "-threads", "1", "-max_pixels", str(boxes.MAX_PIXELS))


def probe(path: Path) -> Clip:
    """Probe a clip that can be decoded, at least at its beginning. Raises `ClipRefused`."""
    index = boxes.check(path, boxes.REMIX_MINIMUM)
    clip = Clip(path, 0, 0, 0, SCANNED_S, index.seconds, index.has_sound, [])
    probed = _first_frame(clip)
    scanned = _scanned(clip)
    if scanned < boxes.REMIX_MINIMUM.seconds:
        raise boxes.short_clip_refusal(scanned)
    loudness = _levels(probed)
    return probed._replace(
        scanned=scanned,
        seconds=max(index.seconds, scanned),
        has_sound=loudness is not None,
        speech=levels.speech(loudness, scanned) if loudness is not None else [],
    )


def _first_frame(clip: Clip) -> Clip:
    """Return the clip with the properties of its first frame, rotated upright by the decoder."""
    shape = "-v info -map 0:V:0 -frames:v 1 -vf showinfo -f null -".split()
    result = run(*clip.source(), *shape)
    frame = next(filter(None, map(_FRAME.match, result.lines)), None)
    color = next(filter(None, map(_COLOR.match, result.lines)), None)
    if frame is None or color is None:
        raise ClipRefused("CLIP_UNREADABLE", "the clip has no frame that can be decoded")
    across, down, width, height = map(int, frame.groups()[:4])
    boxes.check_size(width, height, boxes.REMIX_MINIMUM.side)
    pixel = across / down if across and down and 0.25 <= across / down <= 4 else 1.0
    return clip._replace(
        width=round(width * pixel),
        height=height,
        columns=width,
        is_interlaced=frame[5] in "TB",
        space=color[2],
        transfer=color[4],
    )


def _scanned(clip: Clip) -> float:
    """Measure the length of the picture by its packets, since headers are untrusted."""
    arguments = ["-map", "0:V:0", "-c", "copy", "-f", "null", "-progress", "pipe:1", "-"]
    times = _PROGRESS.findall(run(*clip.source(), *arguments).stdout)
    return min(float(SCANNED_S), int(times[-1]) / 1e6) if times else 0.0


def _levels(clip: Clip) -> "levels.Levels | None":
    """Return the loudness over time; None if the sound can't be decoded."""
    if not clip.has_sound:
        return None
    shape = ["-map", "0:a:0", "-ac", "1", "-ar", str(_SAMPLE_RATE), "-f", "s16le", "-"]
    try:
        answer = ffmpeg.run(*clip.source(), *shape, bounds=_BOUNDS).stdout
    except GenerationError:
        return None
    samples = np.frombuffer(answer[: len(answer) // 2 * 2], "<i2")
    return levels.levels(samples.astype(np.float64) / 32_768, _SAMPLE_RATE)


def run(*arguments: str) -> ffmpeg.FfmpegResult:
    """Run FFmpeg within the limits for probing. Raises `ClipRefused`, `GenerationError`."""
    try:
        return ffmpeg.run(*arguments, bounds=_BOUNDS)
    except GenerationError as error:
        raise _refusal(error) from None


def decoded(size: int, *arguments: str, complaints: float = math.inf) -> Iterator[bytes]:
    """Yield decoded chunks of `size` bytes. Raises `ClipRefused`, `GenerationError`.

    More than `complaints` lines of decoder errors refuse the clip as damaged.
    """
    try:
        yield from ffmpeg.decode_chunks(
            size, *arguments, bounds=ffmpeg.FfmpegLimits(_DECODE_CPU_S, _MEMORY_BYTES, complaints)
        )
    except GenerationError as error:
        raise _refusal(error) from None


def _refusal(error: GenerationError) -> GenerationError:
    """Map a decoder's failure to a refusal of the clip; pass on a failure that the clip didn't cause."""
    if error.code not in _CLIP_ERRORS:
        return error
    return ClipRefused(_CLIP_ERRORS[error.code], f"the clip can't be decoded: {error.message}")


def sdr_filters(transfer: str) -> list[str]:
    """Return filters that convert HDR to SDR; apply them after scaling, since each pixel costs CPU.

    The picture must have even sides.
    """
    source = f"tin={transfer}:pin=bt2020:min=bt2020nc:rin=tv"
    return [f"zscale={source}:{_TO_SDR}"] if transfer in TRANSFERS else []
