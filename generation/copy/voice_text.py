"""Text of a derived voice: one phrase a line for each trait, in the brand's language.

The text itself is the data. The ingest writes it from `voice_phrases.json`, and the writer of copy finds the
traits again by the same phrases. So a line that the partner deletes no longer counts, and a voice that an
influencer copies keeps its traits.
"""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

#: Marks before a line of advice: to do, and not to do.
DO_MARK = "✓ "
DONT_MARK = "✗ "
_QUOTED_WORD_PATTERN = re.compile(r"[“„«「‘]\s?([^“”„«»「」‘’]+?)\s?[“”»」’]")
_NUMBER_PATTERN = re.compile(r"\d+")


class StatedVoiceTrait(NamedTuple):
    """Trait of a voice's text, such as `length_short`, and the word that its line quotes; empty without one."""

    trait: str
    word: str


@cache
def load_voice_phrases() -> dict[str, dict[str, str]]:
    """Return the phrases of a voice by language, then by trait. Slots: `{word}`, `{number}`, `{usual}`."""
    source = files(__package__).joinpath("voice_phrases.json").read_bytes()
    return msgspec.json.decode(source, type=dict[str, dict[str, str]])


def find_stated_voice_traits(voice: str) -> list[StatedVoiceTrait]:
    """Return the traits that a voice's lines state by a phrase of any language, in their order."""
    traits = _voice_traits_by_phrase_pattern()
    lines = [line.strip().removeprefix(DO_MARK).removeprefix(DONT_MARK) for line in voice.splitlines()]
    return [
        StatedVoiceTrait(trait, quoted[1] if (quoted := _QUOTED_WORD_PATTERN.search(line)) else "")
        for line in lines
        if (trait := traits.get(_empty_phrase_slots(line)))
    ]


@cache
def _voice_traits_by_phrase_pattern() -> dict[str, str]:
    return {
        _empty_phrase_slots(phrase.format(word="x", number=0, usual=0)): trait
        for phrases in load_voice_phrases().values()
        for trait, phrase in phrases.items()
    }


def _empty_phrase_slots(line: str) -> str:
    """Return a line with equal signs for all quoted words and all numbers."""
    return _NUMBER_PATTERN.sub("0", _QUOTED_WORD_PATTERN.sub("“”", line))
