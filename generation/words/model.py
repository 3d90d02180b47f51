"""Check of a model's line: beside the brand's name it says nothing that its one cited clause doesn't.

A page may tell a model anything, and a model may add what sounds well. So words are compared, not meanings:
whatever the clause lacks refuses the line, and so does leaving out what the clause isn't true without.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Literal

from generation.words import texts
from generation.words.claims import claimed
from generation.words.clauses import LONGEST, SHORTEST
from generation.words.languages import TABLES
from generation.words.languages.table import any_of

Fault = Literal["length", "characters", "link", "quote", "number", "claim", "force", "name", "word", "limit"]
#: Letters that two forms of one word share at least, and that either may have beside them.
STEM, ENDING = 5, 4
#: The same of a shorter word that the other one begins with.
WHOLE, PLURAL = 4, 2
ADDRESS = re.compile(r"://|\bwww\.|\S@\S|[@#]\w|\b[\w-]+\.[a-z]{2,}\b", re.IGNORECASE)
QUOTE = re.compile(r"[\"“”«»„‟‘‹›「」『』《》]|(?<!\w)'|'(?!\w)")
#: Symbols and marks that a line may have of its own.
MARKS = frozenset(" .,;:!?-–—'’&()/…¿¡·•\u00a0")


def holds(line: str, clause: str, *, name: str, language: str) -> list[Fault]:
    """The line's faults, the first word of each kind's reason; none: it may be shown."""
    said, known = _plain(line), f"{_plain(clause)} {_plain(name)}"
    checks: dict[Fault, bool] = {
        "length": not SHORTEST <= len(line) <= LONGEST,
        "characters": line != texts.clean(line) or any(_strange(line, clause, name)),
        "link": bool(ADDRESS.search(said)) and not _all_in(ADDRESS, said, known),
        "quote": bool(QUOTE.search(line)),
        "number": not _all_in(texts.DIGITS, said, known),
        "claim": not claimed(said, language) <= claimed(known, language),
        "force": not _forces(said, language) <= _forces(known, language),
        "name": any(_capitals(said, known)),
        "word": any(_unknown(said, known, language)),
        "limit": not _limits(_plain(clause), language) <= _limits(said, language),
    }
    return [fault for fault, found in checks.items() if found]


def _plain(text: str) -> str:
    """Compatible forms as one: full-width digits, ligatures, typographic apostrophes."""
    return unicodedata.normalize("NFKC", text).replace("’", "'")


def _strange(line: str, clause: str, name: str) -> Iterator[bool]:
    """Symbols, emoji among them, and marks that the clause lacks."""
    for character in line:
        plain = character.isalnum() or unicodedata.combining(character) or character in MARKS
        yield not plain and character not in clause and character not in name


def _all_in(pattern: re.Pattern[str], said: str, known: str) -> bool:
    return set(pattern.findall(said.lower())) <= set(pattern.findall(known.lower()))


def _forces(text: str, language: str) -> set[str]:
    return {found.group().lower() for found in _force(language).finditer(text)}


def _limits(text: str, language: str) -> set[str]:
    return {found.group().lower() for found in _limit(language).finditer(text)}


def _capitals(said: str, known: str) -> Iterator[str]:
    """Words with a capital inside of a sentence, which are names."""
    there = set(texts.words(known))
    for found in re.finditer(r"(?<=[^.!?¿¡:] )\w[\w'-]*", said):
        if found.group() != found.group().lower() and found.group().lower() not in there:
            yield found.group()


def _unknown(said: str, known: str, language: str) -> Iterator[str]:
    """Words that neither stand there in some form nor are glue; of other languages none is glue."""
    there = set(texts.words(known))
    glue = _glue(language)
    for word in texts.words(said):
        if word not in glue and not any(_same(word, other) for other in there):
            yield word


def _same(word: str, other: str) -> bool:
    """True for one word, or two forms of one: equal up to their endings."""
    if word == other:
        return True
    shared = next((at for at, pair in enumerate(zip(word, other, strict=False)) if pair[0] != pair[1]), None)
    stem = min(len(word), len(other)) if shared is None else shared
    longer = max(len(word), len(other))
    return (stem >= STEM and longer - stem <= ENDING) or (
        stem == min(len(word), len(other)) >= WHOLE and longer - stem <= PLURAL
    )


@cache
def _force(language: str) -> re.Pattern[str]:
    return any_of(TABLES[language].force) if language in TABLES else any_of()


@cache
def _limit(language: str) -> re.Pattern[str]:
    return any_of(TABLES[language].limits) if language in TABLES else any_of()


@cache
def _glue(language: str) -> frozenset[str]:
    return frozenset(TABLES[language].glue.split()) if language in TABLES else frozenset()
