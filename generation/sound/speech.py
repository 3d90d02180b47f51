"""Speech: texts read aloud by the packaged English voice.

hibari has other voices, but would download them, so they are never requested.
"""

from collections.abc import Sequence

import numpy as np
from hibari import SAMPLE_RATE, Hibari

from generation.sound.synthesis import RATE, Wave
from generation.spec import SPOKEN
from generation.text.cleaning import clean
from schemas.errors import GenerationError

VOICE = "heart"
#: Seed of the voice: the same text gives the same samples.
_SEED = 7
#: Absolute values below this are silence, at the start and end of speech.
_SILENT = 0.004


def read_aloud(texts: Sequence[str], language: str) -> list[Wave]:
    """Synthesize each text. Raises `GenerationError` for a language other than the voice's."""
    if language.partition("-")[0].lower() != SPOKEN:
        raise GenerationError(
            "SPEECH_NOT_SPOKEN",
            f"the voice speaks only English, and the texts are in {language}: turn speech off",
        )
    voice = Hibari(voice=VOICE, threads=1)
    return [_speak(voice, clean(text)) for text in texts]


def _speak(voice: Hibari, text: str) -> Wave:
    """Synthesize one text. A text without letters gives no sound: the voice would hum."""
    if not any(map(str.isalnum, text)):
        return np.zeros(0)
    return _resample(_trim(voice(text, seed=_SEED).astype(np.float64)))


def _trim(wave: Wave) -> Wave:
    """Trim the silence at both ends."""
    loud = np.flatnonzero(np.abs(wave) > _SILENT)
    return wave[loud[0] : loud[-1] + 1] if len(loud) else wave[:0]


def _resample(wave: Wave) -> Wave:
    """Resample a wave to our rate, band-limited to the voice's rate."""
    size = len(wave) * RATE // SAMPLE_RATE
    return np.fft.irfft(np.fft.rfft(wave), size) * (RATE / SAMPLE_RATE) if size else wave
