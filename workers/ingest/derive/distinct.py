"""A list of keywords has each once, whatever its form. Apart, so that its readers load no stop words."""

import re
from collections.abc import Iterable

#: Keywords that a brand has at most.
MOST = 12
ENDINGS = re.compile(r"(?:ies|es|en|s|e|n|y)$")
#: Of a short word only the plural's goes: `notes`, `gifs`, but not `bus` or `boss`.
PLURAL = re.compile(r"(?<=[^\Ws]{3})s$")
#: What is left of a longer one may not be shorter, or others would be taken for its forms.
SHORTEST = 4


def distinct(words: Iterable[str]) -> list[str]:
    """The first of each, at most `MOST`."""
    kept: dict[str, str] = {}
    for word in words:
        if len(kept) < MOST:
            kept.setdefault(stem(word), word)
    return list(kept.values())


def stem(term: str) -> str:
    """The same for a term's singular and plural: for comparing, never for showing."""
    return " ".join(map(shortened, term.lower().split()))


def shortened(word: str) -> str:
    shorter = ENDINGS.sub("", word)
    return shorter if len(shorter) >= SHORTEST else PLURAL.sub("", word)
