"""Sound track with speech: the speech stands out, in its scene, and only English texts are spoken."""

import numpy as np
import pytest

from generation.sound.loudness import TARGET_LUFS, loudness
from generation.sound.speech import read_aloud
from generation.sound.synthesis import RATE, Wave
from generation.sound.track import AFTER_SPEECH_S, BEFORE_SPEECH_S, speech_seconds, track
from generation.timing import Timing, timing
from schemas.errors import GenerationError

TEXTS = ["Know the tide before you go 🌊", "100% free%s", "…", "Try it"]


@pytest.fixture(scope="module")
def speech() -> list[Wave]:
    return read_aloud(TEXTS, "en-GB")


def test_speech_is_deterministic(speech: list[Wave]) -> None:
    again = read_aloud(TEXTS[:1], "en")[0]
    assert (again == speech[0]).all()
    assert [len(wave) > 0 for wave in speech] == [True, True, False, True]
    assert 1 < len(speech[0]) / RATE < 4


def test_scenes_last_as_long_as_their_speech(speech: list[Wave]) -> None:
    needed = speech_seconds(speech)
    scenes = timing(TEXTS[0], TEXTS[1:3], 8, needed).scenes
    assert all(scene >= seconds for scene, seconds in zip(scenes, needed, strict=True))
    assert needed[0] == pytest.approx(BEFORE_SPEECH_S + len(speech[0]) / RATE + AFTER_SPEECH_S)


def test_music_ducks_under_speech() -> None:
    """Silent speech leaves only the music, so that its gain under speech is measurable."""
    lasts = Timing(1.5, (), 1.5)
    silent = [np.full(RATE // 2, 1e-9), np.zeros(0)]
    given, music = track(lasts, "seed", silent), track(lasts, "seed")
    assert given.shape == music.shape
    assert loudness(given) == pytest.approx(TARGET_LUFS, abs=0.5)

    def share(start: float, end: float) -> float:
        part = slice(round(start * RATE), round(end * RATE))
        return float(np.abs(given[:, part]).mean() / np.abs(music[:, part]).mean())

    assert share(BEFORE_SPEECH_S + 0.1, BEFORE_SPEECH_S + 0.4) < share(1.4, 2.0) / 2


@pytest.mark.parametrize("language", ["de", "ja", "und"])
def test_no_other_language_is_read_by_an_english_voice(language: str) -> None:
    with pytest.raises(GenerationError) as told:
        read_aloud(TEXTS, language)
    assert told.value.code == "SPEECH_NOT_SPOKEN"
