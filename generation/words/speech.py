"""Speech: which language a text is in, as far as the four tables can tell it by their commonest words."""

from functools import cache

from generation.spec import Brand
from generation.words import texts
from generation.words.languages import DEFAULT, TABLES, primary

#: Common words at least, their part of all words, and how often more than those of any other language.
FEWEST, PART, MORE = 3, 0.2, 1.5
#: Common words below which a text may be in any language.
FEW = 2


def language_of(brand: Brand) -> str:
    """The language that its texts are in; what they don't show is as the brand says."""
    declared = primary(brand.language) if brand.language else None
    return spoken(" ".join([*brand.taglines, *brand.descriptions])[:5000]) or declared or DEFAULT


def speaks(text: str, language: str) -> bool:
    """False for a text that clearly is in another language."""
    return spoken(text) in {None, language}


def spoken(text: str) -> str | None:
    """One of the four languages, or None."""
    words = texts.words(text)
    counts = _counts(words)
    best, second = sorted(counts, key=lambda language: -counts[language])[:2]
    enough = counts[best] >= max(FEWEST, PART * len(words))
    return best if enough and counts[best] > MORE * counts[second] else None


def sounds(text: str) -> set[str]:
    """The languages that a text may be in, however short: those with most of its common words."""
    counts = _counts(texts.words(text))
    most = max(counts.values())
    return {language for language, count in counts.items() if count == most or most < FEW}


def _counts(words: list[str]) -> dict[str, int]:
    return {language: sum(word in _glue(language) for word in words) for language in TABLES}


@cache
def _glue(language: str) -> frozenset[str]:
    return frozenset(TABLES[language].glue.split())
