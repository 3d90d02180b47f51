"""Language detection of a text, by the commonest words of each language."""

from functools import cache

from generation.copy import texts
from generation.copy.chinese import TRADITIONAL_CHINESE, is_traditional_chinese
from generation.copy.languages import DEFAULT_LANGUAGE, DETECTED_LANGUAGES, LANGUAGE_TABLES, primary_language
from generation.spec import BrandSnapshot

#: Minimum common words of a detected language.
MIN_LANGUAGE_COMMON_WORDS = 3
#: Their minimum share of all words.
MIN_LANGUAGE_COMMON_WORD_SHARE = 0.2
#: Minimum ratio to the second language.
MIN_LANGUAGE_LEAD_RATIO = 1.5
#: With fewer common words, a text may be in any language.
MIN_WORDS_HINTING_AT_LANGUAGE = 2
#: Common words of languages without a table that share many words with one of the tables.
UNTABLED_LANGUAGE_COMMON_WORDS = {
    "pt": """o a os as um uma uns umas de do da dos das em na nos nas ao e ou com sem por para pelo pela
        que se é são seu sua seus suas você não mais como este esta este isso sobre entre""",
    "it": """il lo la i gli le un una uno di del della dei delle da dal dalla in nel nella e ed o con per su
        che si è sono tuo tua tuoi tue non più come questo questa anche tra""",
    "nl": """de het een van in op met voor en of om te je jouw uw is zijn niet die dat deze dit er naar bij
        uit aan als ook wordt worden kan""",
}
#: Words that hardly occur in other languages. Danish and Polish texts contain many of the words above, but
#: not two of these.
DISTINCTIVE_LANGUAGE_WORDS = {
    "pt": "um uma os das dos em ao com sem pelo pela você não são seu sua isso",
    "it": "il gli della delle dei nel nella più tuo tua non sono che anche",
    "nl": "het een van voor met jouw niet zijn deze naar bij wordt",
}


def detect_brand_language(brand: BrandSnapshot) -> str:
    """Return the language of the brand's texts by their words; if none is clear, the declared one, else English.

    Chinese in traditional characters is a language of its own.
    """
    declared = primary_language(brand.language) if brand.language else None
    text = " ".join([*brand.taglines, *brand.descriptions])[:5000]
    language = detect_language(text) or declared or DEFAULT_LANGUAGE
    said = "".join([text, *(one.text for one in brand.statements)])
    return TRADITIONAL_CHINESE if language == "zh" and is_traditional_chinese(said) else language


def do_words_fit_language(text: str, language: str) -> bool:
    """Return whether a text may be in a language: false only if its words clearly belong to another one."""
    return detect_language(text) in {None, language}


def detect_language(text: str) -> str | None:
    """Detect one of the four languages, or Portuguese, Italian or Dutch if more of its words occur; else None."""
    words = texts.split_lowercase_words(text)
    counts = _count_words_by_language(words)
    best, second = sorted(counts, key=lambda language: -counts[language])[:2]
    enough = max(MIN_LANGUAGE_COMMON_WORDS, MIN_LANGUAGE_COMMON_WORD_SHARE * len(words))
    counts_without_table = {
        language: _count_common_words(words, UNTABLED_LANGUAGE_COMMON_WORDS[language])
        for language, own in DISTINCTIVE_LANGUAGE_WORDS.items()
        if _count_common_words(words, own) >= MIN_WORDS_HINTING_AT_LANGUAGE
    }
    candidate = max(counts_without_table, key=lambda language: counts_without_table[language], default=None)
    if candidate and counts_without_table[candidate] >= enough and counts_without_table[candidate] > counts[best]:
        return candidate
    return best if counts[best] >= enough and counts[best] > MIN_LANGUAGE_LEAD_RATIO * counts[second] else None


def find_possible_languages(text: str) -> set[str]:
    """Return those of the four languages with the most common words in a text; all four if it has too few."""
    counts = _count_words_by_language(texts.split_lowercase_words(text))
    highest = max(counts.values())
    return {
        language for language, count in counts.items() if count == highest or highest < MIN_WORDS_HINTING_AT_LANGUAGE
    }


def _count_words_by_language(words: list[str]) -> dict[str, int]:
    return {
        language: _count_common_words(words, LANGUAGE_TABLES[language].reading.glue) for language in DETECTED_LANGUAGES
    }


def _count_common_words(words: list[str], common: str) -> int:
    return sum(word in _split_common_words(common) for word in words)


@cache
def _split_common_words(common: str) -> frozenset[str]:
    return frozenset(common.split())
