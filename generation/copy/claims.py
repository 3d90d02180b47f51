"""Claims: statements that need a human review, and that the writer never uses by itself."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from generation.copy.languages import DETECTED_LANGUAGES, LANGUAGE_TABLES, UNTABLED_LANGUAGE_CLAIMS
from generation.copy.languages.table import compile_word_entry_pattern
from generation.copy.speech import find_possible_languages

#: Signs of claims in any language.
PRODUCT_CLAIM_SIGN_PATTERNS: Mapping[str, str] = {
    "superlative": r"#\s?1\b|\bno?\.?[\s-]?[º°]?\s?1\b|[🥇🏆💯👑]",
    "award": r"[⭐★🌟🏅🎖]|\d(?:[.,]\d)?\s?/\s?(?:5|10)\b",
    "price": r"[$€£¥₹₽₩₺₿¢]|\b(?:USD|EUR|GBP|CHF|JPY)\b",
    "percentage": r"[%‰٪]",
    "users": r"\d{3,}|\d[.,'\u00a0\u202f ]\d{3}\b|\d\s?\+|\b\d+[kKM]\b",
    "quote": r"[\"“”«»„‟‘‹›「」『』《》]",
    "year": r"(?<!\d)(?:19|20)\d\d(?!\d)|['’]\d\d\b|\b\d{1,2}[./]\d{1,2}[./]",
    "link": r"://|\bwww\.|\S@\S|(?<!\w)[@#]\w|\b[\w-]+\.(?:com|org|net|io|app|dev|de|fr|es|eu|uk|ch|at|it|nl|info|biz"
    r"|co|me|tv|ai|gg|ly|so|xyz|online|shop|blog|cloud|edu|gov)\b|\+?\d[\d\s/()-]{6,}\d",
    "legal": r"[©®™§]",
}
#: English claim words that other languages also use.
CLAIM_WORDS_BORROWED_FROM_ENGLISH: Mapping[str, str] = {
    "superlative": "best best_of number_one world_class top",
    "award": "award* winner editor's_choice",
    "price": "premium free for_free discount*",
    "money": "cashback trading cash",
    "current": "beta update updates new",
    "donation": "patreon liberapay",
    "legal": "gpl copyright cookie*",
}
#: Each sentence of a text may have its own language.
CLAIM_CHECK_SENTENCE_END_PATTERN = re.compile(r"(?<=[.!?…])\s+")
PRODUCT_CLAIM_KINDS = frozenset(PRODUCT_CLAIM_SIGN_PATTERNS) | {
    kind for table in LANGUAGE_TABLES.values() for kind in table.never
}
#: Kinds of claims that a person must approve, even in the caller's own words.
CLAIM_KINDS_FOR_APPROVAL = frozenset(
    {"superlative", "safety", "award", "health", "money", "comparison", "percentage", "users"}
)
#: English phrases in which a claim word claims nothing.
HARMLESS_CLAIM_PHRASE_PATTERN = compile_word_entry_pattern(
    "free_of free_from free_up feel_free free_software hands_free ad_free free_time free_text"
)


def find_text_claims(text: str, language: str, names: Iterable[str] = ()) -> frozenset[str]:
    """Return the kinds of claims in a text, judged in `language` and each that it may be in; ignore `names`."""
    plain = HARMLESS_CLAIM_PHRASE_PATTERN.sub(" ", _remove_names(text, names))
    return frozenset(
        kind
        for part in {plain, *CLAIM_CHECK_SENTENCE_END_PATTERN.split(plain)}
        for kind, pattern in _product_claim_patterns(language, *sorted(find_possible_languages(part)))
        if pattern.search(part)
    )


def find_claim_words(text: str, language: str) -> frozenset[str]:
    """Return the words and signs of a text that make claims in any language, in lower case."""
    return frozenset(
        match.group().lower()
        for _, pattern in _product_claim_patterns(language, *DETECTED_LANGUAGES)
        for match in pattern.finditer(text)
    )


@cache
def _product_claim_patterns(*languages: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return pairs of a claim's kind and a pattern that finds such claims, for these languages.

    Signs and loaned words count in each language. Without a table for the first one, any digit is a claim.
    """
    tables = [LANGUAGE_TABLES[language].never for language in dict.fromkeys(languages) if language in LANGUAGE_TABLES]
    tables += [UNTABLED_LANGUAGE_CLAIMS[languages[0]]] if languages[0] in UNTABLED_LANGUAGE_CLAIMS else []
    numbers = () if languages[0] in LANGUAGE_TABLES else (("users", re.compile(r"\d")),)
    signs = ((kind, re.compile(sign)) for kind, sign in PRODUCT_CLAIM_SIGN_PATTERNS.items())
    blocks = (
        (kind, compile_word_entry_pattern(block))
        for table in (*tables, CLAIM_WORDS_BORROWED_FROM_ENGLISH)
        for kind, block in table.items()
    )
    return (*signs, *blocks, *numbers)


def _remove_names(text: str, names: Iterable[str]) -> str:
    for name in filter(None, names):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text
