"""Rules of `brandVoice`: advice to a copywriter that follows from the brand's own texts, in the brand's language.

The lines are about tone, address and person, a typical sentence, selling points, calls to action and taboos. The
last one is about the measure that is farthest from other home pages. A line without evidence is left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from generation.copy.chinese import TRADITIONAL_CHINESE, is_traditional_chinese, write_in_traditional_characters
from generation.copy.voice_text import VoicePhrases, load_voice_phrases
from schemas.brand import FieldCandidate
from workers.ingest.derive.audience import capitalize_sentence, join_labels
from workers.ingest.derive.calls import find_calls_to_action
from workers.ingest.derive.own_prose import list_brand_written_headings, list_brand_written_sentences
from workers.ingest.derive.quotes import MAX_EVIDENCE_QUOTES, cut_evidence_quote, take_first_distinct_evidence_quotes
from workers.ingest.derive.selling_points import SellingPoint
from workers.ingest.derive.tables import CustomerGrammar, load_customer_grammar
from workers.ingest.derive.tone import (
    TONE_SENTENCE_END_PATTERN,
    USUAL_SENTENCE_SHARES,
    LanguageVoiceRules,
    ToneMeasures,
    compile_tone_pattern,
    compute_length_deviation,
    compute_share_deviation,
    count_texts_by_form,
    find_absent_signs,
    load_voice_rules,
    measure_tone,
)
from workers.ingest.derive.typical_sentences import find_typical_sentences
from workers.ingest.languages import primary_language_subtag
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import Passage, SourceProse

#: Words of own prose from which its measures are evidence.
MIN_VOICE_PROSE_WORDS = 40
#: Own sentences and headings of a source, and lines of a voice at least; with less there is none.
MIN_VOICE_TEXTS = 3
MIN_VOICE_LINES = 2
MAX_VOICE_LINES = 7
#: Share of texts with a form, from which it is the brand's; in fewer than `MIN_TEXTS_FOR_TWO` one text is enough.
MIN_TEXT_SHARE_WITH_FORM = 0.02
MIN_TEXTS_FOR_TWO = 12
#: Share of sentences from which a form of politeness is the brand's.
MIN_POLITE_SENTENCE_SHARE = 0.4
#: Standard deviations from the usual measure at which a measure is a trait.
MIN_TRAIT_DEVIATION = 2.0
#: The same for long sentences: a page about the brand has longer ones than a home page.
MIN_LONG_DEVIATION = 3.0
#: Sentences from which the absence of a sign is a habit.
MIN_SENTENCES_FOR_ABSENCE = 20
MIN_SENTENCES_OF_CALM_TONE = 40
#: Adjectives of a tone, and those of them that selling points give at most.
MIN_TONES = 2
MAX_TONES = 3
MAX_TONES_OF_POINTS = 2
#: Weight from which a selling point gives a tone: a leading text, a heading and another text, or three texts.
MIN_TONE_POINT_WEIGHT = 3
MAX_STRESSED_POINTS = 3
#: Tones by the measure that is far above the usual one. Long sentences and calls on readers set no tone.
TONE_BY_TRAIT = {
    "short": "concise",
    "exclamation": "enthusiastic",
    "emoji": "playful",
    "figure": "factual",
    "superlative": "confident",
}
#: Tone of a brand that names neither itself nor the reader, and of one that never exclaims.
RESERVED_TONE = "factual"
CALM_TONE = "calm"
#: Confidence of a voice before its words.
BASE_VOICE_CONFIDENCE = 0.35
#: Confidence that each hundred words add.
VOICE_CONFIDENCE_PER_100_WORDS = 0.05
MAX_VOICE_CONFIDENCE = 0.6


class VoiceEvidence(NamedTuple):
    """Evidence for a voice: measures of its sentences, and forms in these, in headings and in calls to action.

    `texts` counts sentences and headings. `absent_forms` are forms of address in no text, and `absent_signs` signs in
    none of many. A brand `is_reserved` if its texts address no reader, in a language without forms of politeness.
    `far` are the traits that are far from those of home pages, the farthest first; a text too short for measures has
    none. `sentences` are typical ones, `measured` the first of all.
    """

    tone: ToneMeasures
    texts: int
    address: str
    absent_forms: frozenset[str]
    absent_signs: list[str]
    is_reserved: bool
    person: str
    politeness: str
    far: list[str]
    points: Sequence[SellingPoint]
    calls: list[str]
    sentences: list[str]
    measured: list[str]
    has_measures: bool


class VoiceWriter(NamedTuple):
    """Rules, phrases and grammar of the language of a voice."""

    rules: LanguageVoiceRules
    phrases: VoicePhrases
    grammar: CustomerGrammar
    is_traditional: bool

    def write(self, trait: str, **slots: str) -> str:
        return capitalize_sentence(self.phrases.lines[trait].format(**slots), self.grammar)

    def quote(self, words: Iterable[str]) -> list[str]:
        return [self.phrases.quotation.format(word=word) for word in words]

    def join(self, words: Iterable[str]) -> str:
        return self.phrases.separator.join(words) if self.phrases.separator else join_labels([*words], self.grammar)

    def name(self, words: str) -> str:
        """Return words of a table in the script of the voice."""
        return write_in_traditional_characters(words) if self.is_traditional else words


def derive_brand_voice_candidate(prose: SourceProse, points: Sequence[SellingPoint]) -> Iterator[FieldCandidate]:
    """Yield at most one `brandVoice`; nothing for too few lines, for calls alone, or for a language without phrases."""
    language = primary_language_subtag(prose.language or "")
    if language not in load_voice_rules():
        return
    found = find_voice_evidence(prose, points, language)
    lines = [*write_voice_lines(found, choose_voice_writer(prose, language))][:MAX_VOICE_LINES]
    has_texts = found.texts >= MIN_VOICE_TEXTS and (found.has_measures or found.sentences or found.points)
    if len(lines) < MIN_VOICE_LINES or not has_texts:
        return
    confidence = BASE_VOICE_CONFIDENCE + VOICE_CONFIDENCE_PER_100_WORDS * found.tone.words / 100
    stressed = (point.quote for point in found.points[:MAX_STRESSED_POINTS])
    quotes = [*found.sentences, *stressed, *found.calls, *found.measured]
    yield FieldCandidate(
        field="brandVoice",
        value="\n".join(lines),
        confidence=round(min(confidence, MAX_VOICE_CONFIDENCE), 2),
        rule="text.voice",
        url=prose.url,
        evidence=take_first_distinct_evidence_quotes(map(cut_evidence_quote, quotes)),
    )


def choose_voice_writer(prose: SourceProse, language: str) -> VoiceWriter:
    is_traditional = language == "zh" and is_traditional_chinese("".join(passage.text for passage in prose.passages))
    return VoiceWriter(
        rules=load_voice_rules()[language],
        phrases=load_voice_phrases()[TRADITIONAL_CHINESE if is_traditional else language],
        grammar=load_customer_grammar(language) or CustomerGrammar(),
        is_traditional=is_traditional,
    )


def find_voice_evidence(prose: SourceProse, points: Sequence[SellingPoint], language: str) -> VoiceEvidence:
    rules = load_voice_rules()[language]
    sentences = list_distinct_voice_sentences(prose, language)
    calls = find_calls_to_action(prose.passages, language)
    texts = [*sentences, *list_brand_written_headings(prose.passages)]
    tone = measure_tone(sentences, language)
    has_measures = tone.words >= MIN_VOICE_PROSE_WORDS
    # A call such as `Contact us` is on pages of any brand, so it shows no person.
    address = count_texts_by_form([*texts, *calls], rules.address)
    is_long = tone.sentences >= MIN_SENTENCES_FOR_ABSENCE
    polite = count_texts_by_form(sentences, rules.politeness)
    return VoiceEvidence(
        tone=tone,
        texts=len(texts),
        address=find_usual_form(address, len(texts)),
        absent_forms=frozenset(rules.address.keys() - address.keys()),
        absent_signs=find_absent_signs([*texts, *calls], language) if is_long else [],
        is_reserved=has_measures and not address and not rules.politeness,
        person=find_usual_form(count_texts_by_form(texts, rules.person), len(texts)),
        politeness=find_usual_form(polite, len(sentences), MIN_POLITE_SENTENCE_SHARE),
        far=[*list_far_traits(tone, language)] if has_measures else [],
        points=points,
        calls=calls,
        sentences=find_typical_sentences(prose, sentences, language),
        measured=sentences[:MAX_EVIDENCE_QUOTES],
        has_measures=has_measures,
    )


def list_distinct_voice_sentences(prose: SourceProse, language: str) -> list[str]:
    """Return the brand's own sentences in the language's script, each once.

    Whole sentences of the brand's declared descriptions count too.
    """
    letter = compile_tone_pattern(load_voice_rules()[language].letter)
    sentences = list_brand_written_sentences(prose.passages)
    described = list_brand_written_sentences(Passage(text=text) for text in prose.about) if sentences else []
    ended = [sentence for sentence in described if TONE_SENTENCE_END_PATTERN.search(sentence)]
    distinct = {fold_text(sentence): sentence for sentence in (*sentences, *ended)}
    return [sentence for sentence in distinct.values() if letter.search(sentence)]


def find_usual_form(counts: Counter[str], total: int, min_share: float = MIN_TEXT_SHARE_WITH_FORM) -> str:
    """Return the form that most of `total` texts have; empty if it is too rare."""
    form, count = next(iter(counts.most_common(1)), ("", 0))
    least = 1 if total < MIN_TEXTS_FOR_TWO else 2
    return form if count >= max(least, min_share * total) else ""


def list_far_traits(tone: ToneMeasures, language: str) -> list[str]:
    """Return the traits that are far from those of home pages, the farthest first."""
    usual = load_voice_rules()[language].usual_length
    length = compute_length_deviation(tone.middle_length, usual)
    deviations = {"short": -length}
    if length >= MIN_LONG_DEVIATION:
        deviations["long"] = length
    for sign, share in USUAL_SENTENCE_SHARES.items():
        deviations[sign] = compute_share_deviation(tone.signs[sign], tone.sentences, share)
    far = [trait for trait, deviation in deviations.items() if deviation >= MIN_TRAIT_DEVIATION]
    return sorted(far, key=lambda trait: -deviations[trait])


def write_voice_lines(found: VoiceEvidence, writer: VoiceWriter) -> Iterator[str]:
    tones = choose_tones(found, writer) if found.has_measures else []
    if len(tones) >= MIN_TONES:
        yield writer.write("tone", list=capitalize_sentence(writer.join(tones), writer.grammar))
    yield from write_address_lines(found, writer)
    if found.sentences:
        yield writer.write("quote", word=found.sentences[0])
    if found.points:
        names = (writer.name(point.name) for point in found.points[:MAX_STRESSED_POINTS])
        yield writer.write("stresses", list=writer.join(names))
    if found.calls:
        yield writer.write("calls", list=writer.join(writer.quote(found.calls)))
    if found.has_measures:
        yield from write_advice_lines(found, writer)


def choose_tones(found: VoiceEvidence, writer: VoiceWriter) -> list[str]:
    """Return up to `MAX_TONES` adjectives: of the strongest selling points, of measures, then of address and person."""
    strong = (point for point in found.points if point.tone and point.weight >= MIN_TONE_POINT_WEIGHT)
    own = dict.fromkeys(writer.name(point.tone) for point in strong)
    measured = [TONE_BY_TRAIT[trait] for trait in found.far if trait in TONE_BY_TRAIT]
    tones = [*[*own][:MAX_TONES_OF_POINTS], *(writer.phrases.tones[key] for key in measured)]
    formal = [writer.phrases.tones[key] for key in list_tones_of_forms(found, writer.rules)]
    distinct = [*dict.fromkeys(tones)][:MAX_TONES]
    return [*dict.fromkeys([*distinct, *formal])][: max(len(distinct), MIN_TONES)]


def list_tones_of_forms(found: VoiceEvidence, rules: LanguageVoiceRules) -> Iterator[str]:
    forms = ((rules.politeness, found.politeness), (rules.address, found.address), (rules.person, found.person))
    yield from (tone for table, form in forms if form and (tone := table[form].tone))
    if found.is_reserved and not found.person:
        yield RESERVED_TONE
    if found.tone.sentences >= MIN_SENTENCES_OF_CALM_TONE and "exclamation" in found.absent_signs:
        yield CALM_TONE


def write_address_lines(found: VoiceEvidence, writer: VoiceWriter) -> Iterator[str]:
    """Yield the line of address and person, and the one of politeness.

    Only a text that is long enough for measures shows that the brand addresses no reader.
    """
    if found.politeness:
        yield writer.write("politeness", word=found.politeness)
    address, person = writer.name(found.address), writer.name(found.person)
    if address:
        yield writer.write("address_person" if person else "address", word=address, person=person)
    elif person:
        yield writer.write("person_reserved" if found.is_reserved else "person", person=person)
    elif found.is_reserved:
        yield writer.write("reserved")


def write_advice_lines(found: VoiceEvidence, writer: VoiceWriter) -> Iterator[str]:
    """Yield the line of taboos, then the advice of the farthest trait."""
    if avoided := [*list_avoided(found, writer)]:
        yield writer.write("avoid", list=writer.join(avoided))
    # The line of calls already says how the brand calls on readers.
    far = (trait for trait in found.far if trait != "imperative" or not found.calls)
    advice = (f"do_{trait}" for trait in far if f"do_{trait}" in writer.phrases.lines)
    if trait := next(advice, ""):
        yield writer.write(trait)


def list_avoided(found: VoiceEvidence, writer: VoiceWriter) -> Iterator[str]:
    contrary = writer.rules.address[found.address].contrary if found.address else ""
    if contrary in found.absent_forms:
        yield writer.phrases.avoided["form"].format(word=writer.name(contrary))
    if found.politeness:
        yield writer.phrases.avoided["familiar"]
    yield from (writer.phrases.avoided[sign] for sign in found.absent_signs)
