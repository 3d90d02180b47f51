"""Sound track of a video: music, and each scene's speech over it."""

from collections.abc import Sequence

import numpy as np

from generation.sound.bed import STEADY_MOOD, MusicMood, compose_music_bed
from generation.sound.loudness import amplify_to_target_without_peak_limiter, normalize_to_target_loudness
from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ, MonoWave, StereoSound, fade_wave_in_and_out
from generation.timing import VideoTiming

#: Seconds from a scene's start to its speech.
PAUSE_BEFORE_SPEECH_S = 0.25
#: Seconds from the speech to the scene's end.
PAUSE_AFTER_SPEECH_S = 0.35
#: Gain of the music without speech.
_MUSIC_GAIN_WITHOUT_SPEECH = 0.4
#: Gain of the music under speech, 20 dB below the speech (WCAG 2.2, 1.4.7).
_MUSIC_GAIN_UNDER_SPEECH = 0.08
#: Seconds of the transition.
_MUSIC_DUCKING_TRANSITION_S = 0.2


def min_speech_scene_seconds(speech: Sequence[MonoWave]) -> list[float]:
    """Return each scene's minimum seconds for its speech with pauses around it; 0.0 without speech."""
    return [
        PAUSE_BEFORE_SPEECH_S + len(wave) / SOUND_SAMPLE_RATE_HZ + PAUSE_AFTER_SPEECH_S if len(wave) else 0.0
        for wave in speech
    ]


def mix_video_sound_track(
    timing: VideoTiming, seed: str, speech: Sequence[MonoWave] = (), mood: MusicMood = STEADY_MOOD
) -> StereoSound:
    """Return a video's stereo sound at the target loudness: music, with each scene's speech over it if there is any."""
    music = compose_music_bed(timing.total_s, seed, timing.cut_times_s, mood)
    if not speech:
        return normalize_to_target_loudness(music)
    voice, gain = np.zeros(music.shape[1]), np.full(music.shape[1], _MUSIC_GAIN_WITHOUT_SPEECH)
    for scene, wave in zip((0.0, *timing.cut_times_s), speech, strict=True):
        at = round((scene + PAUSE_BEFORE_SPEECH_S) * SOUND_SAMPLE_RATE_HZ)
        voice[at : at + len(wave)] = fade_wave_in_and_out(wave, 0.005, 0.01)
        gain = np.minimum(gain, _music_gain_around_speech(at, at + len(wave), len(gain)))
    return normalize_to_target_loudness(amplify_to_target_without_peak_limiter(np.array([voice, voice])) + music * gain)


def _music_gain_around_speech(start: int, end: int, count: int) -> MonoWave:
    """Return the music's gain at each sample, low during a scene's speech; it drops 0.2 s before, rises 0.4 s after."""
    soft = round(_MUSIC_DUCKING_TRANSITION_S * SOUND_SAMPLE_RATE_HZ)
    places = [start - soft, start, end, end + 2 * soft]
    return np.interp(
        np.arange(count),
        places,
        [_MUSIC_GAIN_WITHOUT_SPEECH, _MUSIC_GAIN_UNDER_SPEECH, _MUSIC_GAIN_UNDER_SPEECH, _MUSIC_GAIN_WITHOUT_SPEECH],
    )
