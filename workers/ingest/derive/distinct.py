"""Distinct keywords: each once, in whichever form. The module loads no stop words, unlike `words.py`."""

import re
from collections.abc import Iterable

#: Keywords of a brand at most.
MOST = 12
ENDINGS = re.compile(r"(?:ies|es|en|s|e|n|y)$")
#: The one ending that a short word loses: that of a plural, as in `gifs`, but not in `bus` or `boss`.
PLURAL = re.compile(r"(?<=[^\Ws]{3})s$")
#: Letters that a stem must have: shorter ones would fit other words.
SHORTEST = 4


def distinct(words: Iterable[str]) -> list[str]:
    """The first form of each word, at most `MOST`."""
    kept: dict[str, str] = {}
    for word in words:
        if len(kept) < MOST:
            kept.setdefault(stem(word), word)
    return list(kept.values())


def stem(term: str) -> str:
    """Stem of a term, the same for singular and plural; it is compared and never shown."""
    return " ".join(map(shortened, term.lower().split()))


def shortened(word: str) -> str:
    shorter = ENDINGS.sub("", word)
    return shorter if len(shorter) >= SHORTEST else PLURAL.sub("", word)
