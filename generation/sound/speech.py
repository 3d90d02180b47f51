"""Speech: texts read aloud by the packaged English voice.

hibari has other voices, but would download them, so they are never requested.
"""

from collections.abc import Sequence

import numpy as np
from hibari import SAMPLE_RATE, Hibari

from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ, MonoWave
from generation.spec import SPEECH_VOICE_LANGUAGE
from generation.text.cleaning import clean_drawn_text
from schemas.errors import GenerationError

PACKAGED_SPEECH_VOICE_NAME = "heart"
#: Seed of the voice: the same text gives the same samples.
_SPEECH_VOICE_SEED = 7
#: Absolute values below this are silence, at the start and end of speech.
_MAX_SILENT_AMPLITUDE = 0.004


def synthesize_speech_of_texts(texts: Sequence[str], language: str) -> list[MonoWave]:
    """Return texts read aloud, each empty without letters or digits. Raises `GenerationError` if not English."""
    if language.partition("-")[0].lower() != SPEECH_VOICE_LANGUAGE:
        raise GenerationError(
            "SPEECH_NOT_SPOKEN", f"the voice speaks only English, and the texts are in {language}: turn speech off"
        )
    voice = Hibari(voice=PACKAGED_SPEECH_VOICE_NAME, threads=1)
    return [_synthesize_speech(voice, clean_drawn_text(text)) for text in texts]


def _synthesize_speech(voice: Hibari, text: str) -> MonoWave:
    """Return a text's speech without silence at its ends; empty without letters or digits: the voice would hum."""
    if not any(map(str.isalnum, text)):
        return np.zeros(0)
    return _resample_wave(_trim_silence(voice(text, seed=_SPEECH_VOICE_SEED).astype(np.float64)))


def _trim_silence(wave: MonoWave) -> MonoWave:
    """Return a wave without the silence at both ends; empty if all of it is silent."""
    loud = np.flatnonzero(np.abs(wave) > _MAX_SILENT_AMPLITUDE)
    return wave[loud[0] : loud[-1] + 1] if len(loud) else wave[:0]


def _resample_wave(wave: MonoWave) -> MonoWave:
    """Return a wave of the speech voice at the sample rate of our videos, band-limited to the voice's rate."""
    size = len(wave) * SOUND_SAMPLE_RATE_HZ // SAMPLE_RATE
    return np.fft.irfft(np.fft.rfft(wave), size) * (SOUND_SAMPLE_RATE_HZ / SAMPLE_RATE) if size else wave
