"""Rules of `brandVoice`: countable habits in the brand's own prose, each rare among real texts.

A voice needs `MIN_HABITS` habits, each with a sentence of its own that shows it: two occur together in any
text, three distinguish a brand. Humour and respect can't be counted, so they are left out; and the absence
of a sign is no habit.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from schemas.brand import Candidate
from workers.ingest.derive.audience import listing, sentence_case
from workers.ingest.derive.lexicon import FormOfAddress, Lexicon
from workers.ingest.derive.own_prose import own_sentences
from workers.ingest.derive.quotes import quote
from workers.ingest.derive.tone import MAX_SHORT_WORDS, MIN_LONG_WORDS, Tone, measure_tone
from workers.ingest.shapes import Prose

MIN_PROSE_WORDS = 150
MIN_HABITS = 3
#: Sentences with a sign, from which it is a habit.
MIN_SENTENCES = 3
#: Mentions in a hundred words from which a sign is a habit.
MIN_SIGN_RATES = {"contraction": 1.2, "slang": 0.15, "emoji": 0.3, "delight": 0.3, "we": 1.3}
#: The same for a form of address between friends.
CLOSE_RATE = 0.8
#: The same for one between strangers.
DISTANT_RATE = 1.5
#: The same for one that is both.
EITHER_RATE = 3.0
#: Shares of sentences from which a mark at their end is a habit.
MIN_SIGN_SHARES = {"exclamation": 0.06, "question": 0.07}
#: Share of short sentences in a text of short sentences, without items of a list.
MIN_SHORT_SHARE = 0.5
#: Confidence of a voice before its habits and words.
MIN_CONFIDENCE = 0.25
#: Confidence that each habit adds.
CONFIDENCE_PER_HABIT = 0.05
#: Confidence that each hundred words add.
CONFIDENCE_PER_HUNDRED = 0.03
MAX_CONFIDENCE = 0.6
#: Habits of which two make a manner.
CASUAL = frozenset({"contraction", "slang", "emoji", "close"})
ENTHUSIASTIC = frozenset({"exclamation", "delight", "emoji"})
NOUNS = {"contraction": "contractions", "emoji": "emoji", "exclamation": "exclamation marks"}

Kind = Literal["mark", "speech", "sentences"]


class Habit(NamedTuple):
    """Habit of a text: its sign, its part of the sentence, and a quote that shows it."""

    sign: str
    kind: Kind
    words: str
    quote: str


class Sign(NamedTuple):
    """Sign that is frequent enough; `example_key` is its key in the tone."""

    sign: str
    kind: Kind
    words: str
    example_key: str


def voice_candidates(prose: Prose, language_lexicon: Lexicon) -> Iterator[Candidate]:
    tone = measure_tone(own_sentences(prose.passages), language_lexicon, name=prose.name or "")
    if tone.words < MIN_PROSE_WORDS:
        return
    habits = list(independent_habits(tone, frequent_signs(tone, language_lexicon)))
    confidence = MIN_CONFIDENCE + CONFIDENCE_PER_HABIT * len(habits)
    confidence += CONFIDENCE_PER_HUNDRED * min(tone.words, 400) / 100
    if len(habits) >= MIN_HABITS and any(habit.kind == "mark" for habit in habits):
        yield Candidate(
            field="brandVoice",
            value=describe_voice(habits),
            confidence=round(min(confidence, MAX_CONFIDENCE), 2),
            rule="text.voice",
            url=prose.url,
            evidence=[habit.quote for habit in habits][:5],
        )


def independent_habits(tone: Tone, signs: Iterator[Sign]) -> Iterator[Habit]:
    """Yield habits, each with a sentence that no previous habit uses: a sentence is evidence of one habit."""
    used: set[str] = set()
    for sign, kind, words, example_key in signs:
        fresh = [quote(*place) for place in tone.examples[example_key] if quote(*place) not in used]
        if fresh:
            used.add(fresh[0])
            yield Habit(sign, kind, words, fresh[0])


def describe_voice(habits: list[Habit]) -> str:
    """Build the sentence: `Casual: contractions and emoji; speaks to the reader as “you”.`"""
    marks, speech, sentences = (
        [habit.words for habit in habits if habit.kind == kind] for kind in ("mark", "speech", "sentences")
    )
    manner = listing(manner_words({habit.sign for habit in habits}))
    parts = [
        f"{manner}: {listing(marks)}" if manner and marks else manner or (marks and f"uses {listing(marks)}"),
        speech and f"speaks {listing(speech)}",
        *sentences,
    ]
    return sentence_case("; ".join(str(part) for part in parts if part)) + "."


def manner_words(signs: set[str]) -> list[str]:
    """Return which of `casual`, `enthusiastic` and `formal` the signs show, each by two signs.

    A distant form of address is formal only in technical prose, without casual or enthusiastic signs.
    """
    casual, enthusiastic = len(signs & CASUAL) >= 2, len(signs & ENTHUSIASTIC) >= 2
    formal = {"distant", "technical"} <= signs and not signs & (CASUAL | ENTHUSIASTIC)
    by_manner = (("casual", casual), ("enthusiastic", enthusiastic), ("formal", formal))
    return [manner for manner, is_shown in by_manner if is_shown]


def frequent_signs(tone: Tone, language_lexicon: Lexicon) -> Iterator[Sign]:
    yield from address_signs(tone, language_lexicon)
    for sign, rate in MIN_SIGN_RATES.items():
        if sign != "we" and is_habit(tone, sign, rate):
            yield Sign(
                sign, "mark", NOUNS.get(sign) or f"words such as {most_frequent_words(tone, sign)}", sign
            )
    for sign, share in MIN_SIGN_SHARES.items():
        if len(tone.examples[sign]) >= MIN_SENTENCES and tone.share(sign) >= share:
            yield Sign(sign, "mark", NOUNS.get(sign, "questions"), sign)
    if is_habit(tone, "we", MIN_SIGN_RATES["we"]):
        yield Sign("we", "speech", f"of itself as “{language_lexicon.we[0]}”", "we")
    yield from readability_signs(tone, language_lexicon)


def is_habit(tone: Tone, sign: str, rate: float) -> bool:
    return len(tone.examples[sign]) >= MIN_SENTENCES and tone.per_hundred(sign) >= rate


def most_frequent_words(tone: Tone, sign: str) -> str:
    """Return the two most frequent words of a sign, quoted."""
    return listing([f"“{word}”" for word, _ in tone.matches[sign].most_common(2)])


def address_signs(tone: Tone, language_lexicon: Lexicon) -> Iterator[Sign]:
    """Yield the sign of the most frequent form of address; nothing if that is too rare."""
    for address in sorted(language_lexicon.address, key=lambda form: -len(tone.examples[form.word]))[:1]:
        rate = CLOSE_RATE if address.formality < 0 else DISTANT_RATE if address.formality > 0 else EITHER_RATE
        if is_habit(tone, address.word, rate):
            yield Sign(
                address_relation(address), "speech", f"to the reader as “{address.word}”", address.word
            )


def address_relation(address: FormOfAddress) -> str:
    return "close" if address.formality < 0 else "distant" if address.formality > 0 else "address"


def readability_signs(tone: Tone, language_lexicon: Lexicon) -> Iterator[Sign]:
    plain, technical = language_lexicon.lix or (0, float("inf"))
    if tone.lix < plain and tone.length <= MAX_SHORT_WORDS and tone.share("short") >= MIN_SHORT_SHARE:
        yield Sign("plain", "sentences", "short plain sentences", "short")
    elif tone.lix > technical and tone.length >= MIN_LONG_WORDS:
        yield Sign("technical", "sentences", "long technical sentences", "long")
