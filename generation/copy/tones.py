"""Tones of a piece: the brand's voice selects its formulas, clauses and list marks.

A tone adds no statement. Its formulas have slots for names only, as the plain ones do. All other lines stay
clauses of the brand: a tone prefers some of them by length and form.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from generation.copy import texts
from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.languages.table import CopyFormulas, Tone
from generation.spec import BrandSnapshot

T = TypeVar("T")
WordMeaning = TypeVar("WordMeaning", bound=str)

#: Words that name each tone, in English, German, French and Spanish.
WORDS_NAMING_EACH_TONE: Mapping[Tone, str] = {
    "plain": "plain honest authentic schlicht ehrlich honnête sencillo sencilla honesto honesta",
    "casual": """casual relaxed laidback informal lässig locker décontracté décontractée informel informelle
        relajado relajada""",
    "playful": """playful funny witty humorous verspielt witzig lustig drôle ludique divertido divertida
        gracioso graciosa""",
    "warm": """warm friendly encouraging herzlich freundlich warmherzig chaleureux chaleureuse amical
        amicale cálido cálida amable cercano cercana""",
    "professional": """professional serious formal seriös professionell sachlich förmlich sérieux sérieuse
        formel formelle professionnel professionnelle profesional serio seria""",
    "enthusiastic": """enthusiastic energetic lively excited begeistert energisch lebhaft enthousiaste
        énergique entusiasta enérgico enérgica""",
}

#: Words that negate the next words of their clause, in these languages, and the number of negated words.
TRAIT_NEGATION_WORDS = frozenset(
    """not no non never without isn't don't nicht nie niemals kein keine ohne pas jamais sans nunca jamás sin
    nada""".split()
)
TRAIT_NEGATION_REACH = 2
#: Ends of a clause. `no-nonsense` negates nothing after it.
_TRAIT_CLAUSE_END_PATTERN = re.compile(r"[.,;:!?…\n]|\bno[- ]nonsense\b", re.IGNORECASE)

#: The list mark before each point of a caption.
POINT_BULLET_BY_TONE: Mapping[Tone, str] = {
    "plain": "•",
    "casual": "→",
    "playful": "☞",
    "warm": "♡",
    "professional": "–",
    "enthusiastic": "▸",
}

#: Words that address the reader, by language.
_READER_ADDRESS_PATTERNS: Mapping[str, re.Pattern[str]] = {
    language: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    for language, words in {
        "en": r"you|your|yours|you['’]\w+",
        "de": r"du|dir|dich|dein\w*|euch|eure?\w*|ihnen|ihre?\w*",
        "fr": r"vous|votre|vos|tu|toi|ton|ta|tes",
        "es": r"tú|tu|tus|te|ti|usted|ustedes",
    }.items()
}


def voice_to_tone(voice: str | None) -> Tone:
    """Return the tone of the first known word of a voice; `plain` if it has none."""
    return find_trait_of_first_known_word(voice or "", WORDS_NAMING_EACH_TONE) or "plain"


def find_trait_of_first_known_word(text: str, words_by_meaning: Mapping[WordMeaning, str]) -> WordMeaning | None:
    """Return the meaning of a text's first known word, alone or joined with the next one, as in `laid-back`; else None.

    Negated words are skipped: "never formal, always warm" is warm.
    """
    meanings = {word: one for one, entries in words_by_meaning.items() for word in entries.split()}
    for clause in _TRAIT_CLAUSE_END_PATTERN.split(text):
        words = [word.casefold() for word in texts.split_lowercase_words(clause)]
        for place, pair in enumerate(pairwise([*words, ""])):
            known = [meanings[one] for one in ("".join(pair), pair[0]) if one in meanings]
            if known and TRAIT_NEGATION_WORDS.isdisjoint(words[max(place - TRAIT_NEGATION_REACH, 0) : place]):
                return known[0]
    return None


def choose_line_formulas_by_brand_tone(brand: BrandSnapshot, language: str) -> CopyFormulas | None:
    """Return a language's copy formulas in the tone of the brand's voice; None for a language without a table."""
    if (table := LANGUAGE_TABLES.get(language)) is None:
        return None
    return table.tones.get(voice_to_tone(brand.voice), table.formulas)


def select_texts_fitting_tone(
    tone: Tone, options: Sequence[T], text: Callable[[T], str], language: str, *, least: int
) -> list[T]:
    """Return the options with the best form for a tone, in their order: half of them, but at least `least`.

    A plain tone keeps all.
    """
    if tone == "plain":
        return [*options]
    ranked = sorted(
        range(len(options)), key=lambda place: (*_rank_text_fit_to_tone(tone, text(options[place]), language), place)
    )
    chosen = {*ranked[: max(least, math.ceil(len(options) / 2))]}
    return [one for place, one in enumerate(options) if place in chosen]


def _rank_text_fit_to_tone(tone: Tone, text: str, language: str) -> tuple[int, int]:
    """Return a text's rank for a tone; lower is better.

    Casual and playful prefer short questions, professional long statements, enthusiastic short texts, warm `you`.
    """
    asks = text.rstrip().endswith(("?", "？"))
    match tone:
        case "professional":
            return (int(asks), -len(text))
        case "warm":
            address = _READER_ADDRESS_PATTERNS.get(language)
            return (int(address is None or not address.search(text)), 0)
        case "enthusiastic":
            return (0, len(text))
        case _:
            return (int(not asks), len(text))
