"""Sound track of a video: music, and each scene's speech over it."""

from collections.abc import Sequence

import numpy as np

from generation.sound.bed import bed
from generation.sound.loudness import amplified, leveled
from generation.sound.synthesis import RATE, Stereo, Wave, faded
from generation.timing import Timing

#: Seconds from a scene's start to its speech, and from the speech to the scene's end.
BEFORE, AFTER = 0.25, 0.35
#: Gains of the music without speech and under speech, 20 dB below the speech (WCAG 2.2, 1.4.7), and the
#: seconds of the transition.
_BESIDE, _UNDER, _GIVES_WAY = 0.4, 0.08, 0.2


def lengths(speech: Sequence[Wave]) -> list[float]:
    """Return the minimum seconds of each scene for its speech."""
    return [BEFORE + len(wave) / RATE + AFTER if len(wave) else 0.0 for wave in speech]


def track(timing: Timing, seed: str, speech: Sequence[Wave] = ()) -> Stereo:
    """Mix music for all scenes with the speech of each scene, if there is any."""
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
    """Return the music's gain at each sample around one speech; it drops a little earlier."""
    soft = round(_GIVES_WAY * RATE)
    places = [start - soft, start, end, end + 2 * soft]
    return np.interp(np.arange(count), places, [_BESIDE, _UNDER, _UNDER, _BESIDE])
