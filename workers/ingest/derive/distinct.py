"""Distinct keywords: each once, in any of its forms. The module loads no stop words, unlike `words.py`."""

import re
from collections.abc import Iterable

#: Keywords of a brand at most.
MOST = 12
ENDINGS = re.compile(r"(?:ies|es|en|s|e|n|y)$")
#: The only ending that a short word loses: that of a plural, as in `gifs`, but not in `bus` or `boss`.
PLURAL = re.compile(r"(?<=[^\Ws]{3})s$")
#: Letters of a stem at least: shorter ones would match other words.
SHORTEST = 4


def distinct(words: Iterable[str]) -> list[str]:
    """Return the first form of each word, at most `MOST`."""
    kept: dict[str, str] = {}
    for word in words:
        if len(kept) < MOST:
            kept.setdefault(stem(word), word)
    return list(kept.values())


def stem(term: str) -> str:
    """Return the stem of a term, the same for singular and plural. It is compared and never shown."""
    return " ".join(map(shortened, term.lower().split()))


def shortened(word: str) -> str:
    shorter = ENDINGS.sub("", word)
    return shorter if len(shorter) >= SHORTEST else PLURAL.sub("", word)
