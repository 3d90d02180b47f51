"""Speech: texts read aloud by the one voice that is packaged, which is English.

hibari has others, which it would download: none of them is ever asked for.
"""

from collections.abc import Sequence

import numpy as np
from hibari import SAMPLE_RATE, Hibari

from generation.sound.synthesis import RATE, Wave
from generation.spec import SPOKEN
from generation.text.cleaning import clean
from schemas.errors import GenerationError

VOICE = "heart"
#: What is random in the voice is the same each time.
_SEED = 7
#: Samples below this are silence, at the beginning and the end of what it says.
_SILENT = 0.004


def read_aloud(texts: Sequence[str], language: str) -> list[Wave]:
    """The sound of each text. Raises `GenerationError` for another language than the voice's."""
    if language.partition("-")[0].lower() != SPOKEN:
        raise GenerationError(
            "SPEECH_NOT_SPOKEN",
            f"the voice speaks English, and the texts are in {language}: ask for no speech",
        )
    voice = Hibari(voice=VOICE, threads=1)
    return [_said(voice, clean(text)) for text in texts]


def _said(voice: Hibari, text: str) -> Wave:
    """Nothing of a text without a letter: the voice would hum."""
    if not any(map(str.isalnum, text)):
        return np.zeros(0)
    return _finer(_trimmed(voice(text, seed=_SEED).astype(np.float64)))


def _trimmed(wave: Wave) -> Wave:
    """A wave without the silences around it."""
    heard = np.flatnonzero(np.abs(wave) > _SILENT)
    return wave[heard[0] : heard[-1] + 1] if len(heard) else wave[:0]


def _finer(wave: Wave) -> Wave:
    """A wave at our rate, with nothing above what the voice's can have."""
    size = len(wave) * RATE // SAMPLE_RATE
    return np.fft.irfft(np.fft.rfft(wave), size) * (RATE / SAMPLE_RATE) if size else wave
