"""Cut: the displayed part of a clip, in whole frames."""

from collections.abc import Sequence
from typing import NamedTuple

from generation.copy.captions import ClipSpan

#: Frames a second of every output video.
FPS = 30
#: Maximum seconds of leading silence to cut.
MAX_LEAD_S = 6.0
#: Silence left before speech.
SILENCE_BEFORE_S = 0.12
#: Silence left after speech.
SILENCE_AFTER_S = 0.25
#: If speech exceeds the maximum, the part ends at a pause within its last seconds.
_PAUSE_WINDOW_S = 4.0
MIN_SECONDS = 3.0


class Cut(NamedTuple):
    """First frame and number of frames, at 30 a second."""

    first: int
    frames: int

    @property
    def start(self) -> float:
        return self.first / FPS

    @property
    def seconds(self) -> float:
        return self.frames / FPS


def cut(seconds: float, speech: Sequence[ClipSpan], most: float) -> Cut:
    """Cut from the first word on, to at most `most` seconds; keep the start of a clip without speech."""
    start = _start(seconds, speech)
    end = _end(seconds, speech, start, max(MIN_SECONDS, most))
    start = max(0.0, min(start, end - MIN_SECONDS))
    first = int(start * FPS)
    frames = min(round((end - start) * FPS), int(seconds * FPS) - first)
    return Cut(first, max(1, frames))


def _start(seconds: float, speech: Sequence[ClipSpan]) -> float:
    lead = speech[0].start / 1_000 - SILENCE_BEFORE_S if speech else 0.0
    return lead if 0 < lead <= MAX_LEAD_S and seconds - lead >= MIN_SECONDS else 0.0


def _end(seconds: float, speech: Sequence[ClipSpan], start: float, most: float) -> float:
    ends = [moment.end / 1_000 + SILENCE_AFTER_S for moment in speech]
    end = min(seconds, max(ends[-1], start + MIN_SECONDS)) if ends else seconds
    if end - start <= most:
        return end
    last = start + most
    pauses = [moment for moment in ends if max(last - _PAUSE_WINDOW_S, start + MIN_SECONDS) < moment < last]
    return pauses[-1] if pauses else last
