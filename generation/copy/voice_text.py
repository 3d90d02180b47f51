"""Text of a derived voice: one line for each trait, in the brand's language.

The text itself is the data. The ingest writes it from `voice_phrases.json`, and the writer of copy finds the
traits again by the same phrases. So a line that the partner deletes no longer counts, and a voice that an
influencer copies keeps its traits.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from generation.copy.chinese import TRADITIONAL_CHINESE, write_in_traditional_characters

#: The line that a reader of the text takes as free words: it names tones.
TONE_LINE = "tone"
_PHRASE_SLOT_PATTERN = re.compile(r"\\\{\w+\\\}")


class VoicePhrases(msgspec.Struct, frozen=True, kw_only=True):
    """Phrases of one language.

    `tones` are adjectives, `lines` the sentences of a voice by trait, with the slots `{word}`, `{person}` and
    `{list}`. `avoided` are nouns for the line of that name, its `form` has the slot `{word}`. `quotation` puts a
    `{word}` in quotes. `separator` stands between the items of a list in a language that writes no "and" there.
    """

    quotation: str
    tones: dict[str, str]
    lines: dict[str, str]
    avoided: dict[str, str]
    separator: str = ""


class StatedVoiceTrait(NamedTuple):
    """Trait of a voice's text, such as `do_short`, and the first word or list of its line; empty without one."""

    trait: str
    word: str


@cache
def load_voice_phrases() -> dict[str, VoicePhrases]:
    """Return the phrases of a voice by language; Chinese also in traditional characters."""
    source = files(__package__).joinpath("voice_phrases.json").read_text("utf-8")
    phrases = msgspec.json.decode(source, type=dict[str, VoicePhrases])
    traditional = msgspec.json.encode(phrases["zh"]).decode()
    return phrases | {
        TRADITIONAL_CHINESE: msgspec.json.decode(write_in_traditional_characters(traditional), type=VoicePhrases)
    }


def find_stated_voice_traits(voice: str) -> list[StatedVoiceTrait]:
    """Return the traits that a voice's lines state by a phrase of any language, in their order.

    The line of its tones is left out: it has free words. The first trait that fits a line counts.
    """
    return [trait for line in voice.splitlines() for trait in list(_find_traits_of_line(line.strip()))[:1]]


def _find_traits_of_line(line: str) -> Iterator[StatedVoiceTrait]:
    for trait, pattern in _voice_line_patterns().items():
        if match := pattern.fullmatch(line):
            yield StatedVoiceTrait(trait, next(filter(None, match.groups()), ""))


@cache
def _voice_line_patterns() -> dict[str, re.Pattern[str]]:
    traits = dict.fromkeys(trait for phrases in load_voice_phrases().values() for trait in phrases.lines)
    return {trait: _compile_line_pattern(trait) for trait in traits if trait != TONE_LINE}


def _compile_line_pattern(trait: str) -> re.Pattern[str]:
    lines = [phrases.lines[trait] for phrases in load_voice_phrases().values() if trait in phrases.lines]
    return re.compile("|".join(_PHRASE_SLOT_PATTERN.sub("(.+?)", re.escape(line)) for line in lines))
