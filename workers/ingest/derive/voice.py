"""Rules of `brandVoice`: countable habits in the brand's own prose, each rare among real texts.

A voice needs `MIN_VOICE_HABITS` habits, each with a sentence of its own that shows it: two occur together in
any text, three distinguish a brand. Humour and respect can't be counted, so they are left out; and the
absence of a sign is no habit.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from schemas.brand import FieldCandidate
from workers.ingest.derive.audience import capitalize_sentence, join_as_english_list
from workers.ingest.derive.lexicon import IngestLexicon, LexiconFormOfAddress
from workers.ingest.derive.own_prose import list_brand_written_sentences
from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.tone import MAX_SHORT_SENTENCE_WORDS, MIN_LONG_SENTENCE_WORDS, ToneCounts, measure_tone
from workers.ingest.shapes import SourceProse

MIN_VOICE_PROSE_WORDS = 150
MIN_VOICE_HABITS = 3
#: Sentences with a sign, from which it is a habit.
MIN_SENTENCES_WITH_VOICE_SIGN = 3
#: Mentions in a hundred words from which a sign is a habit.
MIN_VOICE_SIGNS_PER_100_WORDS = {"contraction": 1.2, "slang": 0.15, "emoji": 0.3, "delight": 0.3, "we": 1.3}
#: The same for a form of address between friends.
MIN_FAMILIAR_ADDRESS_FORMS_PER_100_WORDS = 0.8
#: The same for one between strangers.
MIN_FORMAL_ADDRESS_FORMS_PER_100_WORDS = 1.5
#: The same for one that is both.
MIN_NEUTRAL_ADDRESS_FORMS_PER_100_WORDS = 3.0
#: Shares of sentences from which a mark at their end is a habit.
MIN_VOICE_SIGN_SENTENCE_SHARES = {"exclamation": 0.06, "question": 0.07}
#: Share of short sentences in a text of short sentences, without items of a list.
MIN_SHORT_SENTENCE_SHARE = 0.5
#: Confidence of a voice before its habits and words.
BASE_VOICE_CONFIDENCE = 0.25
#: Confidence that each habit adds.
VOICE_CONFIDENCE_PER_HABIT = 0.05
#: Confidence that each hundred words add.
VOICE_CONFIDENCE_PER_100_WORDS = 0.03
MAX_VOICE_CONFIDENCE = 0.6
#: Habits of which two make a manner.
CASUAL_VOICE_SIGNS = frozenset({"contraction", "slang", "emoji", "close"})
ENTHUSIASTIC_VOICE_SIGNS = frozenset({"exclamation", "delight", "emoji"})
DISPLAY_NOUN_BY_VOICE_SIGN = {"contraction": "contractions", "emoji": "emoji", "exclamation": "exclamation marks"}

VoiceHabitKind = Literal["mark", "speech", "sentences"]


class VoiceHabit(NamedTuple):
    """Habit of a text: its sign, its part of the sentence, and a quote that shows it."""

    sign: str
    kind: VoiceHabitKind
    words: str
    quote: str


class FrequentVoiceHabitSign(NamedTuple):
    """Sign that is frequent enough; `example_key` is its key in the tone."""

    sign: str
    kind: VoiceHabitKind
    words: str
    example_key: str


def derive_brand_voice_candidate(prose: SourceProse, language_lexicon: IngestLexicon) -> Iterator[FieldCandidate]:
    tone = measure_tone(list_brand_written_sentences(prose.passages), language_lexicon, name=prose.name or "")
    if tone.words < MIN_VOICE_PROSE_WORDS:
        return
    habits = list(build_quoted_voice_habits(tone, find_frequent_voice_signs(tone, language_lexicon)))
    confidence = BASE_VOICE_CONFIDENCE + VOICE_CONFIDENCE_PER_HABIT * len(habits)
    confidence += VOICE_CONFIDENCE_PER_100_WORDS * min(tone.words, 400) / 100
    if len(habits) >= MIN_VOICE_HABITS and any(habit.kind == "mark" for habit in habits):
        yield FieldCandidate(
            field="brandVoice",
            value=describe_brand_voice(habits),
            confidence=round(min(confidence, MAX_VOICE_CONFIDENCE), 2),
            rule="text.voice",
            url=prose.url,
            evidence=[habit.quote for habit in habits][:5],
        )


def build_quoted_voice_habits(tone: ToneCounts, signs: Iterator[FrequentVoiceHabitSign]) -> Iterator[VoiceHabit]:
    """Yield a habit for each sign with a quote that no previous habit uses: a sentence is evidence of one habit."""
    used: set[str] = set()
    for sign, kind, words, example_key in signs:
        fresh = [
            cut_evidence_quote(*place) for place in tone.examples[example_key] if cut_evidence_quote(*place) not in used
        ]
        if fresh:
            used.add(fresh[0])
            yield VoiceHabit(sign, kind, words, fresh[0])


def describe_brand_voice(habits: list[VoiceHabit]) -> str:
    """Build the voice's sentence: `Casual: contractions and emoji; speaks to the reader as “you”.`"""
    marks, speech, sentences = (
        [habit.words for habit in habits if habit.kind == kind] for kind in ("mark", "speech", "sentences")
    )
    manner = join_as_english_list(find_manners_shown_by_voice_signs({habit.sign for habit in habits}))
    parts = [
        f"{manner}: {join_as_english_list(marks)}"
        if manner and marks
        else manner or (marks and f"uses {join_as_english_list(marks)}"),
        speech and f"speaks {join_as_english_list(speech)}",
        *sentences,
    ]
    return capitalize_sentence("; ".join(str(part) for part in parts if part)) + "."


