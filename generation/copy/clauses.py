"""Clauses: parts of a brand's own text that stand alone as a line, each with its sentence as evidence."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from generation.copy import texts
from generation.copy.claims import claims
from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.languages.table import APP, LanguageTable, match_any_entry
from generation.spec import BrandSnapshot, Evidence, Line, Source

#: Minimum characters of a line.
MIN_LENGTH = 8
#: Maximum characters of a line.
MAX_LENGTH = 110
#: Characters of a line that reads best.
IDEAL_LENGTH = 48
#: Maximum characters of a sentence to read.
MAX_SENTENCE = 600
#: Maximum characters of a text to read.
MAX_TEXT = 20_000
#: Maximum sentences of a text to read.
MAX_SENTENCES = 80
#: Minimum words of a line.
MIN_WORDS = 3
#: Minimum words of a head: a shorter one only names the product.
MIN_HEAD_WORDS = 4
#: Maximum share of words that two lines may have in common.
MAX_SHARED_WORDS = 0.6
#: Maximum letters of a word: longer ones are addresses and keys.
LONGEST_WORD = 40
CODE_CHARACTERS = re.compile(r"[<>{}\[\]\\|=~^_`]|/\w*/|\(\)")
UNFINISHED_ENDINGS = ("?", "？", "؟", ":", "：", "…", "...")
#: Conjunction that joins a half to the previous one.
LEADING_CONJUNCTION = re.compile(r"^,? (?:and|which|that|und|et|qui|y|e|que) ", re.IGNORECASE)
#: Last item of a list: the text before it is no sentence.
LAST_ITEM = re.compile(r",? (?:and|or|und|oder|et|ou|y|o|e|u) ", re.IGNORECASE)
TRAILING_MARKS = " .!,;:。！।-–—"
PAIRS = ("()", "（）")
#: Beginnings of parenthetical remarks.
OPENERS = ("(", "（")


class Clause(NamedTuple):
    """A displayable part of a sentence.

    `place` is its sentence's position in all texts; a lower `rank` is better.
    """

    text: str
    field: Source
    quote: str
    place: int
    rank: float


class ClausePatterns(NamedTuple):
    """Compiled patterns of a `LanguageTable`; without a table, they match nothing."""

    tails: re.Pattern[str]
    open_ends: re.Pattern[str]
    back: re.Pattern[str]
    theirs: re.Pattern[str]
    asides: re.Pattern[str]
    more: re.Pattern[str]
    bare: re.Pattern[str]
    joints: re.Pattern[str]
    limits: re.Pattern[str]


def clauses(brand: BrandSnapshot, language: str) -> list[Clause]:
    """Return the distinct clauses of a brand's descriptions and taglines, best first."""
    kept: list[Clause] = []
    for clause in sorted(_all_clauses(brand, language), key=lambda one: one.rank):
        if not any(are_alike(clause.text, other.text) for other in kept):
            kept.append(clause)
    return kept


def line(clause: Clause) -> Line:
    return Line(text=clause.text, rule="clause", evidence=[Evidence(field=clause.field, quote=clause.quote)])


def are_alike(first: str, second: str) -> bool:
    """Return whether two lines share most of the words of the shorter one."""
    left, right = ({word for word in texts.words(text) if len(word) != 1} for text in (first, second))
    return len(left & right) > MAX_SHARED_WORDS * max(1, min(len(left), len(right)))


def _all_clauses(brand: BrandSnapshot, language: str) -> Iterator[Clause]:
    place = 0
    for number, (field, text) in enumerate(_own_texts(brand)):
        for order, quote in enumerate(_sentences(text)):
            for line_text in sentence_to_lines(quote, brand.name, language):
                place += 1
                yield Clause(
                    line_text,
                    field,
                    quote,
                    place,
                    number + order * 0.1 + abs(len(line_text) - IDEAL_LENGTH) / 60,
                )


def _own_texts(brand: BrandSnapshot) -> Iterator[tuple[Source, str]]:
    """Yield descriptions first: a hook mostly repeats the tagline."""
    yield from (("appDescription", text) for text in brand.descriptions)
    yield from (("tagline", text) for text in brand.taglines)


def _sentences(text: str) -> list[str]:
    return [piece for piece in texts.sentences(text[:MAX_TEXT]) if len(piece) <= MAX_SENTENCE][:MAX_SENTENCES]


def sentence_to_lines(sentence: str, app: str, language: str) -> list[str]:
    """Return a sentence's lines, capitalized: the whole, else its halves, else its head."""
    whole = texts.clean(sentence)
    reading = _reading(language)
    if not whole or whole.endswith(UNFINISHED_ENDINGS):
        return []
    if text := _line(whole, app, language, reading):
        return [text]
    if reading.limits.search(whole):
        return []
    pieces = (_line(half, app, language, reading) for half in _halves(whole, reading))
    return [text for text in pieces if text] or [
        text for text in [_longest_head(whole, app, language, reading)] if text
    ]


