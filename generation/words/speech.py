"""Speech: which language a text is in, as far as the commonest words of each can tell it."""

from functools import cache

from generation.spec import Brand
from generation.words import texts
from generation.words.languages import DEFAULT, TABLES, primary

#: Common words at least, their part of all words, and how often more than those of any other language.
FEWEST, PART, MORE = 3, 0.2, 1.5
#: Common words below which a text may be in any language.
FEW = 2
#: Common words of languages that have no table, but share many with one that has.
WITHOUT_TABLE = {
    "pt": """o a os as um uma uns umas de do da dos das em na nos nas ao e ou com sem por para pelo pela
        que se é são seu sua seus suas você não mais como este esta este isso sobre entre""",
    "it": """il lo la i gli le un una uno di del della dei delle da dal dalla in nel nella e ed o con per su
        che si è sono tuo tua tuoi tue non più come questo questa anche tra""",
    "nl": """de het een van in op met voor en of om te je jouw uw is zijn niet die dat deze dit er naar bij
        uit aan als ook wordt worden kan""",
}
#: Those that hardly another language has: Danish and Polish texts have many of the words above, but not two
#: of these.
THEIR_OWN = {
    "pt": "um uma os das dos em ao com sem pelo pela você não são seu sua isso",
    "it": "il gli della delle dei nel nella più tuo tua non sono che anche",
    "nl": "het een van voor met jouw niet zijn deze naar bij wordt",
}


def language_of(brand: Brand) -> str:
    """The language that its texts are in; what they don't show is as the brand says."""
    declared = primary(brand.language) if brand.language else None
    return spoken(" ".join([*brand.taglines, *brand.descriptions])[:5000]) or declared or DEFAULT


def speaks(text: str, language: str) -> bool:
    """False for a text that clearly is in another language."""
    return spoken(text) in {None, language}


def spoken(text: str) -> str | None:
    """One of the four languages, or one without a table of whose words it has more; else None."""
    words = texts.words(text)
    counts = _counts(words)
    best, second = sorted(counts, key=lambda language: -counts[language])[:2]
    enough = max(FEWEST, PART * len(words))
    others = {language: _count(words, WITHOUT_TABLE[language]) for language in _heard(words)}
    other = max(others, key=lambda language: others[language], default=None)
    if other and others[other] >= enough and others[other] > counts[best]:
        return other
    return best if counts[best] >= enough and counts[best] > MORE * counts[second] else None


def sounds(text: str) -> set[str]:
    """The languages that a text may be in, however short: those with most of its common words."""
    counts = _counts(texts.words(text))
    most = max(counts.values())
    return {language for language, count in counts.items() if count == most or most < FEW}


def _counts(words: list[str]) -> dict[str, int]:
    return {language: _count(words, table.glue) for language, table in TABLES.items()}


def _heard(words: list[str]) -> list[str]:
    """Those of the languages without a table that the words may be in."""
    return [language for language, own in THEIR_OWN.items() if _count(words, own) >= FEW]


def _count(words: list[str], common: str) -> int:
    return sum(word in _split(common) for word in words)


@cache
def _split(common: str) -> frozenset[str]:
    return frozenset(common.split())
