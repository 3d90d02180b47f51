"""Rules of `brandVoice`: measures of the brand's own prose, as a copywriter needs them, in the brand's language.

A voice has one line for each trait: the form of address, the person, the length of sentences, and the measures
that are farthest from the middle of home pages. Two lines of advice are to do, and one not to do. Humour can't be
counted, so it is left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from generation.copy.voice_text import DO_MARK, DONT_MARK, load_voice_phrases
from schemas.brand import FieldCandidate
from workers.ingest.derive.own_prose import list_brand_written_sentences
from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.tone import (
    LANGUAGES_MEASURED_IN_CHARACTERS,
    TONE_SENTENCE_END_PATTERN,
    USUAL_SENTENCE_SHARES,
    ToneMeasures,
    compile_tone_pattern,
    compute_length_deviation,
    compute_share_deviation,
    load_voice_rules,
    measure_sentence_length,
    measure_tone,
)
from workers.ingest.languages import primary_language_subtag
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import Passage, SourceProse

#: Words of own prose from which a voice names address and person alone.
MIN_SHORT_VOICE_PROSE_WORDS = 40
#: Words of own prose from which a voice has all measures.
MIN_VOICE_PROSE_WORDS = 80
MIN_VOICE_SENTENCES = 3
#: Sentences with a form, and their share, from which it is the brand's.
MIN_SENTENCES_WITH_FORM = 2
MIN_SENTENCE_SHARE_WITH_FORM = 0.04
#: Share of sentences with any form, below which the brand has none. Between the two shares, a voice says nothing.
MAX_SENTENCE_SHARE_WITHOUT_FORM = 0.03
#: Share of sentences from which a form of politeness is the brand's.
MIN_POLITE_SENTENCE_SHARE = 0.4
#: Standard deviations from the usual measure at which a measure is a trait.
MIN_TRAIT_DEVIATION = 2.0
#: Traits besides address, politeness, person and length at most.
MAX_OTHER_TRAITS = 4
#: Rank of advice about address, person and length among the measures, as a deviation.
CONTRARY_ADDRESS_DEVIATION = 2.0
FORM_ADVICE_DEVIATION = 1.5
FALLBACK_ADVICE_DEVIATION = 1.0
#: Confidence of a voice before its words.
BASE_VOICE_CONFIDENCE = 0.35
#: Confidence that each hundred words add.
VOICE_CONFIDENCE_PER_100_WORDS = 0.05
MAX_VOICE_CONFIDENCE = 0.6
VOICE_QUOTES = 3
#: Lengths that a typical quote may be farther from the middle if it addresses the reader or names the brand.
FORM_IN_QUOTE_BONUS = 6


class VoiceTrait(NamedTuple):
    """Trait with a phrase: its deviation from home pages in standard deviations, and the values of its slots."""

    trait: str
    deviation: float
    word: str = ""
    number: int = 0
    usual: int = 0


def derive_brand_voice_candidate(prose: SourceProse) -> Iterator[FieldCandidate]:
    """Yield at most one `brandVoice`; nothing for too little prose, or for a language without phrases."""
    language = primary_language_subtag(prose.language or "")
    sentences = list_distinct_voice_sentences(prose, language) if language in load_voice_rules() else []
    if len(sentences) < MIN_VOICE_SENTENCES:
        return
    tone = measure_tone(sentences, language)
    forms = list(find_form_traits(tone))
    is_short = tone.words < MIN_VOICE_PROSE_WORDS
    if tone.words < MIN_SHORT_VOICE_PROSE_WORDS or (is_short and not forms):
        return
    measured = [*find_measured_traits(tone, language)]
    traits = [*forms, *measured]
    if is_short:
        traits = forms if any(trait.word for trait in forms) else [*forms, *measured[:1]]
    advice = [] if is_short else choose_advice(tone, traits, language)
    confidence = BASE_VOICE_CONFIDENCE + VOICE_CONFIDENCE_PER_100_WORDS * tone.words / 100
    yield FieldCandidate(
        field="brandVoice",
        value="\n".join(phrase_trait(trait, language) for trait in [*traits, *advice]),
        confidence=round(min(confidence, MAX_VOICE_CONFIDENCE), 2),
        rule="text.voice",
        url=prose.url,
        evidence=choose_typical_quotes(tone, language),
    )


def list_distinct_voice_sentences(prose: SourceProse, language: str) -> list[str]:
    """Return the brand's own sentences in the language's script, each once.

    With own prose, whole sentences of the brand's declared descriptions count too.
    """
    letter = compile_tone_pattern(load_voice_rules()[language].letter)
    sentences = list_brand_written_sentences(prose.passages)
    described = list_brand_written_sentences(Passage(text=text) for text in prose.about) if sentences else []
    ended = [sentence for sentence in described if TONE_SENTENCE_END_PATTERN.search(sentence)]
    distinct = {fold_text(sentence): sentence for sentence in (*ended, *sentences)}
    return [sentence for sentence in distinct.values() if letter.search(sentence)]


def find_form_traits(tone: ToneMeasures) -> Iterator[VoiceTrait]:
    """Yield the traits of address, politeness and person; none for a form that is neither usual nor absent."""
    yield from find_form_trait("address", tone.address, tone)
    if politeness := find_usual_form(tone.politeness, tone, MIN_POLITE_SENTENCE_SHARE):
        yield VoiceTrait("politeness", 0, politeness)
    yield from find_form_trait("person", tone.person, tone)


def find_form_trait(trait: str, forms: Counter[str], tone: ToneMeasures) -> Iterator[VoiceTrait]:
    if form := find_usual_form(forms, tone, MIN_SENTENCE_SHARE_WITH_FORM):
        yield VoiceTrait(trait, 0, form)
    elif forms.total() <= MAX_SENTENCE_SHARE_WITHOUT_FORM * len(tone.sentences):
        yield VoiceTrait(f"{trait}_none", 0)


def find_usual_form(forms: Counter[str], tone: ToneMeasures, min_share: float) -> str:
    """Return the form that most sentences have; empty if it is too rare."""
    form, count = next(iter(forms.most_common(1)), ("", 0))
    return form if count >= max(MIN_SENTENCES_WITH_FORM, min_share * len(tone.sentences)) else ""


def find_measured_traits(tone: ToneMeasures, language: str) -> Iterator[VoiceTrait]:
    """Yield the length's trait, then the measures far from the middle, the farthest first."""
    usual = load_voice_rules()[language].usual_length
    deviation = compute_length_deviation(tone.middle_length, usual)
    kind = "usual" if abs(deviation) < MIN_TRAIT_DEVIATION else "long" if deviation > 0 else "short"
    yield VoiceTrait(f"length_{kind}", deviation, number=tone.middle_length, usual=usual)
    far = [trait for trait in list_sign_traits(tone, language) if abs(trait.deviation) >= MIN_TRAIT_DEVIATION]
    yield from sort_by_deviation(far)[:MAX_OTHER_TRAITS]


