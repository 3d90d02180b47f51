"""Rules of derived `keywords`: recurring nouns and phrases of a heading, the title or a description.

Early, frequent and heading terms rank first. On READMEs this single ranking was better than YAKE, and than
both together (docs/decisions/0010-derived-fields-by-our-own-rules.md).
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.brand import Candidate
from workers.ingest.derive.clauses import Word, clauses
from workers.ingest.derive.complete import ENOUGH, TEXT
from workers.ingest.derive.distinct import distinct
from workers.ingest.derive.lexicon import Lexicon
from workers.ingest.derive.nouns import Points, Rules, points, rooted, runs
from workers.ingest.derive.quotes import distinct as once
from workers.ingest.derive.quotes import quote
from workers.ingest.derive.words import silent
from workers.ingest.page.text import squash
from workers.ingest.sentences import is_placeholder
from workers.ingest.shapes import Passage, Prose

#: Confidence, lower than of any declared keywords.
CONFIDENCE = 0.4
FEWEST = 2
#: Clauses that have a keyword at least, and words of a keyword at most.
RECURS, WORDS = 2, 3
#: Share of the best term's weight below which a term is no keyword, beyond the first few.
WORTHY = 0.4
#: Share of a word's uses inside a longer keyword, from which it is no keyword itself.
WITHIN = 0.6
#: A mention in a heading counts as two. A mention in the first clause has six times the weight of a late one,
#: in the fifth half of that. The values are measured, and similar values perform as well.
HEADING, EARLY, NEAR = 2.0, 5.0, 5.0


class Text(NamedTuple):
    """Text that is read; `shown` is a heading, the title or a description.

    A heading of a README isn't `shown`: it names a part of the manual.
    """

    text: str
    shown: bool


class Said(NamedTuple):
    """Clause with the number of its text."""

    words: list[Word]
    number: int


@dataclass
class Term:
    """Word or phrase in all its forms.

    `first` is the number of its first clause, `place` its text and place in a shown text, if any. `led` is
    False if it may be an imperative with its object.
    """

    first: int
    weight: float = 0.0
    length: int = 1
    forms: Counter[str] = field(default_factory=Counter)
    clauses: set[int] = field(default_factory=set)
    place: tuple[int, int] | None = None
    led: bool = False

    @property
    def worth(self) -> float:
        return math.sqrt(self.weight) * (1 + EARLY / (1 + self.first / NEAR))

    @property
    def shown(self) -> str:
        return self.forms.most_common(1)[0][0]

    @property
    def recurs(self) -> bool:
        return self.place is not None and len(self.clauses) >= RECURS and self.led


def candidates(prose: Prose, known: Lexicon) -> Iterator[Candidate]:
    """Yield keywords of the prose about the brand. A story has another subject, so it gives none."""
    if known.grammar is None:
        return
    own = [one for one in prose.passages if one.kind != "label" and not one.story]
    texts = distinct_texts(prose.about if own else [], own)
    found = extract(texts, Rules(known.grammar, silent(prose.language)), name=prose.name or "")
    if len(found) >= FEWEST:
        yield Candidate(
            field="keywords",
            value=[one.shown for one in found],
            confidence=CONFIDENCE,
            rule=TEXT,
            url=prose.url,
            evidence=once(quote(texts[number].text, start) for number, start in map(place_of, found)),
        )


def place_of(term: Term) -> tuple[int, int]:
    return term.place or (0, 0)


def distinct_texts(about: Iterable[str], passages: Iterable[Passage]) -> list[Text]:
    """Return each text once: a part of another text, as a description often is, counts as that text."""
    texts = [
        *(Text(text, shown=True) for text in about),
        *(Text(one.text, one.kind == "heading" and not one.documentation) for one in passages),
    ]
    kept: dict[str, Text] = {}
    for one in texts:
        key = squash(one.text)
        same = next((other for other in [*kept][:10] if key in other or other in key), None)
        if same is None:
            kept[key] = one
        else:
            before = kept.pop(same)
            longest = max(before, one, key=lambda text: len(text.text))
            kept = {max(key, same, key=len): longest._replace(shown=before.shown or one.shown)} | kept
    return [one for one in kept.values() if not is_placeholder(one.text)]


def extract(texts: Sequence[Text], rules: Rules, *, name: str) -> list[Term]:
    """Return keywords in lower case, best first, without the name."""
    said = [
        Said(words, number)
        for number, one in enumerate(texts)
        for words in without_name(one.text, squash(name))
    ]
    spoken = points([one.words for one in said], rules)
    found = [term for term in terms(said, texts, rules, spoken).values() if term.recurs]
    ranked = sorted(whole(found), key=lambda term: -term.worth)
    worthy = sum(term.worth >= WORTHY * ranked[0].worth for term in ranked)
    by_form = {term.shown: term for term in reversed(ranked[: max(worthy, ENOUGH)])}
    return [by_form[form] for form in distinct(term.shown for term in ranked if term.shown in by_form)]


def without_name(text: str, name: str) -> Iterator[list[Word]]:
    """Yield clauses with the name's words replaced by one neutral word."""
    for words in clauses(text):
        start = 0
        kept: list[Word] = []
        while start < len(words):
            size = name_at(words, start, name)
            kept.append(words[start]._replace(key=NAME) if size else words[start])
            start += size or 1
        yield kept


