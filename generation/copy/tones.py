"""Writing style of a piece: the brand's voice selects its register, clauses and list marks.

A style adds no statement. Its register selects shapes and calls, which have slots for the brand's words only. All
other lines stay the brand's own: a style prefers some of them by length and form.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, TypeVar

from generation.copy import texts
from generation.copy.languages.table import Register
from generation.copy.voice_text import find_stated_voice_traits

Tone = Literal["plain", "casual", "playful", "warm", "professional", "enthusiastic"]
ReaderAddress = Literal["familiar", "formal"]
T = TypeVar("T")
WordMeaning = TypeVar("WordMeaning", bound=str)

#: Words that name each tone, in English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech, Russian.
WORDS_NAMING_EACH_TONE: Mapping[Tone, str] = {
    "plain": """plain honest authentic schlicht ehrlich honnête sencillo sencilla honesto honesta semplice
        onesto onesta simples eerlijk eerlijke nuchter nuchtere szczery prosty upřímný prostý честный простой""",
    "casual": """casual relaxed laidback informal lässig locker décontracté décontractée informel informelle
        relajado relajada informale rilassato rilassata descontraído descontraída informeel informele ontspannen
        luźny swobodny nieformalny neformální uvolněný неформальный непринуждённый непринужденный""",
    "playful": """playful funny witty humorous verspielt witzig lustig drôle ludique divertido divertida
        gracioso graciosa divertente spiritoso spiritosa giocoso giocosa brincalhão brincalhona speels speelse
        grappig grappige zabawny żartobliwy dowcipny hravý vtipný zábavný игривый остроумный забавный""",
    "warm": """warm friendly encouraging herzlich freundlich warmherzig chaleureux chaleureuse amical
        amicale cálido cálida amable cercano cercana amichevole caloroso calorosa cordiale amigável acolhedor
        acolhedora vriendelijk vriendelijke hartelijk hartelijke ciepły przyjazny serdeczny přátelský vřelý
        srdečný тёплый теплый дружелюбный душевный""",
    "professional": """professional serious formal seriös professionell sachlich förmlich sérieux sérieuse
        formel formelle professionnel professionnelle profesional serio seria professionale formale profissional
        sério séria zakelijk zakelijke professioneel professionele serieus serieuze formeel formele profesjonalny
        poważny formalny rzeczowy profesionální seriózní formální věcný профессиональный серьёзный серьезный
        официальный деловой""",
    "enthusiastic": """enthusiastic energetic lively excited begeistert energisch lebhaft enthousiaste
        énergique entusiasta enérgico enérgica energico energica entusiasmado entusiasmada animado animada
        enthousiast energiek energieke entuzjastyczny energiczny nadšený energický восторженный энергичный""",
}

#: Registers of the tones that have one.
REGISTER_BY_TONE: Mapping[Tone, Register] = {
    "casual": "casual",
    "playful": "casual",
    "enthusiastic": "casual",
    "professional": "formal",
}
REGISTER_BY_ADDRESS: Mapping[ReaderAddress, Register] = {"familiar": "casual", "formal": "formal"}
#: Words that negate the next words of their clause, in these languages, and the number of negated words.
TRAIT_NEGATION_WORDS = frozenset(
    """not no non never without isn't don't nicht nie niemals kein keine ohne pas jamais sans nunca jamás sin
    nada non senza mai não sem niet geen nooit zonder nie nigdy bez ne není nikdy не без никогда""".split()
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


#: Forms of address in a derived voice, of the languages with formulas for both.
ADDRESS_BY_STATED_WORD: Mapping[str, ReaderAddress] = {
    "du": "familiar",
    "ihr": "familiar",
    "tu": "familiar",
    "tú": "familiar",
    "Sie": "formal",
    "vous": "formal",
    "usted": "formal",
}
#: Lines of a derived voice with its form of address.
ADDRESS_TRAITS = frozenset({"address", "address_person"})
#: Tones of a derived voice, by its trait; the first trait decides.
TONE_BY_STATED_TRAIT: Mapping[str, Tone] = {
    "do_exclamation": "enthusiastic",
    "do_emoji": "casual",
    "do_long": "professional",
}


class WritingStyle(NamedTuple):
    """Style of a piece: its tone, its form of address, and the brand's own texts that it prefers.

    `asks` prefers questions, or avoids them if false. `length` prefers long texts if positive, short ones if
    negative. `speaks_to_reader` prefers texts that address the reader.
    """

    tone: Tone = "plain"
    address: ReaderAddress | None = None
    asks: bool | None = None
    length: int = 0
    speaks_to_reader: bool = False


PREFERENCES_BY_TONE: Mapping[Tone, WritingStyle] = {
    "plain": WritingStyle("plain"),
    "casual": WritingStyle("casual", asks=True, length=-1),
    "playful": WritingStyle("playful", asks=True, length=-1),
    "warm": WritingStyle("warm", speaks_to_reader=True),
    "professional": WritingStyle("professional", asks=False, length=1),
    "enthusiastic": WritingStyle("enthusiastic", length=-1),
}


@lru_cache(100)
def voice_to_style(voice: str | None) -> WritingStyle:
    """Return the style of a voice, from its first word that names a tone and the traits that its lines state.

    A word outside of the stated traits decides before them, since a person wrote it.
    """
    stated = find_stated_voice_traits(voice or "")
    traits = [trait.trait for trait in stated]
    words = "\n".join(line for line in (voice or "").splitlines() if not find_stated_voice_traits(line))
    address = next((ADDRESS_BY_STATED_WORD.get(word) for trait, word in stated if trait in ADDRESS_TRAITS), None)
    stated_tones = (TONE_BY_STATED_TRAIT[trait] for trait in traits if trait in TONE_BY_STATED_TRAIT)
    tone: Tone = find_trait_of_first_known_word(words, WORDS_NAMING_EACH_TONE) or next(stated_tones, None) or "plain"
    if tone == "casual" and address == "formal":
        tone = "plain"
    own = PREFERENCES_BY_TONE[tone]
    lengths = (length for trait, length in (("do_short", -1), ("do_long", 1)) if trait in traits)
    asks = True if "do_question" in traits else None
    return own._replace(
        address=address,
        asks=asks if own.asks is None else own.asks,
        length=own.length or next(lengths, 0),
        speaks_to_reader=own.speaks_to_reader or not ADDRESS_TRAITS.isdisjoint(traits),
    )


def voice_to_tone(voice: str | None) -> Tone:
    return voice_to_style(voice).tone


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


def voice_to_register(voice: str | None) -> Register:
    """Return the register of a voice's tone; a tone without one has the register of the voice's form of address."""
    style = voice_to_style(voice)
    register = REGISTER_BY_TONE.get(style.tone, "any")
    addressed = REGISTER_BY_ADDRESS[style.address] if style.address else register
    return addressed if register == "any" else register if addressed == register else "any"


def select_texts_fitting_style(
    style: WritingStyle, options: Sequence[T], text: Callable[[T], str], language: str, *, least: int
) -> list[T]:
    """Return the options with the best form for a style, in their order: half of them, but at least `least`.

    A style without preferences keeps all.
    """
    if style.asks is None and not style.length and not style.speaks_to_reader:
        return [*options]
    ranked = sorted(
        range(len(options)), key=lambda place: (*_rank_text_fit_to_style(style, text(options[place]), language), place)
    )
    chosen = {*ranked[: max(least, math.ceil(len(options) / 2))]}
    return [one for place, one in enumerate(options) if place in chosen]


def _rank_text_fit_to_style(style: WritingStyle, text: str, language: str) -> tuple[bool, bool, int]:
    """Return a text's rank for a style, by question, address and length; lower is better."""
    is_question = text.rstrip().endswith(("?", "？"))
    address = _READER_ADDRESS_PATTERNS.get(language)
    return (
        style.asks is not None and style.asks != is_question,
        style.speaks_to_reader and (address is None or not address.search(text)),
        -style.length * len(text),
    )