def find_manners_shown_by_voice_signs(signs: set[str]) -> list[str]:
    """Return which of `casual`, `enthusiastic` and `formal` the signs show, each by two signs.

    A distant form of address is formal only in technical prose, without casual or enthusiastic signs.
    """
    casual, enthusiastic = len(signs & CASUAL_VOICE_SIGNS) >= 2, len(signs & ENTHUSIASTIC_VOICE_SIGNS) >= 2
    formal = {"distant", "technical"} <= signs and not signs & (CASUAL_VOICE_SIGNS | ENTHUSIASTIC_VOICE_SIGNS)
    by_manner = (("casual", casual), ("enthusiastic", enthusiastic), ("formal", formal))
    return [manner for manner, is_shown in by_manner if is_shown]


def find_frequent_voice_signs(tone: ToneCounts, language_lexicon: IngestLexicon) -> Iterator[FrequentVoiceHabitSign]:
    yield from find_form_of_address_sign(tone, language_lexicon)
    for sign, rate in MIN_VOICE_SIGNS_PER_100_WORDS.items():
        if sign != "we" and is_sign_frequent_enough_for_habit(tone, sign, rate):
            yield FrequentVoiceHabitSign(
                sign,
                "mark",
                DISPLAY_NOUN_BY_VOICE_SIGN.get(sign) or f"words such as {quote_top_words_of_voice_sign(tone, sign)}",
                sign,
            )
    for sign, share in MIN_VOICE_SIGN_SENTENCE_SHARES.items():
        if (
            len(tone.examples[sign]) >= MIN_SENTENCES_WITH_VOICE_SIGN
            and tone.compute_sentence_share_of_sign(sign) >= share
        ):
            yield FrequentVoiceHabitSign(sign, "mark", DISPLAY_NOUN_BY_VOICE_SIGN.get(sign, "questions"), sign)
    if is_sign_frequent_enough_for_habit(tone, "we", MIN_VOICE_SIGNS_PER_100_WORDS["we"]):
        yield FrequentVoiceHabitSign("we", "speech", f"of itself as “{language_lexicon.we[0]}”", "we")
    yield from find_readability_sign(tone, language_lexicon)


def is_sign_frequent_enough_for_habit(tone: ToneCounts, sign: str, rate: float) -> bool:
    return len(tone.examples[sign]) >= MIN_SENTENCES_WITH_VOICE_SIGN and tone.sign_rate_per_hundred_words(sign) >= rate


def quote_top_words_of_voice_sign(tone: ToneCounts, sign: str) -> str:
    """Return the two most frequent words of a sign of tone, each in quotes and joined by `and`."""
    return join_as_english_list([f"“{word}”" for word, _ in tone.matches[sign].most_common(2)])


def find_form_of_address_sign(tone: ToneCounts, language_lexicon: IngestLexicon) -> Iterator[FrequentVoiceHabitSign]:
    """Yield the voice sign of a text's most frequent form of address; nothing if that form is too rare."""
    for address in sorted(language_lexicon.address, key=lambda form: -len(tone.examples[form.word]))[:1]:
        rate = (
            MIN_FAMILIAR_ADDRESS_FORMS_PER_100_WORDS
            if address.formality < 0
            else MIN_FORMAL_ADDRESS_FORMS_PER_100_WORDS
            if address.formality > 0
            else MIN_NEUTRAL_ADDRESS_FORMS_PER_100_WORDS
        )
        if is_sign_frequent_enough_for_habit(tone, address.word, rate):
            yield FrequentVoiceHabitSign(
                voice_sign_of_address_form(address), "speech", f"to the reader as “{address.word}”", address.word
            )


def voice_sign_of_address_form(address: LexiconFormOfAddress) -> str:
    return "close" if address.formality < 0 else "distant" if address.formality > 0 else "address"


def find_readability_sign(tone: ToneCounts, language_lexicon: IngestLexicon) -> Iterator[FrequentVoiceHabitSign]:
    plain, technical = language_lexicon.lix or (0, float("inf"))
    if (
        tone.lix_readability_index < plain
        and tone.mean_sentence_words <= MAX_SHORT_SENTENCE_WORDS
        and tone.compute_sentence_share_of_sign("short") >= MIN_SHORT_SENTENCE_SHARE
    ):
        yield FrequentVoiceHabitSign("plain", "sentences", "short plain sentences", "short")
    elif tone.lix_readability_index > technical and tone.mean_sentence_words >= MIN_LONG_SENTENCE_WORDS:
        yield FrequentVoiceHabitSign("technical", "sentences", "long technical sentences", "long")