#: Key of the brand's name: a single character, so that it never counts as a meaningful word.
NAME = "≡"


def name_at(words: list[Word], start: int, name: str) -> int:
    """Count the words from `start` on that are the name; 0 if they aren't."""
    joined = ""
    for size, word in enumerate(words[start : start + 6], start=1):
        joined += squash(word.key)
        if joined == name:
            return size
        if not name.startswith(joined):
            return 0
    return 0


def terms(
    said: Iterable[Said], texts: Sequence[Text], rules: Rules, spoken: dict[str, Points]
) -> dict[str, Term]:
    found: dict[str, Term] = {}
    for order, one in enumerate(said):
        for start, end in runs(one.words, rules, spoken):
            for phrase in phrases(one.words[start:end], rules, spoken):
                key = " ".join(rooted(word.key) for word in phrase)
                term = found.setdefault(key, Term(order, length=len(phrase)))
                term.clauses.add(order)
                note(term, phrase, one.number, texts[one.number])
                term.led |= len(phrase) == 1 or phrase[0] is not one.words[0] or is_name(phrase[0], spoken)
    return found


def is_name(word: Word, spoken: dict[str, Points]) -> bool:
    """Return whether the word is not known as a verb, although it begins a clause as an imperative does."""
    one = spoken[rooted(word.key)]
    return one.is_noun or one.adjective > one.verb


def phrases(run: Sequence[Word], rules: Rules, spoken: dict[str, Points]) -> Iterator[Sequence[Word]]:
    """Yield parts of a run of words with a noun as head."""
    for start in range(len(run)):
        for end in range(start + 1, min(start + WORDS, len(run)) + 1):
            head = run[start if rules.grammar.first else end - 1]
            part = run[start:end]
            nominal = spoken[rooted(head.key)].is_noun and not (
                rules.grammar.capitals and head.text[0].islower()
            )
            if nominal and len({rooted(word.key) for word in part}) == len(part):
                yield part


def note(term: Term, phrase: Sequence[Word], number: int, text: Text) -> None:
    term.weight += HEADING if text.shown else 1.0
    term.forms[" ".join(word.key for word in phrase)] += 1
    if text.shown and term.place is None:
        term.place = (number, phrase[0].start)


def whole(found: list[Term]) -> Iterator[Term]:
    """Yield terms, without those mostly within a longer term, as `twin` in `twin peaks`."""
    for term in found:
        longer = [one for one in found if one.length > term.length and within(term, one)]
        times = max((one.forms.total() for one in longer), default=0)
        if times < WITHIN * term.forms.total():
            yield term


def within(term: Term, longer: Term) -> bool:
    return f" {term.shown} " in f" {longer.shown} "
