"""Rules of derived `keywords`: recurring nouns and phrases of a heading, the title or a description.

Early, frequent and heading terms rank first. On READMEs this single ranking was better than YAKE, and than
both together (docs/explain/brand.md).
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import stopwordsiso

from schemas.brand import FieldCandidate
from workers.ingest.derive.clauses import PositionedWord, tokenize_clauses
from workers.ingest.derive.distinct import DERIVED_KEYWORDS_RULE, MIN_SUFFICIENT_KEYWORDS, drop_same_stem_keywords
from workers.ingest.derive.lexicon import IngestLexicon, load_lexicon
from workers.ingest.derive.nouns import (
    NounRules,
    PartOfSpeechPoints,
    cached_stem_of,
    count_part_of_speech_points,
    find_noun_phrase_run_bounds,
)
from workers.ingest.derive.quotes import cut_evidence_quote
from workers.ingest.derive.quotes import take_first_distinct_evidence_quotes as once
from workers.ingest.languages import primary_language_subtag
from workers.ingest.page.text import fold_text
from workers.ingest.sentences import is_lorem_ipsum
from workers.ingest.shapes import Passage, SourceProse

#: Confidence, lower than of any declared keywords.
DERIVED_KEYWORDS_CONFIDENCE = 0.4
MIN_DERIVED_KEYWORDS = 2
#: Clauses that have a keyword at least.
MIN_CLAUSES_WITH_KEYWORD = 2
MAX_KEYWORD_PHRASE_WORDS = 3
#: Share of the best term's weight below which a term is no keyword, beyond the first few.
MIN_KEYWORD_SCORE_SHARE = 0.4
#: Share of a word's uses inside a longer keyword, from which it is no keyword itself.
MAX_SHARE_IN_LONGER_KEYWORD = 0.6
#: Weight of a mention in a heading; any other counts one. These three values are measured, and similar ones
#: perform as well.
KEYWORD_HEADING_WEIGHT = 2.0
#: Bonus of a term in the first clause: it scores six times as high as a late one.
EARLY_KEYWORD_BONUS = 5.0
#: Number of the clause in which that bonus has halved.
EARLY_BONUS_HALF_LIFE_CLAUSES = 5.0


class KeywordSourceText(NamedTuple):
    """Text that is read; `shown` is a heading, the title or a description.

    A heading of a README isn't `shown`: it names a part of the manual.
    """

    text: str
    shown: bool


class ClauseWithTextNumber(NamedTuple):
    """Clause with the number of its text."""

    words: list[PositionedWord]
    number: int


@dataclass
class KeywordTerm:
    """Word or phrase in all its forms.

    `first` is the number of its first clause, `place` its text and place in a shown text, if any. `is_led` is
    False if it may be an imperative with its object.
    """

    first: int
    weight: float = 0.0
    length: int = 1
    forms: Counter[str] = field(default_factory=Counter)
    clauses: set[int] = field(default_factory=set)
    place: tuple[int, int] | None = None
    is_led: bool = False

    @property
    def score(self) -> float:
        return math.sqrt(self.weight) * (1 + EARLY_KEYWORD_BONUS / (1 + self.first / EARLY_BONUS_HALF_LIFE_CLAUSES))

    @property
    def display_form(self) -> str:
        return self.forms.most_common(1)[0][0]

    @property
    def is_keyword(self) -> bool:
        return self.place is not None and len(self.clauses) >= MIN_CLAUSES_WITH_KEYWORD and self.is_led


def derive_brand_keywords(prose: SourceProse, language_lexicon: IngestLexicon) -> Iterator[FieldCandidate]:
    """Yield one candidate with the keywords that recur in the prose about the brand, not in stories and labels.

    Yield nothing for a language without a grammar, or with fewer than `MIN_DERIVED_KEYWORDS` keywords.
    """
    if language_lexicon.grammar is None:
        return
    brand_passages = [passage for passage in prose.passages if passage.kind != "label" and not passage.story]
    texts = collect_keyword_source_texts(prose.about if brand_passages else [], brand_passages)
    terms_found = extract_keyword_terms(
        texts, NounRules(language_lexicon.grammar, load_stop_words(prose.language)), name=prose.name or ""
    )
    places = [term.place or (0, 0) for term in terms_found]
    if len(terms_found) >= MIN_DERIVED_KEYWORDS:
        yield FieldCandidate(
            field="keywords",
            value=[term.display_form for term in terms_found],
            confidence=DERIVED_KEYWORDS_CONFIDENCE,
            rule=DERIVED_KEYWORDS_RULE,
            url=prose.url,
            evidence=once(cut_evidence_quote(texts[number].text, start) for number, start in places),
        )


def collect_keyword_source_texts(about: Iterable[str], passages: Iterable[Passage]) -> list[KeywordSourceText]:
    """Return the `about` texts and the passages for the keyword search, each text once.

    Placeholder texts are dropped. Of two texts with one inside the other, as a description often is, only the
    longer one is kept. Each text is compared with the first ten kept texts only.
    """
    texts = [
        *(KeywordSourceText(text, shown=True) for text in about),
        *(KeywordSourceText(entry.text, entry.kind == "heading" and not entry.documentation) for entry in passages),
    ]
    by_key: dict[str, KeywordSourceText] = {}
    for entry in texts:
        key = fold_text(entry.text)
        same_key = next(
            (key_of_kept for key_of_kept in [*by_key][:10] if key in key_of_kept or key_of_kept in key), None
        )
        if same_key is None:
            by_key[key] = entry
        else:
            earlier = by_key.pop(same_key)
            longest = max(earlier, entry, key=lambda text: len(text.text))
            by_key = {max(key, same_key, key=len): longest._replace(shown=earlier.shown or entry.shown)} | by_key
    return [entry for entry in by_key.values() if not is_lorem_ipsum(entry.text)]


def extract_keyword_terms(texts: Sequence[KeywordSourceText], rules: NounRules, *, name: str) -> list[KeywordTerm]:
    """Return the terms in enough clauses and in a heading, title or description, the best first, without `name`."""
    all_clauses = [
        ClauseWithTextNumber(words, number)
        for number, text in enumerate(texts)
        for words in mask_brand_name_in_clauses(text.text, fold_text(name))
    ]
    points_by_stem = count_part_of_speech_points([clause.words for clause in all_clauses], rules)
    recurring = [
        term for term in find_noun_phrase_terms(all_clauses, texts, rules, points_by_stem).values() if term.is_keyword
    ]
    ranked = sorted(drop_terms_used_mostly_in_longer_terms(recurring), key=lambda term: -term.score)
    worthy_terms = sum(term.score >= MIN_KEYWORD_SCORE_SHARE * ranked[0].score for term in ranked)
    by_form = {term.display_form: term for term in reversed(ranked[: max(worthy_terms, MIN_SUFFICIENT_KEYWORDS)])}
    return [
        by_form[form]
        for form in drop_same_stem_keywords(term.display_form for term in ranked if term.display_form in by_form)
    ]


def mask_brand_name_in_clauses(text: str, name: str) -> Iterator[list[PositionedWord]]:
    """Yield the clauses of a text, with the words of the brand's name replaced by one neutral word."""
    for words in tokenize_clauses(text):
        start = 0
        replaced: list[PositionedWord] = []
        while start < len(words):
            size = count_words_of_brand_name_at_position(words, start, name)
            replaced.append(words[start]._replace(key=BRAND_NAME_MASK_WORD) if size else words[start])
            start += size or 1
        yield replaced


