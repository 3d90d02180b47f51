"""Rules of derived `keywords`: words and repeated pairs that come early, often and in headings.

This one ranking was better on 92 npm and 71 PyPI readmes than YAKE, and than both together
(docs/decisions/0010-derived-fields-by-our-own-rules.md).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from schemas.brand import Candidate
from workers.ingest.derive.complete import ENOUGH, TEXT
from workers.ingest.derive.distinct import distinct, stem
from workers.ingest.derive.words import silent, words
from workers.ingest.languages import primary
from workers.ingest.page.text import squash
from workers.ingest.shapes import Passage, Prose

#: Confidence of keywords of own prose and of stories, less than of any declared ones.
CONFIDENCE, STORY = 0.4, 0.24
FEWEST = 3
#: Part of the best term's worth below which a term is no keyword, beyond the first few.
WORTHY = 0.4
#: A mention in a heading counts as two. One in the first clause is worth six times a late one, in the fifth
#: half of that. The values are measured, and near ones do as well.
HEADING, EARLY, NEAR = 2.0, 5.0, 5.0
#: Languages without blanks, in which words can't be told apart.
UNSPACED = {"zh", "yue", "ja", "th", "lo", "km", "my", "bo"}
#: Ends of a clause.
BREAK = re.compile(r"[.,;:!?](?=\s|$)|\s[-–—/]\s|[()\[\]{}\"“”„«»|•…—·\n]")


@dataclass
class Term:
    """Word or pair in all its forms; `first` is the number of its first clause."""

    first: int
    weight: float = 0.0
    forms: Counter[str] = field(default_factory=Counter)

    @property
    def worth(self) -> float:
        return math.sqrt(self.weight) * (1 + EARLY / (1 + self.first / NEAR))

    @property
    def shown(self) -> str:
        return self.forms.most_common(1)[0][0]


def candidates(prose: Prose) -> Iterator[Candidate]:
    """Keywords of the prose about the brand; of its stories too where that has too few."""
    own = [passage for passage in prose.passages if not passage.story]
    for passages, confidence in ((own, CONFIDENCE), (prose.passages, STORY)):
        found = extract(passages, language=prose.language, name=prose.name or "")
        if len(found) >= FEWEST:
            yield Candidate(field="keywords", value=found, confidence=confidence, rule=TEXT, url=prose.url)
            return


def extract(passages: Iterable[Passage], *, language: str | None, name: str) -> list[str]:
    """Keywords in lower case, best first, without the name."""
    if language and primary(language) in UNSPACED:
        return []
    ranked = sorted(terms(passages, silent(language)).values(), key=lambda term: -term.worth)
    named = [term for term in ranked if squash(term.shown) != squash(name)]
    worthy = sum(term.worth >= WORTHY * named[0].worth for term in named)
    return distinct(term.shown for term in named[: max(worthy, ENOUGH)])


def terms(passages: Iterable[Passage], mute: frozenset[str]) -> dict[str, Term]:
    single: dict[str, Term] = {}
    double: dict[str, Term] = {}
    for number, (clause, weight) in enumerate(clauses(passages, mute)):
        for word in filter(None, clause):
            note(single.setdefault(stem(word), Term(number)), word, weight)
        for one, other in pairwise(clause):
            if one and other and stem(one) != stem(other):
                pair = f"{one} {other}"
                note(double.setdefault(stem(pair), Term(number)), pair, weight)
    return single | {key: term for key, term in double.items() if term.forms.total() > 1}


def note(term: Term, form: str, weight: float) -> None:
    term.weight += weight
    term.forms[form] += 1


def clauses(passages: Iterable[Passage], mute: frozenset[str]) -> Iterator[tuple[list[str | None], float]]:
    """Clauses with their weight; None stands for a word that says nothing."""
    for passage in passages:
        weight = {"heading": HEADING, "text": 1.0, "label": 0.0}[passage.kind]
        for part in BREAK.split(passage.text) if weight else ():
            clause = [word if telling(word, mute) else None for word in words(part)]
            if any(clause):
                yield [word and word.lower() for word in clause], weight


def telling(word: str, mute: frozenset[str]) -> bool:
    """True if a word says something: no stop word, and of two letters only an abbreviation."""
    return word.lower() not in mute and (len(word) > 2 or (len(word) == 2 and word.isupper()))
