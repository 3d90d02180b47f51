"""Index of stems: finds the owners of word beginnings in a text by one pass."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

#: Separator of a table's alternatives.
STEM_SEPARATOR = "|"
#: Mark before a stem that may stand inside a word, as the second part of a German compound.
INNER_STEM_MARK = "*"
#: Mark after a stem with which the word ends.
WHOLE_WORD_MARK = "_"
#: Characters by which stems are looked up; shorter stems have fewer.
STEM_KEY_CHARS = 3
MIN_STEM_CHARS = 2
#: Texts with remembered stems: more than a page has.
MAX_REMEMBERED_TEXTS = 4_096
WORD_BEGINNING_PATTERN = re.compile(r"\b\w")
#: A character of a script without blanks between words.
UNSPACED_SCRIPT_PATTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class StemMatch(NamedTuple):
    """Stem found in a text: its owner, and its place."""

    owner: str
    start: int
    end: int


class TextStem(NamedTuple):
    """Stem of an owner, in lower case; `is_whole` if the word must end with it."""

    text: str
    owner: str
    is_whole: bool


class StemIndex:
    """Stems of many owners, by their first characters, the longest first.

    At a word's beginning there may be any stem, `anywhere` in a word only an inner one.
    """

    def __init__(self, alternatives_by_owner: Mapping[str, str]) -> None:
        self.at_beginnings: dict[str, list[TextStem]] = {}
        self.anywhere: dict[str, list[TextStem]] = {}
        for owner, alternatives in alternatives_by_owner.items():
            for alternative in filter(None, alternatives.split(STEM_SEPARATOR)):
                self._add_stem(owner, alternative)
        for index in (self.at_beginnings, self.anywhere):
            for key, stems in index.items():
                if len(key) == STEM_KEY_CHARS:
                    stems.extend(index.get(key[:MIN_STEM_CHARS], ()))
                stems.sort(key=lambda stem: -len(stem.text))

    def _add_stem(self, owner: str, alternative: str) -> None:
        text = lower_keeping_length(alternative.strip(INNER_STEM_MARK + WHOLE_WORD_MARK))
        stem = TextStem(text, owner, alternative.endswith(WHOLE_WORD_MARK))
        key = text[:STEM_KEY_CHARS]
        self.at_beginnings.setdefault(key, []).append(stem)
        if alternative.startswith(INNER_STEM_MARK) or UNSPACED_SCRIPT_PATTERN.match(text):
            self.anywhere.setdefault(key, []).append(stem)

    def find_stems(self, text: str) -> Iterator[StemMatch]:
        """Yield the stems in a text, by their place; of one place only the longest, as `dog hotel` before `dog`."""
        return iter(remember_stems(self, text))

    def read_stems(self, text: str) -> Iterator[StemMatch]:
        lower_text = lower_keeping_length(text)
        beginnings = {match.start() for match in WORD_BEGINNING_PATTERN.finditer(lower_text)}
        for start in range(len(lower_text)) if self.anywhere else sorted(beginnings):
            stems = self.at_beginnings if start in beginnings else self.anywhere
            key = lower_text[start : start + STEM_KEY_CHARS]
            if possible := stems.get(key) or stems.get(key[:MIN_STEM_CHARS]):
                yield from find_longest_stems_at(lower_text, start, possible)


@lru_cache(MAX_REMEMBERED_TEXTS)
def remember_stems(index: StemIndex, text: str) -> tuple[StemMatch, ...]:
    """Return the stems of a text. Several rules read the texts of one page."""
    return tuple(index.read_stems(text))


def find_longest_stems_at(lower_text: str, start: int, stems: Iterable[TextStem]) -> Iterator[StemMatch]:
    """Yield the first of `stems` at a place of the text, and further ones with its length."""
    longest = 0
    for stem in stems:
        if not lower_text.startswith(stem.text, start):
            continue
        if len(stem.text) < longest:
            return
        end = start + len(stem.text)
        if not (stem.is_whole and lower_text[end : end + 1].isalnum()):
            longest = len(stem.text)
            yield StemMatch(stem.owner, start, end)


def lower_keeping_length(text: str) -> str:
    """Return the text in lower case, with as many characters: the Turkish `İ` becomes `i`."""
    return text.replace("İ", "i").lower()
