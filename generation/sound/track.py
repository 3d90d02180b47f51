"""Sound track of a video: music, and each scene's speech over it."""

from collections.abc import Sequence

import numpy as np

from generation.sound.bed import bed
from generation.sound.loudness import amplify_to_target, limit_to_target
from generation.sound.synthesis import RATE, Stereo, Wave, fade
from generation.timing import Timing

#: Seconds from a scene's start to its speech.
BEFORE_SPEECH_S = 0.25
#: Seconds from the speech to the scene's end.
AFTER_SPEECH_S = 0.35
#: Gain of the music without speech.
_MUSIC_GAIN = 0.4
#: Gain of the music under speech, 20 dB below the speech (WCAG 2.2, 1.4.7).
_DUCKED_GAIN = 0.08
#: Seconds of the transition.
_DUCKING_S = 0.2


def speech_seconds(speech: Sequence[Wave]) -> list[float]:
    """Return each scene's minimum seconds for its speech with pauses around it; 0.0 without speech."""
    return [BEFORE_SPEECH_S + len(wave) / RATE + AFTER_SPEECH_S if len(wave) else 0.0 for wave in speech]


def track(timing: Timing, seed: str, speech: Sequence[Wave] = ()) -> Stereo:
    """Mix music for all scenes with the speech of each scene, if there is any."""
    music = bed(timing.seconds, seed, timing.cuts)
    if not speech:
        return limit_to_target(music)
    voice, gain = np.zeros(music.shape[1]), np.full(music.shape[1], _MUSIC_GAIN)
    for scene, wave in zip((0.0, *timing.cuts), speech, strict=True):
        at = round((scene + BEFORE_SPEECH_S) * RATE)
        voice[at : at + len(wave)] = fade(wave, 0.005, 0.01)
        gain = np.minimum(gain, _music_gain_around(at, at + len(wave), len(gain)))
    return limit_to_target(amplify_to_target(np.array([voice, voice])) + music * gain)


def _music_gain_around(start: int, end: int, count: int) -> Wave:
    """Return the music's gain at each sample around one speech; it drops a little earlier."""
    soft = round(_DUCKING_S * RATE)
    places = [start - soft, start, end, end + 2 * soft]
    return np.interp(np.arange(count), places, [_MUSIC_GAIN, _DUCKED_GAIN, _DUCKED_GAIN, _MUSIC_GAIN])
