"""Sound track of a video: music, and over it what is said in each scene."""

from collections.abc import Sequence

import numpy as np

from generation.sound.bed import bed
from generation.sound.loudness import amplified, leveled
from generation.sound.synthesis import RATE, Stereo, Wave, faded
from generation.timing import Timing

#: Seconds from a scene's beginning to its speech, and from the speech to the scene's end.
BEFORE, AFTER = 0.25, 0.35
#: Gains of the music without speech and under it, which is then 20 dB softer (WCAG 2.2, 1.4.7), and seconds
#: that it takes from one to the other.
_BESIDE, _UNDER, _GIVES_WAY = 0.4, 0.08, 0.2


def lengths(speech: Sequence[Wave]) -> list[float]:
    """Seconds of a scene that each of what is said needs."""
    return [BEFORE + len(wave) / RATE + AFTER if len(wave) else 0.0 for wave in speech]


def track(timing: Timing, seed: str, speech: Sequence[Wave] = ()) -> Stereo:
    """Music for all scenes; speech is that of each scene, or none at all."""
    music = bed(timing.seconds, seed, timing.cuts)
    if not speech:
        return leveled(music)
    said, gain = np.zeros(music.shape[1]), np.full(music.shape[1], _BESIDE)
    for scene, wave in zip((0.0, *timing.cuts), speech, strict=True):
        at = round((scene + BEFORE) * RATE)
        said[at : at + len(wave)] = faded(wave, 0.005, 0.01)
        gain = np.minimum(gain, _under(at, at + len(wave), len(gain)))
    return leveled(amplified(np.array([said, said])) + music * gain)


def _under(start: int, end: int, count: int) -> Wave:
    """The music's gain at each sample, beside one that is said: it gives way a little before."""
    soft = round(_GIVES_WAY * RATE)
    places = [start - soft, start, end, end + 2 * soft]
    return np.interp(np.arange(count), places, [_BESIDE, _UNDER, _UNDER, _BESIDE])
