"""Speaker of the extra `voices`: its limits, its order, and each language's voice in a confined process."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.sound import speech
from generation.sound.phonemes import write_phonemes_with_punctuation
from generation.sound.speaker import split_phonemes
from generation.sound.speech import MAX_SPOKEN_LETTERS, synthesize_speech_of_texts
from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ
from generation.sound.voices import KOKORO_VOICE_BY_LANGUAGE, PICO_VOICE_BY_LANGUAGE
from generation.spec import LANGUAGES_BY_SPEECH_VOICE, PACKAGED_VOICE_LANGUAGE
from schemas.errors import GenerationError
from tests.architecture.tree import ROOT
from tests.peers import voices

TEXTS = {
    "de": "Frisches Brot, jeden Morgen.",
    "es": "Pan recién hecho, cada mañana.",
    "fr": "Du pain frais, chaque matin.",
    "hi": "हर सुबह ताज़ी रोटी, Tideline में।",
    "it": "Pane fresco, ogni mattina.",
    "ja": "毎朝焼きたてのパンを、Tidelineで。",
    "pt": "Pão fresco, todas as manhãs.",
    "zh": "每天30种新鲜面包，来Tideline吧！",
}
CONFINED = """
import json, resource, sys
from pathlib import Path
from generation.confinement.confine import confine_process
from generation.sound.speech import synthesize_speech_of_texts
from workers.generation.child import set_render_limits
language, text, folder = sys.argv[1:]
set_render_limits()
assert not confine_process(folder=Path(folder), programs=[])
first, silent = synthesize_speech_of_texts([text, "…"], language, "auto")
again, = synthesize_speech_of_texts([text], language, "auto")
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([len(first), len(silent), bool((first == again).all()), used.ru_maxrss]))
"""


def test_each_language_but_the_packaged_one_has_one_voice() -> None:
    languages = [*KOKORO_VOICE_BY_LANGUAGE, *PICO_VOICE_BY_LANGUAGE, PACKAGED_VOICE_LANGUAGE]
    assert sorted(languages) == sorted(LANGUAGES_BY_SPEECH_VOICE["auto"])


@given(st.lists(st.text("ab,.ˈ", min_size=1, max_size=90), max_size=40))
def test_no_phoneme_is_lost_or_read_over_the_limit(words: list[str]) -> None:
    parts = split_phonemes(" ".join(words))
    assert "".join(parts).replace(" ", "") == "".join(words)
    assert all(0 < len(part) <= 72 for part in parts)


@given(st.text("a ,.!?、。।0", max_size=60))
def test_clauses_reach_the_voice_in_order(text: str) -> None:
    seen: list[str] = []

    def write_phonemes(clause: str) -> str:
        seen.append(clause)
        return clause

    write_phonemes_with_punctuation(text, write_phonemes)
    positions = [0]
    for clause in seen:
        positions.append(text.index(clause, positions[-1]) + len(clause))
    left = "".join(char for char in text if char in "a0")
    assert "".join(char for clause in seen for char in clause if char in "a0") == left


@pytest.mark.parametrize("language", ["de", "ja"])
def test_a_missing_voice_is_reported_with_its_remedy(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setattr("generation.sound.voices.find_spec", lambda name: None)
    with pytest.raises(GenerationError, match="constraints-voices") as told:
        synthesize_speech_of_texts(["a"], language, "auto")
    assert told.value.code == "VOICES_NOT_INSTALLED"


def test_too_many_letters_are_refused_before_a_voice_reads_them() -> None:
    with pytest.raises(GenerationError) as told:
        synthesize_speech_of_texts(["Brot und Butter"] * (1 + MAX_SPOKEN_LETTERS // 15), "de", "auto")
    assert told.value.code == "TEXTS_TOO_LONG"


@pytest.mark.parametrize("program", ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(3)"])
def test_a_speaker_that_ends_fails_the_piece(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    run = subprocess.run

    def run_instead(words: Sequence[str], **options: object) -> object:
        return run([words[0], "-c", program], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(speech, "require_voice", lambda language: None)
    monkeypatch.setattr("generation.sound.speech.subprocess.run", run_instead)
    with pytest.raises(GenerationError) as told:
        synthesize_speech_of_texts(["Brot"], "de", "auto")
    assert told.value.code == ("RENDERER_KILLED" if "SIGKILL" in program else "SPEECH_FAILED")


@pytest.mark.peers
@pytest.mark.parametrize("language", TEXTS)
def test_each_voice_reads_its_language_within_the_limits_of_a_renderer(language: str, tmp_path: Path) -> None:
    words = [str(voices.install()), "-c", CONFINED, language, TEXTS[language], str(tmp_path)]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stderr
    samples, silent, is_same, peak_kib = json.loads(ran.stdout)
    assert (silent, is_same) == (0, True)
    assert 1 < samples / SOUND_SAMPLE_RATE_HZ < 5
    assert peak_kib < 700 << 10
