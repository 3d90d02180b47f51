"""Cleaning of untrusted texts: the result can be drawn, and is cheap to lay out."""

import unicodedata

import regex

from generation.text.scripts import UNSPACED_LETTER_CLASSES, split_graphemes

#: Maximum graphemes of a text, characters of a word, marks on a letter: a longer text is no language, but
#: costs as much.
MAX_DRAWN_TEXT_GRAPHEMES, MAX_DRAWN_WORD_CHARS, MAX_MARKS_PER_LETTER = 600, 60, 3
SOFT_HYPHEN, ELLIPSIS = "\u00ad", "…"

#: Parts of joined characters. Other controls, also direction overrides, are dropped.
_KEPT_JOINER_CHARACTERS = "\u200c\u200d\ufe0f"
_DROPPED_UNICODE_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_SPACE_RUN_PATTERN = regex.compile(r"[^\S\n]+")
_LINE_BREAK_RUN_PATTERN = regex.compile(r" *\n\s*")
_OVERLONG_WORD_PATTERN = regex.compile(rf"[^\s{UNSPACED_LETTER_CLASSES}]{{{MAX_DRAWN_WORD_CHARS + 1},}}")


def clean_drawn_text(text: str) -> str:
    """Clean a text: NFC, no control or blank run, at most 600 graphemes, 60 characters a word, 3 marks a letter."""
    kept = "".join(filter(_is_kept_in_drawn_text, unicodedata.normalize("NFC", text[: MAX_DRAWN_TEXT_GRAPHEMES * 8])))
    folded = _LINE_BREAK_RUN_PATTERN.sub("\n", _SPACE_RUN_PATTERN.sub(" ", kept)).strip()
    bounded = [_limit_letter_marks(cluster) for cluster in split_graphemes(folded)[:MAX_DRAWN_TEXT_GRAPHEMES]]
    return str(_OVERLONG_WORD_PATTERN.sub(lambda word: _truncate_overlong_word(word[0]) + ELLIPSIS, "".join(bounded)))


def _is_kept_in_drawn_text(char: str) -> bool:
    return (
        char == "\n"
        or char in _KEPT_JOINER_CHARACTERS
        or char.isspace()
        or unicodedata.category(char) not in _DROPPED_UNICODE_CATEGORIES
    )


def _truncate_overlong_word(word: str) -> str:
    """Return at most 60 characters of a word, in whole graphemes: half of a joined emoji is another picture."""
    kept = ""
    for cluster in split_graphemes(word):
        if len(kept) + len(cluster) > MAX_DRAWN_WORD_CHARS:
            break
        kept += cluster
    return kept or word[:MAX_DRAWN_WORD_CHARS]


def _limit_letter_marks(cluster: str) -> str:
    """Return a letter with only the first three of its combining marks."""
    if len(cluster) <= MAX_MARKS_PER_LETTER:
        return cluster
    kept, marks = [], 0
    for char in cluster:
        marks += bool(unicodedata.combining(char))
        if marks <= MAX_MARKS_PER_LETTER or not unicodedata.combining(char):
            kept.append(char)
    return "".join(kept)
