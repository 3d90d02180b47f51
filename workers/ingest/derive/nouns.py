"""Nouns of a text, distinguished from its verbs and adjectives by neighbouring words and by their endings.

No word list is complete, so the text itself decides. A noun is a word after an article or a preposition,
before `of`, at the head of a phrase, or with a capital in German. A word without such evidence in the text
is no noun.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from workers.ingest.derive.clauses import (
    COMMA_PLACEHOLDER_WORD,
    NUMBER_PLACEHOLDER_WORD,
    PositionedWord,
    has_capitals_marking_nouns,
)
from workers.ingest.derive.distinct import stem_term
from workers.ingest.derive.lexicon import NounRecognitionRules

MIN_POINTS_AS_NOUN = 2
#: Adjective points of a word next to the head of a phrase: nouns occur there as well.
ADJECTIVE_POINTS_BESIDE_PHRASE_HEAD = 0.5
#: Words before a phrase that are searched for its article.
MAX_ARTICLE_DISTANCE_WORDS = 3


@dataclass(slots=True)
class PartOfSpeechPoints:
    """Evidence for each part of speech; `next_to_number` are uses next to a number, among all `uses`.

    `after_opener` are uses right after an article or a preposition: evidence against a verb only.
    """

    noun: float = 0
    after_opener: float = 0
    verb: float = 0
    adjective: float = 0
    next_to_number: int = 0
    uses: int = 0

    @property
    def is_noun(self) -> bool:
        return (
            self.noun >= MIN_POINTS_AS_NOUN
            and self.noun > self.verb + self.adjective
            and self.next_to_number < self.uses
        )

    @property
    def is_verb(self) -> bool:
        return self.verb > self.noun + self.after_opener


class NounRules:
    """NounRecognitionRules of one language, compiled for lookups. `mute` are words without a meaning of their own."""

    def __init__(self, grammar: NounRecognitionRules, mute: frozenset[str]) -> None:
        self.grammar = grammar
        self.determiners = frozenset(grammar.determiners)
        self.prepositions = frozenset(grammar.prepositions)
        self.genitive = frozenset(grammar.genitive)
        self.verbal, self.degrees = frozenset(grammar.verbal), frozenset(grammar.degrees)
        self.objects = frozenset(grammar.objects)
        self.after_verbs = self.determiners | self.objects
        self.joins = frozenset([*grammar.joins, COMMA_PLACEHOLDER_WORD])
        self.closed = self.after_verbs.union(self.prepositions, grammar.joins, self.verbal, self.degrees)
        self.ends = (self.closed - self.after_verbs).union(self.joins, self.genitive, self.prepositions)
        self.mute = mute | self.closed
        self.endings = {
            name: re.compile(getattr(grammar, name))
            for name in ("nouns", "adjectives", "verbs", "gerunds", "plural", "attached")
        }

    def matches_word_ending(self, kind: str, word: PositionedWord) -> bool:
        return self.endings[kind].fullmatch(word.key) is not None

    def is_meaningful_word(self, word: PositionedWord) -> bool:
        """Return whether a word has a meaning: no stop or function word or address; of two letters only in capitals."""
        long = len(word.key) > 2 or (len(word.key) == 2 and word.text.isupper())
        return long and word.key not in self.mute and word.key.count(".") < 2


@lru_cache(10_000)
def cached_stem_of(key: str) -> str:
    return stem_term(key)


def count_part_of_speech_points(
    clauses: Sequence[list[PositionedWord]], rules: NounRules
) -> dict[str, PartOfSpeechPoints]:
    """Return the evidence of each part of speech for the meaningful words of all clauses, by word stem."""
    by_stem: defaultdict[str, PartOfSpeechPoints] = defaultdict(PartOfSpeechPoints)
    for clause in clauses:
        add_part_of_speech_points_by_neighbors(clause, rules, by_stem)
    for clause in clauses:
        is_cased = has_capitals_marking_nouns(clause)
        for start, end in find_noun_phrase_run_bounds(clause, rules, by_stem):
            add_part_of_speech_points_to_phrase(clause, start, end, rules, by_stem)
            if is_cased:
                add_part_of_speech_points_by_capitals(clause, start, end, rules, by_stem)
    return by_stem


def add_part_of_speech_points_by_neighbors(
    clause: list[PositionedWord], rules: NounRules, by_stem: dict[str, PartOfSpeechPoints]
) -> None:
    """Add part-of-speech points to `by_stem` for a clause's meaningful words, by the words next to them.

    A word's first use adds the points of its ending too.
    """
    keys = ["", *(word.key for word in clause), ""]
    for place, word in enumerate(clause, start=1):
        if not rules.is_meaningful_word(word):
            continue
        before, after = keys[place - 1], keys[place + 1]
        word_points = by_stem[cached_stem_of(word.key)]
        if not word_points.uses:
            add_word_class_by_ending(word, rules, word_points)
        word_points.uses += 1
        word_points.next_to_number += NUMBER_PLACEHOLDER_WORD in (before, after)
        is_determined = before in rules.determiners
        word_points.after_opener += is_determined or before in rules.prepositions
        word_points.verb += 2 * (before in rules.verbal and before not in rules.determiners)
        word_points.verb += 2 * (after in rules.after_verbs and not is_determined)


def add_word_class_by_ending(word: PositionedWord, rules: NounRules, word_points: PartOfSpeechPoints) -> None:
    word_points.noun += 2 * rules.matches_word_ending("nouns", word)
    word_points.verb += 2 * rules.matches_word_ending("verbs", word) + rules.matches_word_ending("gerunds", word)
    word_points.adjective += 2 * rules.matches_word_ending("adjectives", word)


def find_noun_phrase_run_bounds(
    clause: list[PositionedWord], rules: NounRules, by_stem: dict[str, PartOfSpeechPoints]
) -> Iterator[tuple[int, int]]:
    """Yield start and end index of each run of meaningful words without verbs in a clause."""
    start = None
    for place, word in enumerate(clause):
        if rules.is_meaningful_word(word) and not is_noun_phrase_break(word, rules, by_stem):
            start = place if start is None else start
        elif start is not None:
            yield start, place
            start = None
    if start is not None:
        yield start, len(clause)


def is_noun_phrase_break(word: PositionedWord, rules: NounRules, by_stem: dict[str, PartOfSpeechPoints]) -> bool:
    """Return whether the word ends a noun phrase, as a verb does.

    In German each word in lower case ends a phrase, except one that is attached to the noun after it.
    """
    if rules.grammar.capitals and word.text[0].islower():
        return not rules.matches_word_ending("attached", word)
    return by_stem[cached_stem_of(word.key)].is_verb


def add_part_of_speech_points_to_phrase(
    clause: list[PositionedWord], start: int, end: int, rules: NounRules, by_stem: dict[str, PartOfSpeechPoints]
) -> None:
    """Add part-of-speech points to the head of the phrase from index `start` to `end`.

    They depend on the words before and after the phrase. Its other words get adjective points.
    """
    opener = find_phrase_opener(clause, start, rules)
    closer = clause[end].key if end < len(clause) else ""
    head = clause[start if rules.grammar.first else end - 1]
    for word in clause[start:end]:
        by_stem[cached_stem_of(word.key)].adjective += ADJECTIVE_POINTS_BESIDE_PHRASE_HEAD * (word is not head)
    if closer and closer not in rules.ends:
        return
    head_points, is_alone = by_stem[cached_stem_of(head.key)], end - start == 1
    head_points.adjective += 2 * (is_alone and opener in rules.degrees)
    head_points.noun += (closer in rules.genitive) + rules.matches_word_ending("plural", head) * (1 if is_alone else 2)
    # In `a powerful, private planner` the first two may be any part of speech.
    if not (is_alone and closer in rules.joins and not rules.grammar.first):
        head_points.noun += 2 * (opener in rules.determiners) + (opener in rules.prepositions)
        head_points.noun += not is_alone and (closer in rules.prepositions or closer in rules.degrees or opener != "")


def find_phrase_opener(clause: list[PositionedWord], start: int, rules: NounRules) -> str:
    """Return the word that opens the phrase at `start`, as `a` of `a new and private planner`; "" for none.

    It is the nearest of the three words before the phrase that is no comma, joining word or mere stop word.
    """
    for word in reversed(clause[max(start - MAX_ARTICLE_DISTANCE_WORDS, 0) : start]):
        if word.key not in rules.joins and (word.key in rules.closed or word.key not in rules.mute):
            return word.key
    return ""


def add_part_of_speech_points_by_capitals(
    clause: list[PositionedWord], start: int, end: int, rules: NounRules, by_stem: dict[str, PartOfSpeechPoints]
) -> None:
    """Add part-of-speech points for capitals inside a sentence to the words from index `start` to `end`.

    A capital is evidence of a noun on each word in German, elsewhere only on the last word. In German lower
    case is evidence of an adjective.
    """
    for place in range(start, end):
        word = clause[place]
        word_points = by_stem[cached_stem_of(word.key)]
        if not word.initial and word.text[0].isupper():
            word_points.noun += 2 if rules.grammar.capitals else place == end - 1
        elif rules.grammar.capitals and word.text[0].islower():
            word_points.adjective += 2
