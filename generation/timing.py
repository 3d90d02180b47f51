"""Timing of a video: display time of its texts, in whole beats of its music."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from generation.text.cleaning import clean_drawn_text
from generation.text.scripts import split_graphemes
from schemas.errors import GenerationError

#: Seconds of a beat, at 120 a minute.
MUSIC_BEAT_S = 0.5
MAX_VIDEO_S = 60
#: Seconds before reading starts.
_READING_START_DELAY_S = 0.4
#: Letters read a second.
_READ_LETTERS_PER_S = 20
#: Minimum seconds of any scene.
_MIN_SCENE_S = 1.5
#: Minimum seconds of the first and of the last scene: they show more.
_MIN_HOOK_SCENE_S = 2.0
_MIN_END_SCENE_S = 2.0


class VideoTiming(NamedTuple):
    """Seconds of each scene, a whole number of beats each."""

    hook: float
    points: tuple[float, ...]
    end: float

    @property
    def scene_durations_s(self) -> tuple[float, ...]:
        return (self.hook, *self.points, self.end)

    @property
    def total_s(self) -> float:
        return sum(self.scene_durations_s)

    @property
    def cut_times_s(self) -> tuple[float, ...]:
        """Return the start of each scene of a video but the first, in seconds."""
        return tuple(sum(self.scene_durations_s[:number]) for number in range(1, len(self.scene_durations_s)))


def reading_seconds(text: str) -> float:
    """Return the minimum display time of a text, in seconds, by its number of graphemes with spaces."""
    return _READING_START_DELAY_S + len(split_graphemes(clean_drawn_text(text))) / _READ_LETTERS_PER_S


def shortest_video_timing(
    hook: str, points: Sequence[str], spoken: Sequence[float] = (), beat_s: float = MUSIC_BEAT_S
) -> VideoTiming:
    """Return the shortest video timing that leaves time to read each text and to hear each speech."""
    speech = [*spoken, *[0.0] * (len(points) + 2 - len(spoken))]
    return VideoTiming(
        _round_up_to_beats(max(_MIN_HOOK_SCENE_S, reading_seconds(hook), speech[0]), beat_s),
        tuple(
            _round_up_to_beats(max(_MIN_SCENE_S, reading_seconds(text), speech[at]), beat_s)
            for at, text in enumerate(points, 1)
        ),
        _round_up_to_beats(max(_MIN_END_SCENE_S, speech[-1]), beat_s),
    )


def plan_video_timing(
    hook: str, points: Sequence[str], seconds: int, spoken: Sequence[float] = (), beat_s: float = MUSIC_BEAT_S
) -> VideoTiming:
    """Return the timing of a video of `seconds` seconds, or of a longer one if its texts or speech need it.

    Each scene but the last one is a whole number of beats. Raises `GenerationError` if the scenes take more than 60
    seconds.
    """
    least = shortest_video_timing(hook, points, spoken, beat_s)
    if least.total_s > MAX_VIDEO_S:
        raise GenerationError("TEXTS_TOO_LONG", f"the texts take {least.total_s:.0f} seconds: {MAX_VIDEO_S} at most")
    spare_s = max(0.0, seconds - least.total_s)
    beats = math.floor(round(spare_s / beat_s, 6))
    timing = _distribute_spare_beats(least, beats, beat_s)
    return timing._replace(end=timing.end + spare_s - beats * beat_s)


def _distribute_spare_beats(least: VideoTiming, spare: int, beat_s: float) -> VideoTiming:
    """Return a video's timing with `spare` beats added to its scenes in turn: the end, the hook, then the points."""
    beats_of_scenes = [
        spare // len(least.scene_durations_s) + (at < spare % len(least.scene_durations_s))
        for at in range(len(least.scene_durations_s))
    ]
    end, hook, *points = (beats * beat_s for beats in beats_of_scenes)
    more = zip(least.points, points, strict=True)
    return VideoTiming(least.hook + hook, tuple(has + gets for has, gets in more), least.end + end)


def _round_up_to_beats(seconds: float, beat_s: float) -> float:
    return math.ceil(round(seconds / beat_s, 6)) * beat_s
