"""Tone of a text in figures: the sentences with each sign, compared with home pages of the language."""

import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec
from msgspec import field

from workers.ingest.page.text import count_words

#: Emoji after words: one before a text is its icon. No stars, ticks and arrows, which are bullets.
TONE_EMOJI_PATTERN = re.compile(
    r"(?:(?<=[\w.!?…,)] )|(?<=[\w.!?…,)]))[\U0001f300-\U0001faff\u2600-\u2604\u2607-\u2712\u2728-\u2793]"
)
#: Marks at the end of a sentence, with quotes, brackets and emoji after them.
TONE_EXCLAMATION_END_PATTERN = re.compile(r"[!！]\W{0,8}$")
EXCLAMATION_MARK_PATTERN = re.compile(r"[!！]")
TONE_QUESTION_END_PATTERN = re.compile(r"[?？؟]\W{0,8}$")
#: The end of a sentence; a text without one may be an item of a list.
TONE_SENTENCE_END_PATTERN = re.compile(r"[.!?…。！？؟]\W{0,8}$")
#: Number of things, such as `20 years`, `100 %`; no hour, price, date or telephone number.
TONE_FIGURE_PATTERN = re.compile(
    r"(?<![\d.,:/])\b\d{1,3}(?:[.,]?\d{3})*(?:\s?[+%]|\s[^\W\d_]{3,}|[年万件社名回種\uac00-\ud7af])"
)
#: Languages with sentences measured in characters.
LANGUAGES_MEASURED_IN_CHARACTERS = frozenset({"ja", "ko", "zh"})
#: Shares of a home page's sentences that have a sign: means of 26 home pages in twelve languages, rounded.
USUAL_SENTENCE_SHARES = {
    "question": 0.03,
    "exclamation": 0.03,
    "emoji": 0.015,
    "imperative": 0.045,
    "superlative": 0.08,
    "figure": 0.09,
}
#: Standard deviation of the logarithm of a page's sentence length: so lengths of .74 and 1.35 of the usual are far.
SENTENCE_LENGTH_LOG_DEVIATION = 0.15


class VoiceForm(msgspec.Struct, frozen=True, kw_only=True):
    """Form of address, person or politeness: the pattern of its words, its tone, and its contrary form."""

    pattern: str
    tone: str = ""
    contrary: str = ""


class LanguageVoiceRules(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns of one language, matched without regard to case.

    `address`, `person` and `politeness` have a form by the word with which a voice names it. `call` is the pattern of
    a button's label that calls on the reader to act, `finite` the one of finite verbs. `usual_length` is the middle
    length of sentences on home pages: words, or characters for `LANGUAGES_MEASURED_IN_CHARACTERS`. `letter` is a
    letter of the language's script: a sentence without one is in another language.
    """

    usual_length: int
    address: dict[str, VoiceForm]
    person: dict[str, VoiceForm]
    imperative: str
    superlative: str
    call: str
    finite: str = ""
    politeness: dict[str, VoiceForm] = field(default_factory=dict)
    letter: str = "[a-z\u00c0-\u024f]"


class ToneMeasures(NamedTuple):
    """Figures of a text: its words and sentences, their middle length, and the sentences with each sign."""

    words: int
    sentences: int
    middle_length: int
    signs: Counter[str]


@cache
def load_voice_rules() -> dict[str, LanguageVoiceRules]:
    source = files(__package__).joinpath("voice_rules.json").read_bytes()
    return msgspec.json.decode(source, type=dict[str, LanguageVoiceRules])


def measure_tone(sentences: Sequence[str], language: str) -> ToneMeasures:
    """Return the figures of sentences, which are in a language with rules."""
    rules = load_voice_rules()[language]
    lengths = [measure_sentence_length(sentence, language) for sentence in sentences]
    patterns = {
        "question": TONE_QUESTION_END_PATTERN,
        "exclamation": TONE_EXCLAMATION_END_PATTERN,
        "emoji": TONE_EMOJI_PATTERN,
        "imperative": compile_tone_pattern(rules.imperative),
        "superlative": compile_tone_pattern(rules.superlative),
        "figure": TONE_FIGURE_PATTERN,
    }
    return ToneMeasures(
        words=sum(map(count_words, sentences)),
        sentences=len(sentences),
        middle_length=round(statistics.median(lengths)) if lengths else rules.usual_length,
        signs=Counter({sign: count_texts(sentences, pattern) for sign, pattern in patterns.items()}),
    )


def measure_sentence_length(sentence: str, language: str) -> int:
    """Return a sentence's length in words, or in characters for `LANGUAGES_MEASURED_IN_CHARACTERS`."""
    return len(sentence) if language in LANGUAGES_MEASURED_IN_CHARACTERS else len(sentence.split())


def count_texts_by_form(texts: Sequence[str], forms: Mapping[str, VoiceForm]) -> Counter[str]:
    """Return the number of texts with each form; a form without texts is left out."""
    return +Counter({name: count_texts(texts, compile_tone_pattern(form.pattern)) for name, form in forms.items()})


def find_absent_signs(texts: Sequence[str], language: str) -> list[str]:
    """Return the signs in none of the texts: `exclamation`, `superlative`."""
    superlative = compile_tone_pattern(load_voice_rules()[language].superlative)
    patterns = {"exclamation": EXCLAMATION_MARK_PATTERN, "superlative": superlative}
    return [sign for sign, pattern in patterns.items() if not any(pattern.search(text) for text in texts)]


def count_texts(texts: Sequence[str], pattern: re.Pattern[str]) -> int:
    return sum(pattern.search(text) is not None for text in texts)


def compute_share_deviation(count: int, total: int, usual_share: float) -> float:
    """Return the standard deviations between a count of sentences and the usual one, of a binomial distribution."""
    return (count - total * usual_share) / math.sqrt(total * usual_share * (1 - usual_share))


def compute_length_deviation(length: int, usual_length: int) -> float:
    """Return the standard deviations between the logarithms of a sentence length and the usual one."""
    return math.log(length / usual_length) / SENTENCE_LENGTH_LOG_DEVIATION


@cache
def compile_tone_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