def list_sign_traits(tone: ToneMeasures, language: str) -> Iterator[VoiceTrait]:
    """Yield a trait for each sign that is more frequent than usual, or missing, if it has a phrase."""
    phrases = load_voice_phrases()[language]
    for sign, share in USUAL_SENTENCE_SHARES.items():
        deviation = compute_share_deviation(tone.signs[sign], len(tone.sentences), share)
        trait = sign if deviation > 0 else "" if tone.signs[sign] else f"{sign}_none"
        if trait in phrases:
            yield VoiceTrait(trait, deviation, tone.top_superlative)


def choose_advice(tone: ToneMeasures, traits: list[VoiceTrait], language: str) -> list[VoiceTrait]:
    """Return two traits to do and one not to do: those of the measures farthest from the middle."""
    to_do = sort_by_deviation(list_traits_to_do(traits, language))[:2]
    return [*to_do, *sort_by_deviation(list_traits_not_to_do(tone, traits, language))[:1]]


def sort_by_deviation(traits: Iterable[VoiceTrait]) -> list[VoiceTrait]:
    return sorted(traits, key=lambda trait: -abs(trait.deviation))


def list_traits_to_do(traits: list[VoiceTrait], language: str) -> Iterator[VoiceTrait]:
    phrases = load_voice_phrases()[language]
    for trait in traits:
        advice = f"do_{trait.trait.removeprefix('length_')}"
        if advice in phrases:
            is_form = trait.trait in {"address", "person", "politeness"}
            yield trait._replace(trait=advice, deviation=FORM_ADVICE_DEVIATION if is_form else trait.deviation)
    yield VoiceTrait("do_plain", FALLBACK_ADVICE_DEVIATION)


def list_traits_not_to_do(tone: ToneMeasures, traits: list[VoiceTrait], language: str) -> Iterator[VoiceTrait]:
    phrases = load_voice_phrases()[language]
    stated = {trait.trait: trait for trait in traits}
    familiar, *_, formal = [*load_voice_rules()[language].address] * 2
    if "address" in stated:
        contrary = familiar if stated["address"].word == formal else formal
        if not tone.address[contrary]:
            yield VoiceTrait("dont_address", CONTRARY_ADDRESS_DEVIATION, contrary)
    for absent in ("address_none", "person_none"):
        if absent in stated:
            yield VoiceTrait(f"dont_{absent}", FORM_ADVICE_DEVIATION)
    if "length_long" in stated:
        yield VoiceTrait("dont_short", stated["length_long"].deviation)
    for trait in list_sign_traits(tone, language):
        advice = f"dont_{trait.trait.removesuffix('_none')}"
        if trait.deviation < -FALLBACK_ADVICE_DEVIATION and advice in phrases:
            yield VoiceTrait(advice, trait.deviation)
    yield VoiceTrait("dont_long", FALLBACK_ADVICE_DEVIATION, number=tone.longest_length)


def phrase_trait(trait: VoiceTrait, language: str) -> str:
    mark = DO_MARK if trait.trait.startswith("do_") else DONT_MARK if trait.trait.startswith("dont_") else ""
    phrase = load_voice_phrases()[language][trait.trait]
    return mark + phrase.format(word=trait.word, number=trait.number, usual=trait.usual)


def choose_typical_quotes(tone: ToneMeasures, language: str) -> list[str]:
    """Return up to three sentences nearest to the middle length.

    Whole sentences precede, and so do sentences with the brand's address or person.
    """
    rules = load_voice_rules()[language]
    forms = compile_tone_pattern("|".join([*rules.address.values(), *rules.person.values()]))
    unit = FORM_IN_QUOTE_BONUS * (2 if language in LANGUAGES_MEASURED_IN_CHARACTERS else 1)

    def rank(sentence: str) -> tuple[bool, int]:
        far = abs(measure_sentence_length(sentence, language) - tone.middle_length)
        return (TONE_SENTENCE_END_PATTERN.search(sentence) is None, far - unit * (forms.search(sentence) is not None))

    return [cut_evidence_quote(sentence) for sentence in sorted(tone.sentences, key=rank)[:VOICE_QUOTES]]
