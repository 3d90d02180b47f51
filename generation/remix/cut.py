"""Cut: the part of a clip that is shown, in whole frames."""

from collections.abc import Sequence
from typing import NamedTuple

from generation.words.captions import Span

#: Frames a second of every video that is made.
FPS = 30
#: Seconds of silence that may be cut off at the start, what is left of it there and at the end.
MAX_LEAD, LEFT_BEFORE, LEFT_AFTER = 6.0, 0.12, 0.25
#: A part that has to be shorter than what is said ends in a pause of its last seconds.
_PAUSE = 4.0
LEAST = 3.0


class Cut(NamedTuple):
    """First frame, and how many of them, at 30 a second."""

    first: int
    frames: int

    @property
    def start(self) -> float:
        return self.first / FPS

    @property
    def seconds(self) -> float:
        return self.frames / FPS


def cut(seconds: float, speech: Sequence[Span], most: float) -> Cut:
    """From the first word on, at most so many seconds; a clip in which nobody speaks loses nothing."""
    start = _start(seconds, speech)
    end = _end(seconds, speech, start, max(LEAST, most))
    start = max(0.0, min(start, end - LEAST))
    first = int(start * FPS)
    frames = min(round((end - start) * FPS), int(seconds * FPS) - first)
    return Cut(first, max(1, frames))


def _start(seconds: float, speech: Sequence[Span]) -> float:
    lead = speech[0].start / 1_000 - LEFT_BEFORE if speech else 0.0
    return lead if 0 < lead <= MAX_LEAD and seconds - lead >= LEAST else 0.0


def _end(seconds: float, speech: Sequence[Span], start: float, most: float) -> float:
    ends = [one.end / 1_000 + LEFT_AFTER for one in speech]
    end = min(seconds, max(ends[-1], start + LEAST)) if ends else seconds
    if end - start <= most:
        return end
    last = start + most
    pauses = [one for one in ends if max(last - _PAUSE, start + LEAST) < one < last]
    return pauses[-1] if pauses else last
