"""Clip: what a partner's file has in it, as far as a remix needs it, found by reading its frames."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from generation import ffmpeg
from generation.remix import boxes, levels
from generation.words.captions import Span
from schemas.errors import ClipRefused, GenerationError

#: Seconds of a clip that are looked at; what comes later is never shown.
SCANNED = 90
#: Samples a second in which speech is told from silence.
_SAMPLES = 4_000

#: Seconds of CPU to look at a clip, and to read all of its part; bytes of address space, of which 200 MiB are
#: its program's own.
_LOOKING, _READING, _MEMORY = 6, 150, 768 << 20
#: Failures that are the clip's own.
_ITS_FAULT = {
    "FFMPEG_FAILED": "CLIP_UNREADABLE",
    "INPUT_DAMAGED": "CLIP_DAMAGED",
    "INPUT_TOO_COSTLY": "CLIP_TOO_COSTLY",
    "OUT_OF_MEMORY": "CLIP_TOO_COSTLY",
}
_BOUNDS = ffmpeg.Bounds(_LOOKING, _MEMORY)

_FRAME = re.compile(r"\[Parsed_showinfo_.{1,40}\] n: +0 .* sar:(\d+)/(\d+) s:(\d+)x(\d+) i:([PTB?])")
_COLOR = re.compile(
    r"\[Parsed_showinfo_.{1,40}\] color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)"
)
_PROGRESS = re.compile(rb"out_time_us=(\d+)")


class Clip(NamedTuple):
    """A clip as it is seen: upright, in square pixels, of which its own `columns` may be wider or narrower.

    `scanned` is how many of its seconds are looked at, `speech` are the times in these at which it isn't
    silent, `seconds` is its whole length.
    """

    path: Path
    width: int
    height: int
    columns: int
    scanned: float
    seconds: float
    has_sound: bool
    speech: list[Span]
    is_interlaced: bool = False
    space: str = "unknown"
    transfer: str = "unknown"

    def source(self, start: float = 0.0, seconds: float = SCANNED) -> list[str]:
        """Arguments to read a part of it."""
        return source(self.path, start, seconds)


def transfer_of(said: ffmpeg.Said) -> str:
    """The transfer of the first frame that the filter `showinfo` has seen."""
    found = next(filter(None, map(_COLOR.match, said.lines)), None)
    return found[4] if found else "unknown"


def source(path: Path, start: float, seconds: float = SCANNED) -> list[str]:
    """Arguments to read a part of a file that isn't trusted."""
    part = ["-ss", f"{start:.4f}", "-t", f"{seconds:.4f}"]
    return ffmpeg.file(path, "mov", *part, "-threads", "1", "-max_pixels", str(boxes.MAX_PIXELS))


def probe(path: Path) -> Clip:
    """A clip that can be decoded, at its beginning at least. Raises `ClipRefused`."""
    index = boxes.check(path, boxes.REMIX)
    clip = Clip(path, 0, 0, 0, SCANNED, index.seconds, index.has_sound, [])
    seen = _first_frame(clip)
    scanned = _scanned(clip)
    if scanned < boxes.REMIX.seconds:
        raise boxes.too_short(scanned)
    heard = _levels(seen)
    return seen._replace(
        scanned=scanned,
        seconds=max(index.seconds, scanned),
        has_sound=heard is not None,
        speech=levels.speech(heard, scanned) if heard is not None else [],
    )


def _first_frame(clip: Clip) -> Clip:
    """The clip with what its first frame says of all, as a decoder turned it upright."""
    shape = "-v info -map 0:V:0 -frames:v 1 -vf showinfo -f null -".split()
    said = run(*clip.source(), *shape)
    frame = next(filter(None, map(_FRAME.match, said.lines)), None)
    color = next(filter(None, map(_COLOR.match, said.lines)), None)
    if frame is None or color is None:
        raise ClipRefused("CLIP_UNREADABLE", "the clip has no frame that can be decoded")
    across, down, width, height = map(int, frame.groups()[:4])
    boxes.check_size(width, height, boxes.REMIX.side)
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
    """Seconds up to where its picture ends, by its packets: headers may say anything."""
    arguments = ["-map", "0:V:0", "-c", "copy", "-f", "null", "-progress", "pipe:1", "-"]
    found = _PROGRESS.findall(run(*clip.source(), *arguments).answer)
    return min(float(SCANNED), int(found[-1]) / 1e6) if found else 0.0


def _levels(clip: Clip) -> "levels.Levels | None":
    """Levels over its time; none where nothing can be heard of it at all."""
    if not clip.has_sound:
        return None
    shape = ["-map", "0:a:0", "-ac", "1", "-ar", str(_SAMPLES), "-f", "s16le", "-"]
    try:
        answer = ffmpeg.run(*clip.source(), *shape, bounds=_BOUNDS).answer
    except GenerationError:
        return None
    samples = np.frombuffer(answer[: len(answer) // 2 * 2], "<i2")
    return levels.levels(samples.astype(np.float64) / 32_768, _SAMPLES)


def run(*arguments: str) -> ffmpeg.Said:
    """A run that looks at a clip and no more, within its bounds. Raises `ClipRefused`, `GenerationError`."""
    try:
        return ffmpeg.run(*arguments, bounds=_BOUNDS)
    except GenerationError as error:
        raise _refusal(error) from None


def decoded(size: int, *arguments: str, complaints: float = math.inf) -> Iterator[bytes]:
    """Pieces of so many bytes that a clip is decoded to. Raises `ClipRefused`, `GenerationError`."""
    try:
        yield from ffmpeg.decoded(size, *arguments, bounds=ffmpeg.Bounds(_READING, _MEMORY, complaints))
    except GenerationError as error:
        raise _refusal(error) from None


def _refusal(error: GenerationError) -> GenerationError:
    """The refusal of a clip whose decoder failed; a failure that the clip can't help stays as it is."""
    if error.code not in _ITS_FAULT:
        return error
    return ClipRefused(_ITS_FAULT[error.code], f"the clip can't be decoded: {error.message}")
