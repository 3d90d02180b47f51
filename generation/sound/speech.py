"""Speech: texts read aloud by a voice of their language.

hibari has other voices than the packaged English one, but would download them, so they are never requested.
"""

import subprocess
import sys
from collections.abc import Sequence

import msgspec
import numpy as np
from hibari import SAMPLE_RATE, Hibari

from generation.pictures import KILL_SIGNALS_NOT_BY_LIMIT
from generation.sound.speaker import NUMBER_BYTES, SpeechRequest
from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ, MonoWave
from generation.sound.voices import require_voice
from generation.spec import LANGUAGES_BY_SPEECH_VOICE, PACKAGED_VOICE_LANGUAGE, SpeechVoice
from generation.text.cleaning import clean_drawn_text
from schemas.errors import GenerationError

PACKAGED_SPEECH_VOICE_NAME = "heart"
#: Seed of the voice: the same text gives the same samples.
_SPEECH_VOICE_SEED = 7
#: Absolute values below this are silence, at the start and end of speech.
_MAX_SILENT_AMPLITUDE = 0.004
#: Most letters read aloud in a piece: 60 seconds of speech, the longest video, have about 900.
MAX_SPOKEN_LETTERS = 1_000
#: Seconds for all texts of a piece; CPU time is limited first.
_SPEAKER_TIMEOUT_S = 300


def synthesize_speech_of_texts(texts: Sequence[str], language: str, voice: SpeechVoice) -> list[MonoWave]:
    """Return texts read aloud, each empty without letters or digits.

    Raises `GenerationError` if the voice doesn't speak the language, isn't installed, or if the texts are too long.
    """
    primary = language.partition("-")[0].lower()
    if primary not in LANGUAGES_BY_SPEECH_VOICE[voice]:
        spoken = ", ".join(sorted(LANGUAGES_BY_SPEECH_VOICE[voice]))
        raise GenerationError(
            "SPEECH_NOT_SPOKEN", f"the voice speaks {spoken}, and the texts are in {language}: turn speech off"
        )
    cleaned = [text if any(map(str.isalnum, text)) else "" for text in map(clean_drawn_text, texts)]
    if sum(map(len, cleaned)) > MAX_SPOKEN_LETTERS:
        raise GenerationError("TEXTS_TOO_LONG", f"the texts have over {MAX_SPOKEN_LETTERS:,} letters to read aloud")
    if primary != PACKAGED_VOICE_LANGUAGE:
        return _read_in_speaker_process(cleaned, primary)
    packaged = Hibari(voice=PACKAGED_SPEECH_VOICE_NAME, threads=1)
    return [_read_with_packaged_voice(packaged, text) for text in cleaned]


def _read_with_packaged_voice(voice: Hibari, text: str) -> MonoWave:
    """Return a text's speech without silence at its ends; empty for an empty text: the voice would hum."""
    if not text:
        return np.zeros(0)
    return _resample_wave(_trim_silence(voice(text, seed=_SPEECH_VOICE_SEED).astype(np.float64)), SAMPLE_RATE)


def _read_in_speaker_process(texts: Sequence[str], language: str) -> list[MonoWave]:
    require_voice(language)
    spoken = [text for text in texts if text]
    request = msgspec.json.encode(SpeechRequest(language, spoken))
    program = [sys.executable, "-m", "generation.sound.speaker"]
    try:
        answer = subprocess.run(
            program, input=request, capture_output=True, check=True, timeout=_SPEAKER_TIMEOUT_S, env={}
        )
    except subprocess.CalledProcessError as error:
        if -error.returncode in KILL_SIGNALS_NOT_BY_LIMIT:
            raise GenerationError("RENDERER_KILLED", "the process that reads aloud was ended by its host") from None
        raise GenerationError("SPEECH_FAILED", f"the voice's process ended with {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise GenerationError("SPEECH_FAILED", f"the voice took over {_SPEAKER_TIMEOUT_S} seconds") from None
    waves = iter(_split_waves(answer.stdout))
    return [next(waves) if text else np.zeros(0) for text in texts]


def _split_waves(output: bytes) -> list[MonoWave]:
    """Return the speech in the output of the speaker's process, without silence at its ends."""
    rate_hz = int.from_bytes(output[:NUMBER_BYTES], "big")
    waves, start = [], NUMBER_BYTES
    while start < len(output):
        count = int.from_bytes(output[start : start + NUMBER_BYTES], "big")
        samples = np.frombuffer(output, "<f4", count, start + NUMBER_BYTES).astype(np.float64)
        waves.append(_resample_wave(_trim_silence(samples), rate_hz))
        start += NUMBER_BYTES + 4 * count
    return waves


def _trim_silence(wave: MonoWave) -> MonoWave:
    """Return a wave without the silence at both ends; empty if all of it is silent."""
    loud = np.flatnonzero(np.abs(wave) > _MAX_SILENT_AMPLITUDE)
    return wave[loud[0] : loud[-1] + 1] if len(loud) else wave[:0]


def _resample_wave(wave: MonoWave, rate_hz: int) -> MonoWave:
    """Return a wave of a voice at the sample rate of our videos, band-limited to the voice's rate."""
    size = len(wave) * SOUND_SAMPLE_RATE_HZ // rate_hz
    return np.fft.irfft(np.fft.rfft(wave), size) * (SOUND_SAMPLE_RATE_HZ / rate_hz) if size else wave
