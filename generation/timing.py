"""Timing of a video: how long its texts stand, in whole beats of its music."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from generation.text.cleaning import clean
from generation.text.scripts import graphemes
from schemas.errors import GenerationError

#: Seconds of a beat, at 120 in a minute, and of a whole video at least and at most.
BEAT, SHORTEST, LONGEST = 0.5, 8, 60
#: Seconds to begin to read a text, letters that are read in one, and the least for any scene.
_BEGIN, _LETTERS, _SCENE = 0.6, 20, 2.0
#: Seconds of the first scene and the last one at least: there is more to see in those.
_HOOK, _END = 2.5, 2.5


class Timing(NamedTuple):
    """Seconds of each scene, each a whole number of beats."""

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
        """The seconds at which each scene but the first begins."""
        return tuple(sum(self.scenes[:number]) for number in range(1, len(self.scenes)))


def reading(text: str) -> float:
    """Seconds that a text has to stand at least, as much of it as is ever drawn."""
    return _BEGIN + len(graphemes(clean(text))) / _LETTERS


def needed(hook: str, points: Sequence[str], spoken: Sequence[float] = ()) -> Timing:
    """The shortest scenes in which all can be read, and heard where seconds of speech are given for each."""
    said = [*spoken, *[0.0] * (len(points) + 2 - len(spoken))]
    return Timing(
        _beats(max(_HOOK, reading(hook), said[0])),
        tuple(_beats(max(_SCENE, reading(text), said[at])) for at, text in enumerate(points, 1)),
        _beats(max(_END, said[-1])),
    )


def timing(hook: str, points: Sequence[str], seconds: int, spoken: Sequence[float] = ()) -> Timing:
    """Scenes that last so long together, or as long as their texts need. Raises `GenerationError`."""
    least = needed(hook, points, spoken)
    if least.seconds > LONGEST:
        raise GenerationError(
            "TEXTS_TOO_LONG", f"the texts take {least.seconds:.0f} seconds: {LONGEST} at most"
        )
    spare = round((max(seconds, least.seconds) - least.seconds) / BEAT)
    return _longer(least, spare)


def _longer(least: Timing, spare: int) -> Timing:
    """Beats that are left over go to all scenes in turn, the last ones first."""
    given = [spare // len(least.scenes) + (at < spare % len(least.scenes)) for at in range(len(least.scenes))]
    end, hook, *points = (beats * BEAT for beats in given)
    more = zip(least.points, points, strict=True)
    return Timing(least.hook + hook, tuple(has + gets for has, gets in more), least.end + end)


def _beats(seconds: float) -> float:
    return math.ceil(round(seconds / BEAT, 6)) * BEAT