def _line(piece: str, app: str, language: str, reading: ClausePatterns) -> str | None:
    text = reading.tails.sub("", _without_lead(piece, app, language).rstrip(TRAILING_MARKS)).strip(
        TRAILING_MARKS
    )
    return texts.initial(text) if _is_line(text, app, language, reading) else None


def _without_lead(whole: str, app: str, language: str) -> str:
    text = whole
    for lead in _leads(language, app):
        shorter = lead.sub("", text, count=1)
        text = shorter if len(shorter) >= MIN_LENGTH else text
    return text


def _halves(whole: str, reading: ClausePatterns) -> Iterator[str]:
    """Yield halves with verbs of their own, but none that refers to the half before."""
    starts = [joint.start() for joint in reading.joints.finditer(whole)]
    for number, (start, end) in enumerate(pairwise([0, *starts, len(whole)])):
        half = LEADING_CONJUNCTION.sub("", whole[start:end], count=1) if number else whole[start:end]
        listed = "," in half and whole[end : end + 1] == " "
        if starts and not listed and not (number and reading.theirs.search(half)):
            yield half.strip(TRAILING_MARKS)


def _longest_head(whole: str, app: str, language: str, reading: ClausePatterns) -> str | None:
    """Return the longest part before an addition that makes a line of its own; None if no part does."""
    additions = (one.start() for pattern in (reading.more, reading.bare) for one in pattern.finditer(whole))
    ends = sorted(set(additions), reverse=True)
    whole_parts = (end for end in ends if not ("," in whole[:end] and LAST_ITEM.match(whole, end)))
    heads = (_line(whole[:end], app, language, reading) for end in whole_parts if end > MIN_LENGTH * 2)
    return next((one for one in heads if one and len(texts.words(one)) >= MIN_HEAD_WORDS), None)


def _is_line(text: str, app: str, language: str, reading: ClausePatterns) -> bool:
    return (
        MIN_LENGTH <= len(text) <= MAX_LENGTH
        and is_prose(text)
        and len(texts.words(text)) >= MIN_WORDS
        and not reading.open_ends.search(text)
        and not reading.back.match(text)
        and not reading.asides.search(text)
        and not claims(text, language, [texts.clean(app)])
        and texts.words(text) != texts.words(app)
    )


def is_prose(text: str) -> bool:
    """Return whether a text is readable: no code, no shouting, no unbalanced bracket, no endless word."""
    words = texts.words(text)
    letters = sum(character.isalpha() or character == " " for character in text)
    return (
        len(words) >= 2
        and letters >= 0.8 * len(text)
        and not CODE_CHARACTERS.search(text)
        and not text.startswith(OPENERS)
        and (len(words) < 3 or text != text.upper() or text == text.lower())
        and all(text.count(pair[0]) == text.count(pair[1]) for pair in PAIRS)
        and max(map(len, words)) <= LONGEST_WORD
    )


@cache
def _reading(language: str) -> ClausePatterns:
    if (table := LANGUAGE_TABLES.get(language)) is None:
        nothing = match_any_entry()
        return ClausePatterns(*[nothing] * 9)
    return ClausePatterns(
        tails=_tail(table),
        open_ends=re.compile(rf"{match_any_entry(table.open_ends).pattern}(?: \([^()]*\))?$", re.IGNORECASE),
        back=match_any_entry(table.back),
        theirs=match_any_entry(table.theirs),
        asides=match_any_entry(table.asides),
        more=re.compile(
            rf"(?:,| [–—-]|;) {match_any_entry(table.more).pattern}|; | [–—-] | \((?=[^()]*\)\W*$)",
            re.IGNORECASE,
        ),
        bare=_after_blank(table.bare),
        joints=_after_blank(table.joints),
        limits=match_any_entry(table.limits),
    )


@lru_cache(maxsize=256)
def _leads(language: str, app: str) -> tuple[re.Pattern[str], ...]:
    """Return the lead-in patterns of a language around a name."""
    name = re.escape(texts.clean(app)) or "(?!)"
    leads = LANGUAGE_TABLES[language].leads if language in LANGUAGE_TABLES else ()
    return tuple(re.compile(f"^{lead.replace(APP, name)}", re.IGNORECASE) for lead in leads)


def _after_blank(block: str) -> re.Pattern[str]:
    return re.compile(rf",? {match_any_entry(block).pattern}", re.IGNORECASE)


def _tail(table: LanguageTable) -> re.Pattern[str]:
    return re.compile(rf",? {match_any_entry(table.tails).pattern}$", re.IGNORECASE)
