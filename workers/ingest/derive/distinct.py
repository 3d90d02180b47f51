"""Keyword lists: each keyword once, in any of its forms, and declared ones completed by derived ones.

The module loads no stop words: the parent process imports it.
"""

import re
from collections.abc import Iterable

import msgspec

from schemas.brand import Field, FieldFinding

MAX_KEYWORDS = 12
ENDINGS = re.compile(r"(?:ies|es|en|s|e|n|y)$")
#: The only ending that a short word loses: that of a plural, as in `gifs`, but not in `bus` or `boss`.
PLURAL = re.compile(r"(?<=[^\Ws]{3})s$")
#: Letters of a stem at least: shorter ones would match other words.
MIN_STEM_CHARS = 4
#: Declared keywords that are enough: a genre or two don't distinguish brands.
ENOUGH_KEYWORDS = 5
TERMS_RULE = "text.terms"


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


def complete_keywords(fields: dict[Field, FieldFinding]) -> dict[Field, FieldFinding]:
    best = fields.get("keywords")
    text = best and next(
        (alternative for alternative in best.alternatives if alternative.rule == TERMS_RULE), None
    )
    if best is None or text is None or len(best.value) >= ENOUGH_KEYWORDS:
        return fields
    return {**fields, "keywords": join_keywords(best, text)}


def join_keywords(best: FieldFinding, text: FieldFinding) -> FieldFinding:
    """Join declared keywords and derived ones; both stay as alternatives with their own confidence."""
    alone = msgspec.structs.replace(best, alternatives=[])
    return FieldFinding(
        value=distinct([*best.value, *text.value]),
        confidence=round((best.confidence + text.confidence) / 2, 3),
        rule=f"{best.rule}+{TERMS_RULE}",
        url=best.url,
        alternatives=[alone, *best.alternatives],
    )
