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

from workers.ingest.derive.clauses import NUMBER, PAUSE, ClauseWord, has_case
from workers.ingest.derive.distinct import stem
from workers.ingest.derive.lexicon import Grammar

MIN_NOUN_POINTS = 2
#: Adjective points of a word next to the head of a phrase: nouns occur there as well.
MODIFIER_POINTS = 0.5
#: Words before a phrase that are searched for its article.
MAX_OPENER_DISTANCE = 3


@dataclass(slots=True)
class Points:
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
            self.noun >= MIN_NOUN_POINTS
            and self.noun > self.verb + self.adjective
            and self.next_to_number < self.uses
        )

    @property
    def is_verb(self) -> bool:
        return self.verb > self.noun + self.after_opener


class GrammarRules:
    """Grammar of one language, compiled for lookups. `mute` are words without a meaning of their own."""

    def __init__(self, grammar: Grammar, mute: frozenset[str]) -> None:
        self.grammar = grammar
        self.determiners = frozenset(grammar.determiners)
        self.prepositions = frozenset(grammar.prepositions)
        self.genitive = frozenset(grammar.genitive)
        self.verbal, self.degrees = frozenset(grammar.verbal), frozenset(grammar.degrees)
        self.objects = frozenset(grammar.objects)
        self.after_verbs = self.determiners | self.objects
        self.joins = frozenset([*grammar.joins, PAUSE])
        self.closed = self.after_verbs.union(self.prepositions, grammar.joins, self.verbal, self.degrees)
        self.ends = (self.closed - self.after_verbs).union(self.joins, self.genitive, self.prepositions)
        self.mute = mute | self.closed
        self.endings = {
            name: re.compile(getattr(grammar, name))
            for name in ("nouns", "adjectives", "verbs", "gerunds", "plural", "attached")
        }

    def ends_as(self, kind: str, word: ClauseWord) -> bool:
        return self.endings[kind].fullmatch(word.key) is not None

    def is_telling(self, word: ClauseWord) -> bool:
        """Return whether a word is meaningful: of two letters only an abbreviation is; an address never
        is."""
        long = len(word.key) > 2 or (len(word.key) == 2 and word.text.isupper())
        return long and word.key not in self.mute and word.key.count(".") < 2


@lru_cache(10_000)
def stem_of(key: str) -> str:
    return stem(key)


def count_points(clauses: Sequence[list[ClauseWord]], rules: GrammarRules) -> dict[str, Points]:
    """Return the points of each meaningful word, by its stem."""
    by_stem: defaultdict[str, Points] = defaultdict(Points)
    for clause in clauses:
        add_neighbour_points(clause, rules, by_stem)
    for clause in clauses:
        is_cased = has_case(clause)
        for start, end in runs(clause, rules, by_stem):
            add_place_points(clause, start, end, rules, by_stem)
            if is_cased:
                add_capital_points(clause, start, end, rules, by_stem)
    return by_stem


def add_neighbour_points(clause: list[ClauseWord], rules: GrammarRules, by_stem: dict[str, Points]) -> None:
    """Add points by the words right before and after."""
    keys = ["", *(word.key for word in clause), ""]
    for place, word in enumerate(clause, start=1):
        if not rules.is_telling(word):
            continue
        before, after = keys[place - 1], keys[place + 1]
        word_points = by_stem[stem_of(word.key)]
        if not word_points.uses:
            add_ending_points(word, rules, word_points)
        word_points.uses += 1
        word_points.next_to_number += NUMBER in (before, after)
        is_determined = before in rules.determiners
        word_points.after_opener += is_determined or before in rules.prepositions
        word_points.verb += 2 * (before in rules.verbal and before not in rules.determiners)
        word_points.verb += 2 * (after in rules.after_verbs and not is_determined)


def add_ending_points(word: ClauseWord, rules: GrammarRules, word_points: Points) -> None:
    word_points.noun += 2 * rules.ends_as("nouns", word)
    word_points.verb += 2 * rules.ends_as("verbs", word) + rules.ends_as("gerunds", word)
    word_points.adjective += 2 * rules.ends_as("adjectives", word)


def runs(
    clause: list[ClauseWord], rules: GrammarRules, by_stem: dict[str, Points]
) -> Iterator[tuple[int, int]]:
    """Yield runs of meaningful words without verbs, as their start and end."""
    start = None
    for place, word in enumerate(clause):
        if rules.is_telling(word) and not ends_run(word, rules, by_stem):
            start = place if start is None else start
        elif start is not None:
            yield start, place
            start = None
    if start is not None:
        yield start, len(clause)


def ends_run(word: ClauseWord, rules: GrammarRules, by_stem: dict[str, Points]) -> bool:
    """Return whether the word ends a phrase: a verb; in German also any word neither noun nor attached."""
    if rules.grammar.capitals and word.text[0].islower():
        return not rules.ends_as("attached", word)
    return by_stem[stem_of(word.key)].is_verb


def add_place_points(
    clause: list[ClauseWord], start: int, end: int, rules: GrammarRules, by_stem: dict[str, Points]
) -> None:
    """Add points of the head of a run, by the words before and after the run."""
    opener = opener_of(clause, start, rules)
    closer = clause[end].key if end < len(clause) else ""
    head = clause[start if rules.grammar.first else end - 1]
    for word in clause[start:end]:
        by_stem[stem_of(word.key)].adjective += MODIFIER_POINTS * (word is not head)
    if closer and closer not in rules.ends:
        return
    head_points, is_alone = by_stem[stem_of(head.key)], end - start == 1
    head_points.adjective += 2 * (is_alone and opener in rules.degrees)
    head_points.noun += (closer in rules.genitive) + rules.ends_as("plural", head) * (1 if is_alone else 2)
    # In `a powerful, private planner` the first two may be any part of speech.
    if not (is_alone and closer in rules.joins and not rules.grammar.first):
        head_points.noun += 2 * (opener in rules.determiners) + (opener in rules.prepositions)
        head_points.noun += not is_alone and (
            closer in rules.prepositions or closer in rules.degrees or opener != ""
        )


def opener_of(clause: list[ClauseWord], start: int, rules: GrammarRules) -> str:
    """Return the word that opens a phrase: `a` of `a new and private planner`. Neutral words are skipped."""
    for word in reversed(clause[max(start - MAX_OPENER_DISTANCE, 0) : start]):
        if word.key not in rules.joins and (word.key in rules.closed or word.key not in rules.mute):
            return word.key
    return ""


def add_capital_points(
    clause: list[ClauseWord], start: int, end: int, rules: GrammarRules, by_stem: dict[str, Points]
) -> None:
    """Add points of capitals inside a sentence: in German for nouns, elsewhere for names that are heads."""
    for place in range(start, end):
        word = clause[place]
        word_points = by_stem[stem_of(word.key)]
        if not word.initial and word.text[0].isupper():
            word_points.noun += 2 if rules.grammar.capitals else place == end - 1
        elif rules.grammar.capitals and word.text[0].islower():
            word_points.adjective += 2
