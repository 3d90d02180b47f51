"""Lines of a model: each must state only the facts of the one clause that it cites, and the name.

A refused line leaves the clause, or the formula, that a run without a model would show. A page can inject a
prompt, and a model can embellish. So the check compares words, not meanings: it refuses a line with a word
that the clause lacks, and a line without one of the clause's limiting words.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

from msgspec import field

from generation.copy import texts
from generation.copy.claims import find_claim_words
from generation.copy.clauses import MAX_LENGTH, MIN_LENGTH, TRAILING_MARKS, Clause
from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.languages.table import match_any_entry
from generation.spec import Evidence, Line, Value

Fault = Literal["length", "characters", "link", "quote", "number", "claim", "force", "name", "word", "limit"]
#: Minimum letters in common of two forms of one word.
MIN_STEM = 5
#: Maximum letters of either form's ending.
MAX_ENDING = 4
#: The same limits if the shorter word is a prefix of the longer one.
MIN_PREFIX = 4
MAX_SUFFIX = 2
ADDRESS = re.compile(r"://|\bwww\.|\S@\S|[@#]\w|\b[\w-]+\.[a-z]{2,}\b", re.IGNORECASE)
QUOTE = re.compile(r"[\"“”«»„‟‘‹›「」『』《》]|(?<!\w)'|'(?!\w)")
#: Marks that a line may have of its own.
MARKS = frozenset(" .,;:!?-–—'’&()/…¿¡·•\u00a0")


def line_faults(line: str, clause: str, *, name: str, language: str) -> list[Fault]:
    """Return the line's faults by kind; an empty list permits the line."""
    plain_line, allowed = _normalize(line), f"{_normalize(clause)} {_normalize(name)}"
    checks: dict[Fault, bool] = {
        "length": not MIN_LENGTH <= len(line) <= MAX_LENGTH,
        "characters": line != texts.clean(line) or any(_foreign_marks(line, clause, name)),
        "link": bool(ADDRESS.search(plain_line)) and not _contains_all(ADDRESS, plain_line, allowed),
        "quote": bool(QUOTE.search(line)),
        "number": not _contains_all(texts.DIGITS, plain_line, allowed),
        "claim": not find_claim_words(plain_line, language) <= find_claim_words(allowed, language),
        "force": not _forces(plain_line, language) <= _forces(allowed, language),
        "name": any(_new_names(plain_line, allowed)),
        "word": any(_new_words(plain_line, allowed, language)),
        "limit": not _limits(_normalize(clause), language) <= _limits(plain_line, language),
    }
    return [fault for fault, is_broken in checks.items() if is_broken]


def _normalize(text: str) -> str:
    """Normalize compatible forms: full-width digits, ligatures, typographic apostrophes."""
    return unicodedata.normalize("NFKC", text).replace("’", "'")


def _foreign_marks(line: str, clause: str, name: str) -> Iterator[bool]:
    """Yield for each character whether it is a symbol, emoji or mark that the clause lacks."""
    for character in line:
        plain = character.isalnum() or unicodedata.combining(character) or character in MARKS
        yield not plain and character not in clause and character not in name


def _contains_all(pattern: re.Pattern[str], plain_line: str, allowed: str) -> bool:
    return set(pattern.findall(plain_line.lower())) <= set(pattern.findall(allowed.lower()))


def _forces(text: str, language: str) -> set[str]:
    return {match.group().lower() for match in _force(language).finditer(text)}


def _limits(text: str, language: str) -> set[str]:
    return {match.group().lower() for match in _limit(language).finditer(text)}


def _new_names(plain_line: str, allowed: str) -> Iterator[str]:
    """Yield unknown capitalized words inside of a sentence: they are names."""
    allowed_words = set(texts.words(allowed))
    for match in re.finditer(r"(?<=[^.!?¿¡:] )\w[\w'-]*", plain_line):
        if match.group() != match.group().lower() and match.group().lower() not in allowed_words:
            yield match.group()


def _new_words(plain_line: str, allowed: str, language: str) -> Iterator[str]:
    """Yield words that are neither in the clause, in any form, nor glue; only four languages have glue."""
    allowed_words = set(texts.words(allowed))
    glue = _glue(language)
    for word in texts.words(plain_line):
        if word not in glue and not any(_same_word(word, other) for other in allowed_words):
            yield word


def _same_word(word: str, other: str) -> bool:
    """Return whether two words are equal, or forms of one word: equal up to their endings."""
    if word == other:
        return True
    shared = next((at for at, pair in enumerate(zip(word, other, strict=False)) if pair[0] != pair[1]), None)
    stem = min(len(word), len(other)) if shared is None else shared
    longer = max(len(word), len(other))
    return (stem >= MIN_STEM and longer - stem <= MAX_ENDING) or (
        stem == min(len(word), len(other)) >= MIN_PREFIX and longer - stem <= MAX_SUFFIX
    )


@cache
def _force(language: str) -> re.Pattern[str]:
    return (
        match_any_entry(LANGUAGE_TABLES[language].force) if language in LANGUAGE_TABLES else match_any_entry()
    )


@cache
def _limit(language: str) -> re.Pattern[str]:
    return (
        match_any_entry(LANGUAGE_TABLES[language].limits)
        if language in LANGUAGE_TABLES
        else match_any_entry()
    )


@cache
def _glue(language: str) -> frozenset[str]:
    return frozenset(LANGUAGE_TABLES[language].glue.split()) if language in LANGUAGE_TABLES else frozenset()


class Offer(Value, frozen=True, kw_only=True):
    """A line for a clause, cited by the clause's text."""

    line: str
    clause: str


class Offers(Value, frozen=True, kw_only=True):
    """A model's lines: hooks and points."""

    hooks: list[Offer] = field(default_factory=list)
    points: list[Offer] = field(default_factory=list)


def valid_lines(
    offers: Sequence[Offer], clauses: Sequence[Clause], *, name: str, language: str
) -> dict[str, Line]:
    """Return the first valid line by the text of its clause, with the clause's quote as evidence."""
    cited = {one.text: one for one in clauses}
    lines: dict[str, Line] = {}
    for offer in offers:
        text = texts.initial(offer.line.strip().rstrip(TRAILING_MARKS))
        clause = cited.get(offer.clause)
        if (
            clause
            and text != clause.text
            and not line_faults(text, clause.text, name=name, language=language)
        ):
            evidence = Evidence(field=clause.field, quote=clause.quote)
            lines.setdefault(clause.text, Line(text=text, rule="model", evidence=[evidence]))
    return lines
