"""Placeholders: texts of a theme or generator, which the page's owner hasn't replaced.

The phrases of 14 languages are data in `placeholders.json`: defaults of site builders, frameworks and themes.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from schemas.brand import BrandFieldName, FieldCandidate
from workers.ingest.sentences import LETTER_WORD_PATTERN, LOREM_WORDS, is_lorem_ipsum

#: Words from which placeholder Latin counts: a short name may be a Latin word.
MIN_PLACEHOLDER_LATIN_WORDS = 3
#: Languages whose words have no blanks between them, or grow at their ends.
UNSPACED_LANGUAGES = ("ja", "ko", "zh", "ar")
#: Words of a text that is a placeholder as a whole.
MAX_WHOLE_PLACEHOLDER_WORDS = 5
#: Characters of a text that are read.
MAX_PLACEHOLDER_CHECKED_CHARS = 1_000
#: Marks around a whole text.
WHOLE_TEXT_MARKS = " .!…:[]()<>{}\"'"
#: Fields whose values are words of the brand.
BRAND_TEXT_FIELDS: frozenset[BrandFieldName] = frozenset({"appName", "tagline", "appDescription"})


class PlaceholderPatterns(NamedTuple):
    """Patterns of placeholders in lower-case texts.

    `phrases` are worth a search only in a text with one of `key_words`: each has the longest word of a phrase.
    `unspaced` are phrases in scripts without words between blanks, and forms to be filled in. `whole_texts` are
    placeholders only alone.
    """

    phrases: re.Pattern[str]
    key_words: frozenset[str]
    unspaced: re.Pattern[str]
    whole_texts: re.Pattern[str]


@cache
def load_placeholder_patterns() -> PlaceholderPatterns:
    data = json.loads(files(__package__).joinpath("placeholders.json").read_text("utf-8"))
    spaced = [text for tag, texts in data["phrases"].items() if tag not in UNSPACED_LANGUAGES for text in texts]
    unspaced = [re.escape(text) for tag in UNSPACED_LANGUAGES for text in data["phrases"][tag]]
    return PlaceholderPatterns(
        phrases=re.compile("|".join(map(re.escape, spaced))),
        key_words=frozenset(max(LETTER_WORD_PATTERN.findall(text), key=len) for text in spaced),
        unspaced=re.compile("|".join([*unspaced, *data["patterns"]])),
        whole_texts=re.compile("|".join(data["whole"])),
    )


def is_placeholder(text: str) -> bool:
    """Return whether a text has a theme's or generator's phrase, or is mostly placeholder Latin."""
    lower_text = text[:MAX_PLACEHOLDER_CHECKED_CHARS].lower()
    patterns = load_placeholder_patterns()
    words = LETTER_WORD_PATTERN.findall(lower_text)
    if not patterns.key_words.isdisjoint(words) and patterns.phrases.search(lower_text):
        return True
    if patterns.unspaced.search(lower_text):
        return True
    if len(words) <= MAX_WHOLE_PLACEHOLDER_WORDS and patterns.whole_texts.fullmatch(lower_text.strip(WHOLE_TEXT_MARKS)):
        return True
    is_candidate = len(words) >= MIN_PLACEHOLDER_LATIN_WORDS and not LOREM_WORDS.isdisjoint(words)
    return is_candidate and is_lorem_ipsum(lower_text)


def drop_placeholder_candidates(candidates: Iterable[FieldCandidate]) -> Iterator[FieldCandidate]:
    """Yield the candidates without names, taglines and descriptions that are placeholders."""
    return (
        candidate
        for candidate in candidates
        if candidate.field not in BRAND_TEXT_FIELDS or not is_placeholder(str(candidate.value))
    )
