"""Speech: which language a text is in, as far as the commonest words of each can tell it."""

from functools import cache

from generation.spec import Brand
from generation.words import texts
from generation.words.languages import DEFAULT, TABLES, primary

#: Common words at least, their part of all words, and how often more than those of any other language.
FEWEST, PART, MORE = 3, 0.2, 1.5
#: Common words below which a text may be in any language.
FEW = 2
#: Common words of languages without a table, of which many are those of one that has one.
NEIGHBOURS = {
    "pt": """o a os as um uma uns umas de do da dos das em na nos nas ao e ou com sem por para pelo pela
        que se é são seu sua seus suas você não mais como este esta este isso sobre entre""",
    "it": """il lo la i gli le un una uno di del della dei delle da dal dalla in nel nella e ed o con per su
        che si è sono tuo tua tuoi tue non più come questo questa anche tra""",
    "nl": """de het een van in op met voor en of om te je jouw uw is zijn niet die dat deze dit er naar bij
        uit aan als ook wordt worden kan""",
}


def language_of(brand: Brand) -> str:
    """The language that its texts are in; what they don't show is as the brand says."""
    declared = primary(brand.language) if brand.language else None
    return spoken(" ".join([*brand.taglines, *brand.descriptions])[:5000]) or declared or DEFAULT


def speaks(text: str, language: str) -> bool:
    """False for a text that clearly is in another language."""
    return spoken(text) in {None, language}


def spoken(text: str) -> str | None:
    """One of the four languages, or a neighbour that has more of its words than they; else None."""
    words = texts.words(text)
    counts = _counts(words)
    best, second = sorted(counts, key=lambda language: -counts[language])[:2]
    enough = max(FEWEST, PART * len(words))
    for neighbour, common in _neighbours().items():
        if (count := sum(word in common for word in words)) >= enough and count > counts[best]:
            return neighbour
    return best if counts[best] >= enough and counts[best] > MORE * counts[second] else None


def sounds(text: str) -> set[str]:
    """The languages that a text may be in, however short: those with most of its common words."""
    counts = _counts(texts.words(text))
    most = max(counts.values())
    return {language for language, count in counts.items() if count == most or most < FEW}


def _counts(words: list[str]) -> dict[str, int]:
    return {language: sum(word in _glue(language) for word in words) for language in TABLES}


@cache
def _neighbours() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in NEIGHBOURS.items()}


@cache
def _glue(language: str) -> frozenset[str]:
    return frozenset(TABLES[language].glue.split())
