"""Keyword lists: each keyword once, in any of its forms, and declared ones completed by derived ones.

The module loads no stop words: the parent process imports it.
"""

import re
from collections.abc import Iterable

import msgspec

from schemas.brand import BrandFieldName, SourceFieldFinding

MAX_BRAND_KEYWORDS = 12
STRIPPED_WORD_ENDING_PATTERN = re.compile(r"(?:ies|es|en|s|e|n|y)$")
#: The only ending that a short word loses: that of a plural, as in `gifs`, but not in `bus` or `boss`.
PLURAL_ENDING_PATTERN = re.compile(r"(?<=[^\Ws]{3})s$")
#: Letters of a stem at least: shorter ones would match other words.
MIN_STEM_CHARS = 4
#: Declared keywords that are enough: a genre or two don't distinguish brands.
MIN_SUFFICIENT_KEYWORDS = 5
DERIVED_KEYWORDS_RULE = "text.terms"


def drop_same_stem_keywords(words: Iterable[str]) -> list[str]:
    """Return each keyword once, in its first form, at most `MAX_BRAND_KEYWORDS`.

    Forms with the same stem, such as singular and plural, are one keyword.
    """
    by_stem: dict[str, str] = {}
    for word in words:
        if len(by_stem) < MAX_BRAND_KEYWORDS:
            by_stem.setdefault(stem_term(word), word)
    return list(by_stem.values())


def stem_term(term: str) -> str:
    """Return the stem of a term, the same for singular and plural. It is compared and never shown."""
    return " ".join(map(stem_of_word, term.lower().split()))


def stem_of_word(word: str) -> str:
    shorter = STRIPPED_WORD_ENDING_PATTERN.sub("", word)
    return shorter if len(shorter) >= MIN_STEM_CHARS else PLURAL_ENDING_PATTERN.sub("", word)


def complete_declared_keywords(
    fields: dict[BrandFieldName, SourceFieldFinding],
) -> dict[BrandFieldName, SourceFieldFinding]:
    best = fields.get("keywords")
    text = best and next(
        (alternative for alternative in best.alternatives if alternative.rule == DERIVED_KEYWORDS_RULE), None
    )
    if best is None or text is None or len(best.value) >= MIN_SUFFICIENT_KEYWORDS:
        return fields
    return {**fields, "keywords": join_declared_and_derived_keywords(best, text)}


def join_declared_and_derived_keywords(best: SourceFieldFinding, text: SourceFieldFinding) -> SourceFieldFinding:
    """Return one finding with the declared keywords `best`, then the derived `text`, at most `MAX_BRAND_KEYWORDS`.

    Its confidence is the mean of both. Both stay as alternatives with their own confidence.
    """
    alone = msgspec.structs.replace(best, alternatives=[])
    return SourceFieldFinding(
        value=drop_same_stem_keywords([*best.value, *text.value]),
        confidence=round((best.confidence + text.confidence) / 2, 3),
        rule=f"{best.rule}+{DERIVED_KEYWORDS_RULE}",
        url=best.url,
        alternatives=[alone, *best.alternatives],
    )
