"""Cut: the displayed part of a clip, in whole frames."""

from collections.abc import Sequence
from typing import NamedTuple

from generation.copy.captions import ClipTimeSpan

#: Frames a second of every output video.
OUTPUT_VIDEO_FPS = 30
#: Maximum seconds of leading silence to cut.
MAX_LEADING_SILENCE_TO_CUT_S = 6.0
#: Silence left before speech.
KEPT_LEADING_SILENCE_S = 0.12
#: Silence left after speech.
KEPT_TRAILING_SILENCE_S = 0.25
#: If speech exceeds the maximum, the part ends at a pause within its last seconds.
_END_PAUSE_SEARCH_WINDOW_S = 4.0
MIN_SHOWN_CLIP_S = 3.0


class ClipPart(NamedTuple):
    """First frame and number of frames, at 30 a second."""

    first: int
    frames: int

    @property
    def start(self) -> float:
        return self.first / OUTPUT_VIDEO_FPS

    @property
    def seconds(self) -> float:
        return self.frames / OUTPUT_VIDEO_FPS


def choose_shown_clip_part(seconds: float, speech: Sequence[ClipTimeSpan], most: float) -> ClipPart:
    """Return the part of a clip to show: first to last word, or all without speech; at most `most` seconds.

    It has at least three seconds if the clip has them. It begins at the clip's start with more than six seconds
    before the first word.
    """
    start = _find_clip_part_start_s(seconds, speech)
    end = _find_clip_part_end_s(seconds, speech, start, max(MIN_SHOWN_CLIP_S, most))
    start = max(0.0, min(start, end - MIN_SHOWN_CLIP_S))
    first = int(start * OUTPUT_VIDEO_FPS)
    frames = min(round((end - start) * OUTPUT_VIDEO_FPS), int(seconds * OUTPUT_VIDEO_FPS) - first)
    return ClipPart(first, max(1, frames))


def _find_clip_part_start_s(seconds: float, speech: Sequence[ClipTimeSpan]) -> float:
    lead = speech[0].start / 1_000 - KEPT_LEADING_SILENCE_S if speech else 0.0
    return lead if 0 < lead <= MAX_LEADING_SILENCE_TO_CUT_S and seconds - lead >= MIN_SHOWN_CLIP_S else 0.0


def _find_clip_part_end_s(seconds: float, speech: Sequence[ClipTimeSpan], start: float, most: float) -> float:
    ends = [moment.end / 1_000 + KEPT_TRAILING_SILENCE_S for moment in speech]
    end = min(seconds, max(ends[-1], start + MIN_SHOWN_CLIP_S)) if ends else seconds
    if end - start <= most:
        return end
    last = start + most
    pauses = [
        moment for moment in ends if max(last - _END_PAUSE_SEARCH_WINDOW_S, start + MIN_SHOWN_CLIP_S) < moment < last
    ]
    return pauses[-1] if pauses else last
