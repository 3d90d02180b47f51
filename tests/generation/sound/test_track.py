"""Sound track with speech: the speech stands out, in its scene, and only English texts are spoken."""

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.sound.bed import compose_music_bed
from generation.sound.loudness import (
    MAX_TRUE_PEAK_DB,
    TARGET_LOUDNESS_LUFS,
    measure_loudness_lufs,
    measure_true_peak_db,
    normalize_to_target_loudness,
)
from generation.sound.speech import synthesize_speech_of_texts
from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ, MonoWave, StereoSound, sample_times_s
from generation.sound.track import (
    PAUSE_AFTER_SPEECH_S,
    PAUSE_BEFORE_SPEECH_S,
    min_speech_scene_seconds,
    mix_video_sound_track,
)
from generation.timing import MUSIC_BEAT_S, VideoTiming, plan_video_timing
from schemas.errors import GenerationError

TEXTS = ["Know the tide before you go 🌊", "100% free%s", "…", "Try it"]


@pytest.fixture(scope="module")
def speech() -> list[MonoWave]:
    return synthesize_speech_of_texts(TEXTS, "en-GB", "auto")


def test_speech_is_deterministic(speech: list[MonoWave]) -> None:
    again = synthesize_speech_of_texts(TEXTS[:1], "en", "heart")[0]
    assert (again == speech[0]).all()
    assert [len(wave) > 0 for wave in speech] == [True, True, False, True]
    assert 1 < len(speech[0]) / SOUND_SAMPLE_RATE_HZ < 4


def test_scenes_last_as_long_as_their_speech(speech: list[MonoWave]) -> None:
    needed = min_speech_scene_seconds(speech)
    scenes = plan_video_timing(TEXTS[0], TEXTS[1:3], 8, needed).scene_durations_s
    assert all(scene >= seconds for scene, seconds in zip(scenes, needed, strict=True))
    assert needed[0] == pytest.approx(
        PAUSE_BEFORE_SPEECH_S + len(speech[0]) / SOUND_SAMPLE_RATE_HZ + PAUSE_AFTER_SPEECH_S
    )


def test_music_ducks_under_speech() -> None:
    """Silent speech leaves only the music, so that its gain under speech is measurable."""
    lasts = VideoTiming(1.5, (), 1.5)
    silent = [np.full(SOUND_SAMPLE_RATE_HZ // 2, 1e-9), np.zeros(0)]
    given, music = mix_video_sound_track(lasts, "seed", silent), mix_video_sound_track(lasts, "seed")
    assert given.shape == music.shape
    assert measure_loudness_lufs(given) == pytest.approx(TARGET_LOUDNESS_LUFS, abs=0.5)

    def share(start: float, end: float) -> float:
        part = slice(round(start * SOUND_SAMPLE_RATE_HZ), round(end * SOUND_SAMPLE_RATE_HZ))
        return float(np.abs(given[:, part]).mean() / np.abs(music[:, part]).mean())

    assert share(PAUSE_BEFORE_SPEECH_S + 0.1, PAUSE_BEFORE_SPEECH_S + 0.4) < share(1.4, 2.0) / 2


@pytest.mark.parametrize("language", ["de", "ja", "und"])
def test_no_other_language_is_read_by_an_english_voice(language: str) -> None:
    with pytest.raises(GenerationError) as told:
        synthesize_speech_of_texts(TEXTS, language, "heart")
    assert told.value.code == "SPEECH_NOT_SPOKEN"


def tone(level: float, seconds: float = 3.0, hertz: float = 997.0) -> StereoSound:
    wave = level * np.sin(2 * np.pi * hertz * sample_times_s(seconds))
    return np.array([wave, wave])


def test_loudness_matches_the_standard() -> None:
    """A sine of 997 Hz at full scale in both channels is at 0 LUFS (BS.1770: -3.01 in one)."""
    assert measure_loudness_lufs(tone(1.0)) == pytest.approx(0.0, abs=0.02)
    assert measure_loudness_lufs(tone(0.1)) == pytest.approx(-20.0, abs=0.02)
    assert measure_loudness_lufs(tone(0.0)) == -math.inf


def test_quiet_parts_do_not_count() -> None:
    both = np.concatenate([tone(0.1), tone(0.001, seconds=9)], axis=1)
    assert measure_loudness_lufs(both) == pytest.approx(-20, abs=0.3)


def test_a_peak_between_samples_counts() -> None:
    """At a quarter of the sample rate, shifted by half a sample, no sample is at the peak."""
    wave = np.sin(2 * np.pi * SOUND_SAMPLE_RATE_HZ / 4 * sample_times_s(0.5) + np.pi / 4)
    assert np.abs(wave).max() < 0.71
    assert measure_true_peak_db(np.array([wave, wave])) == pytest.approx(0, abs=0.2)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.003, 1), st.floats(0, 0.9), st.integers(1, 40))
def test_any_sound_reaches_the_target_without_high_peaks(level: float, click: float, every: int) -> None:
    sound = tone(level, 1.5)
    sound[:, :: every * 800] += click
    made = normalize_to_target_loudness(sound)
    assert (
        measure_loudness_lufs(made) == pytest.approx(TARGET_LOUDNESS_LUFS, abs=0.5)
        or measure_true_peak_db(made) > MAX_TRUE_PEAK_DB - 0.5
    )
    assert measure_true_peak_db(made) <= MAX_TRUE_PEAK_DB + 0.4


def test_silence_stays_silence() -> None:
    assert not normalize_to_target_loudness(tone(0.0)).any()


def test_a_bed_has_the_requested_length_and_a_drum_on_each_beat() -> None:
    made = compose_music_bed(4, "seed", [2.0])
    assert made.shape == (2, 4 * SOUND_SAMPLE_RATE_HZ)
    low = np.abs(made.sum(axis=0)).reshape(-1, round(MUSIC_BEAT_S * SOUND_SAMPLE_RATE_HZ))
    begins, middle = low[2:-2, :2_400].mean(axis=1), low[2:-2, 12_000:14_400].mean(axis=1)
    assert (begins > middle).all()


def test_only_the_seed_decides() -> None:
    """Rounded to 16 bits as in a video: equal with Python 3.11 and 3.13, and every numpy from 2.4."""

    def digest(seed: str) -> str:
        return hashlib.sha256((compose_music_bed(2, seed, []) * 32_767).round().astype("<i2").tobytes()).hexdigest()[
            :16
        ]

    assert digest("one") == "b841cf88c9dfb1eb"
    assert digest("two") != digest("one")
