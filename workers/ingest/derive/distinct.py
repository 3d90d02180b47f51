"""Distinct keywords: each once, in any of its forms. Loads no stop words, unlike `stop_words.py`."""

import re
from collections.abc import Iterable

#: Keywords of a brand at most.
MAX_KEYWORDS = 12
ENDINGS = re.compile(r"(?:ies|es|en|s|e|n|y)$")
#: The only ending that a short word loses: that of a plural, as in `gifs`, but not in `bus` or `boss`.
PLURAL = re.compile(r"(?<=[^\Ws]{3})s$")
#: Letters of a stem at least: shorter ones would match other words.
MIN_STEM_CHARS = 4


def distinct(words: Iterable[str]) -> list[str]:
    """Return the first form of each word, at most `MAX_KEYWORDS`."""
    by_stem: dict[str, str] = {}
    for word in words:
        if len(by_stem) < MAX_KEYWORDS:
            by_stem.setdefault(stem(word), word)
    return list(by_stem.values())


def stem(term: str) -> str:
    """Return the stem of a term, the same for singular and plural. It is compared and never shown."""
    return " ".join(map(stem_of_word, term.lower().split()))


def stem_of_word(word: str) -> str:
    shorter = ENDINGS.sub("", word)
    return shorter if len(shorter) >= MIN_STEM_CHARS else PLURAL.sub("", word)