#: Key of the brand's name: a single character, so that it never counts as a meaningful word.
BRAND_NAME_MASK_WORD = "≡"


def count_words_of_brand_name_at_position(words: list[PositionedWord], start: int, name: str) -> int:
    """Count the words of a clause from `start` on that are the brand's folded `name`; 0 if they aren't, or over six."""
    joined = ""
    for size, word in enumerate(words[start : start + 6], start=1):
        joined += fold_text(word.key)
        if joined == name:
            return size
        if not name.startswith(joined):
            return 0
    return 0


def find_noun_phrase_terms(
    all_clauses: Iterable[ClauseWithTextNumber],
    texts: Sequence[KeywordSourceText],
    rules: NounRules,
    points_by_stem: dict[str, PartOfSpeechPoints],
) -> dict[str, KeywordTerm]:
    by_key: dict[str, KeywordTerm] = {}
    for number_of_clause, clause in enumerate(all_clauses):
        for start, end in find_noun_phrase_run_bounds(clause.words, rules, points_by_stem):
            for phrase in find_noun_phrases_in_run(clause.words[start:end], rules, points_by_stem):
                key = " ".join(cached_stem_of(word.key) for word in phrase)
                term = by_key.setdefault(key, KeywordTerm(number_of_clause, length=len(phrase)))
                term.clauses.add(number_of_clause)
                add_keyword_term_use(term, phrase, clause.number, texts[clause.number])
                term.is_led |= (
                    len(phrase) == 1
                    or phrase[0] is not clause.words[0]
                    or is_used_as_noun_or_adjective(phrase[0], points_by_stem)
                )
    return by_key


