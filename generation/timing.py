"""Timing of a video: display time of its texts, in whole beats of its music."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from generation.text.cleaning import clean
from generation.text.scripts import graphemes
from schemas.errors import GenerationError

#: Seconds of a beat, at 120 a minute.
BEAT_S = 0.5
MIN_VIDEO_S = 8
MAX_VIDEO_S = 60
#: Seconds before reading starts.
_START_READING_S = 0.6
#: Letters read a second.
_LETTERS_PER_S = 20
#: Minimum seconds of any scene.
_MIN_SCENE_S = 2.0
#: Minimum seconds of the first and of the last scene: they show more.
_MIN_HOOK_S = 2.5
_MIN_END_S = 2.5


class Timing(NamedTuple):
    """Seconds of each scene, a whole number of beats each."""

    hook: float
    points: tuple[float, ...]
    end: float

    @property
    def scenes(self) -> tuple[float, ...]:
        return (self.hook, *self.points, self.end)

    @property
    def seconds(self) -> float:
        return sum(self.scenes)

    @property
    def cuts(self) -> tuple[float, ...]:
        """Return the start of each scene but the first, in seconds."""
        return tuple(sum(self.scenes[:number]) for number in range(1, len(self.scenes)))


def reading_seconds(text: str) -> float:
    """Return the minimum display time of a text, in seconds, by its visible letters."""
    return _START_READING_S + len(graphemes(clean(text))) / _LETTERS_PER_S


def shortest_timing(hook: str, points: Sequence[str], spoken: Sequence[float] = ()) -> Timing:
    """Return the shortest scenes that leave time to read, and to hear the seconds of speech of each scene."""
    speech = [*spoken, *[0.0] * (len(points) + 2 - len(spoken))]
    return Timing(
        _whole_beats(max(_MIN_HOOK_S, reading_seconds(hook), speech[0])),
        tuple(
            _whole_beats(max(_MIN_SCENE_S, reading_seconds(text), speech[at]))
            for at, text in enumerate(points, 1)
        ),
        _whole_beats(max(_MIN_END_S, speech[-1])),
    )


def timing(hook: str, points: Sequence[str], seconds: int, spoken: Sequence[float] = ()) -> Timing:
    """Return scenes of this total length in seconds, or longer if the texts need it.

    Raises `GenerationError` if the texts take more than 60 seconds.
    """
    least = shortest_timing(hook, points, spoken)
    if least.seconds > MAX_VIDEO_S:
        raise GenerationError(
            "TEXTS_TOO_LONG", f"the texts take {least.seconds:.0f} seconds: {MAX_VIDEO_S} at most"
        )
    spare = round((max(seconds, least.seconds) - least.seconds) / BEAT_S)
    return _add_beats(least, spare)


def _add_beats(least: Timing, spare: int) -> Timing:
    """Distribute spare beats over all scenes in turn, the last scenes first."""
    beats_of_scenes = [
        spare // len(least.scenes) + (at < spare % len(least.scenes)) for at in range(len(least.scenes))
    ]
    end, hook, *points = (beats * BEAT_S for beats in beats_of_scenes)
    more = zip(least.points, points, strict=True)
    return Timing(least.hook + hook, tuple(has + gets for has, gets in more), least.end + end)


def _whole_beats(seconds: float) -> float:
    return math.ceil(round(seconds / BEAT_S, 6)) * BEAT_S
