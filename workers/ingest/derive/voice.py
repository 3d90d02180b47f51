"""Rules of `brandVoice`: two of the four dimensions of tone by Nielsen Norman Group, with fixed thresholds.

Formality and enthusiasm can be counted; humour and respect can't, so they are left out. A text with fewer
traits than `FEWEST_TRAITS`, or without a quote for one, gets no voice.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.brand import Candidate
from workers.ingest.derive.lexicon import Address, Lexicon
from workers.ingest.derive.quotes import distinct, quote, sentences
from workers.ingest.derive.tone import LONG, SHORT, Tone, listen
from workers.ingest.shapes import Prose

FEWEST_WORDS, FEWEST_TRAITS = 80, 2
#: Mentions in the whole text, and in a hundred words, from which a sign is a habit.
TIMES = 2
CONTRACTIONS, EMOJI, SLANG, DELIGHT, WE, ADDRESS = 0.6, 0.5, 0.4, 0.7, 1.0, 0.8
#: Shares of sentences with an exclamation mark.
SOME, MANY = 0.05, 0.12
CASUAL, FORMAL, ENTHUSIASTIC = 0.4, -0.4, 0.5
#: Confidence: the least, what each trait adds, what each hundred words add, the most.
BASE, TRAIT, HUNDRED, TOP = 0.25, 0.05, 0.03, 0.6


@dataclass(frozen=True)
class Trait:
    """Trait of a voice: its part of the sentence, and the names of the counts that show it."""

    text: str
    signs: tuple[str, ...] = ()


def candidates(prose: Prose, known: Lexicon) -> Iterator[Candidate]:
    tone = listen(list(sentences(prose.passages)), known)
    found = list(traits(tone, known))
    shown = evidence(tone, found)
    if tone.words >= FEWEST_WORDS and len(found) >= FEWEST_TRAITS and shown:
        yield Candidate(
            field="brandVoice",
            value=described(found),
            confidence=confidence(tone, found),
            rule="text.voice",
            url=prose.url,
            evidence=shown,
        )


def described(found: list[Trait]) -> str:
    """The sentence, such as `Casual and enthusiastic, speaks to the reader as “you”.`"""
    adjectives = [trait.text for trait in found if " " not in trait.text]
    others = [trait.text for trait in found if " " in trait.text]
    text = ", ".join([" and ".join(adjectives), *others] if adjectives else others)
    return text[0].upper() + text[1:] + "."


def confidence(tone: Tone, found: list[Trait]) -> float:
    return round(min(BASE + TRAIT * len(found) + HUNDRED * min(tone.words, 400) / 100, TOP), 2)


def evidence(tone: Tone, found: list[Trait]) -> list[str]:
    """Quotes: for each sign of each trait the first sentence that shows it."""
    signs = [sign for trait in found for sign in trait.signs]
    return distinct(quote(*tone.shown[sign][0]) for sign in signs if tone.shown.get(sign))


def traits(tone: Tone, known: Lexicon) -> Iterator[Trait]:
    """Traits, at most four: formality, enthusiasm, person, readability."""
    address = addressed(tone, known)
    yield from formality(tone, known, address)
    yield from enthusiasm(tone)
    yield from person(tone, address)
    yield from readability(tone, known)


def addressed(tone: Tone, known: Lexicon) -> Address | None:
    """The usual form of address; None where there is none."""
    usual = max(known.address, key=lambda one: tone.counts.get(one.word, 0), default=None)
    return usual if usual and is_habit(tone, usual.word, ADDRESS) else None


def is_habit(tone: Tone, sign: str, rate: float) -> bool:
    return tone.counts.get(sign, 0) >= TIMES and tone.per_hundred(sign) >= rate


def formality(tone: Tone, known: Lexicon, address: Address | None) -> Iterator[Trait]:
    casual = {
        "contraction": 0.4 * is_habit(tone, "contraction", CONTRACTIONS),
        "slang": 0.4 * is_habit(tone, "slang", SLANG),
        "emoji": 0.4 * is_habit(tone, "emoji", EMOJI),
        "exclamation": 0.2 * (tone.share("exclamation") >= SOME),
    }
    by_address = address.formality if address else 0.0
    score = sum(casual.values()) - by_address
    if score >= CASUAL:
        signs = [address.word] if address and by_address < 0 else []
        yield Trait("casual", (*signs, *(sign for sign, weight in casual.items() if weight)))
    elif score - 0.4 * (known.lix is not None and tone.lix > known.lix[1]) <= FORMAL:
        yield Trait("formal", (address.word,) if address and by_address > 0 else ("long", "even"))


def enthusiasm(tone: Tone) -> Iterator[Trait]:
    exclaims = tone.share("exclamation")
    weights = {
        "exclamation": 0.5 * (exclaims >= SOME) + 0.3 * (exclaims >= MANY),
        "delight": 0.4 * is_habit(tone, "delight", DELIGHT),
        "emoji": 0.3 * is_habit(tone, "emoji", EMOJI),
    }
    if sum(weights.values()) >= ENTHUSIASTIC:
        yield Trait("enthusiastic", tuple(sign for sign, weight in weights.items() if weight))
    elif not any(tone.counts.get(sign) for sign in weights):
        yield Trait("matter-of-fact", ("even", "short"))


def person(tone: Tone, address: Address | None) -> Iterator[Trait]:
    if address:
        yield Trait(f"speaks to the reader as “{address.word}”", (address.word,))
    elif is_habit(tone, "we", WE):
        yield Trait("speaks of itself as “we”", ("we",))


def readability(tone: Tone, known: Lexicon) -> Iterator[Trait]:
    if known.lix is None:
        return
    plain, technical = known.lix
    if tone.lix < plain:
        yield Trait("in short plain sentences" if tone.length <= SHORT else "in plain language", ("short",))
    elif tone.lix > technical:
        yield Trait(
            "in long technical sentences" if tone.length >= LONG else "in technical language", ("long",)
        )
