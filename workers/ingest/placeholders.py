"""Placeholders: texts of a theme or generator, which the page's owner hasn't replaced.

The phrases of 14 languages are data in `placeholders.json`: defaults of site builders, frameworks and themes.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from schemas.brand import BrandFieldName, FieldCandidate
from workers.ingest.sentences import LOREM_WORDS, is_lorem_ipsum

#: Words from which placeholder Latin counts: a short name may be a Latin word.
MIN_PLACEHOLDER_LATIN_WORDS = 3
#: Characters of a text that are read.
MAX_PLACEHOLDER_CHECKED_CHARS = 1_000
#: Marks around a whole text.
WHOLE_TEXT_MARKS = " .!…:[]()<>{}\"'"
#: Fields whose values are words of the brand.
BRAND_TEXT_FIELDS: frozenset[BrandFieldName] = frozenset({"appName", "tagline", "appDescription"})


@cache
def load_placeholder_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the pattern of placeholders within lower-case texts, and that of whole ones."""
    data = json.loads(files(__package__).joinpath("placeholders.json").read_text("utf-8"))
    phrases = (re.escape(phrase) for of_language in data["phrases"].values() for phrase in of_language)
    return re.compile("|".join([*phrases, *data["patterns"]])), re.compile("|".join(data["whole"]))


def is_placeholder(text: str) -> bool:
    """Return whether a text has a theme's or generator's phrase, or is mostly placeholder Latin."""
    lower_text = text[:MAX_PLACEHOLDER_CHECKED_CHARS].lower()
    phrases, whole_texts = load_placeholder_patterns()
    if phrases.search(lower_text) or whole_texts.fullmatch(lower_text.strip(WHOLE_TEXT_MARKS)):
        return True
    words = lower_text.split()
    is_candidate = len(words) >= MIN_PLACEHOLDER_LATIN_WORDS and not LOREM_WORDS.isdisjoint(words)
    return is_candidate and is_lorem_ipsum(lower_text)


def drop_placeholder_candidates(candidates: Iterable[FieldCandidate]) -> Iterator[FieldCandidate]:
    """Yield the candidates without names, taglines and descriptions that are placeholders."""
    return (
        candidate
        for candidate in candidates
        if candidate.field not in BRAND_TEXT_FIELDS or not is_placeholder(str(candidate.value))
    )