def is_used_as_noun_or_adjective(word: PositionedWord, points_by_stem: dict[str, PartOfSpeechPoints]) -> bool:
    """Return whether the whole text uses the word as a noun or adjective rather than as a verb.

    It is asked for the first word of a clause, which may be an imperative.
    """
    word_points = points_by_stem[cached_stem_of(word.key)]
    return word_points.is_noun or word_points.adjective > word_points.verb


def find_noun_phrases_in_run(
    run: Sequence[PositionedWord], rules: NounRules, points_by_stem: dict[str, PartOfSpeechPoints]
) -> Iterator[Sequence[PositionedWord]]:
    """Yield the noun phrases in a run of words: parts of up to three words with a noun as head.

    A part that repeats a word is left out.
    """
    for start in range(len(run)):
        for end in range(start + 1, min(start + MAX_KEYWORD_PHRASE_WORDS, len(run)) + 1):
            head = run[start if rules.grammar.first else end - 1]
            part = run[start:end]
            is_nominal = points_by_stem[cached_stem_of(head.key)].is_noun and not (
                rules.grammar.capitals and head.text[0].islower()
            )
            if is_nominal and len({cached_stem_of(word.key) for word in part}) == len(part):
                yield part


def add_keyword_term_use(
    term: KeywordTerm, phrase: Sequence[PositionedWord], number: int, text: KeywordSourceText
) -> None:
    term.weight += KEYWORD_HEADING_WEIGHT if text.shown else 1.0
    term.forms[" ".join(word.key for word in phrase)] += 1
    if text.shown and term.place is None:
        term.place = (number, phrase[0].start)


def drop_terms_used_mostly_in_longer_terms(all_terms: list[KeywordTerm]) -> Iterator[KeywordTerm]:
    """Yield the terms that occur mostly by themselves: not `twin`, if at least 60 % of its uses are in `twin peaks`."""
    for term in all_terms:
        longer_terms = (other for other in all_terms if other.length > term.length)
        around = (other for other in longer_terms if f" {term.display_form} " in f" {other.display_form} ")
        uses_in_longer = max((other.forms.total() for other in around), default=0)
        if uses_in_longer < MAX_SHARE_IN_LONGER_KEYWORD * term.forms.total():
            yield term


@cache
def load_stop_words(language: str | None) -> frozenset[str]:
    """Return the stop words and `common` words of the language and of English (on every page), in lower case."""
    languages = {"en", primary_language_subtag(language)} if language else {"en"}
    stopped = stopwordsiso.stopwords([tag for tag in languages if stopwordsiso.has_lang(tag)])
    return frozenset(stopped).union(*(load_lexicon(tag).common for tag in languages))
