"""Clauses: parts of a brand's own text that stand alone as a line, each with its sentence as evidence."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from generation.copy import texts
from generation.copy.claims import find_text_claims
from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.languages.table import (
    LEAD_IN_APP_NAME_PLACEHOLDER,
    LEAD_IN_SUBJECT_PLACEHOLDER,
    SentenceReading,
    compile_word_entry_pattern,
)
from generation.spec import BrandSnapshot, CopyEvidence, CopyIntent, CopyLine, EvidenceField

#: Minimum characters of a line.
MIN_COPY_LINE_CHARACTERS = 8
#: Maximum characters of a line.
MAX_COPY_LINE_CHARACTERS = 110
#: Characters of a line that reads best.
IDEAL_COPY_LINE_CHARACTERS = 48
#: Maximum characters of a sentence to read.
MAX_BRAND_SENTENCE_CHARACTERS = 600
#: Maximum characters of a text to read.
MAX_READ_BRAND_TEXT_CHARS = 20_000
#: Maximum sentences of a text to read.
MAX_READ_BRAND_SENTENCES = 80
#: Minimum words of a line.
MIN_COPY_LINE_WORDS = 3
#: Minimum words of a head: a shorter one only names the product.
MIN_SENTENCE_BEGINNING_WORDS = 4
#: Maximum share of words that two lines may have in common.
MAX_SHARED_WORD_SHARE = 0.6
#: Maximum letters of a word: longer ones are addresses and keys.
MAX_READABLE_WORD_LETTERS = 40
SOURCE_CODE_CHARACTER_PATTERN = re.compile(r"[<>{}\[\]\\|=~^_`]|/\w*/|\(\)")
UNFINISHED_SENTENCE_ENDS = ("?", "？", "؟", ":", "：", "…", "...")
#: Conjunction that joins a half to the previous one.
LEADING_CONJUNCTION_PATTERN = re.compile(r"^,? (?:and|which|that|und|et|qui|y|e|que) ", re.IGNORECASE)
#: Last item of a list: the text before it is no sentence.
LAST_LIST_ITEM_START_PATTERN = re.compile(r",? (?:and|or|und|oder|et|ou|y|o|e|u) ", re.IGNORECASE)
#: The middle of a range of numbers, such as `4 - 12`.
NUMBER_RANGE_PATTERN = re.compile(r"\d\W+\d")
TRAILING_PUNCTUATION = " .!,;:。！।-–—"
BRACKET_PAIRS = ("()", "（）")
#: Marks between the items of a list, which is no prose.
LIST_MARK_PATTERN = re.compile(rf"\s[·|/]\s|{texts.BULLET_CHARACTERS}")
#: A list of single words, such as names of towns.
WORD_LIST_PATTERN = re.compile(r"[^\s,]+(?:, [^\s,]+){2,}")
#: Beginnings of parenthetical remarks.
NON_PROSE_OPENING_BRACKETS = ("(", "（")


class BrandClause(NamedTuple):
    """A displayable part of a sentence.

    `place` is its position among the clauses of all texts; a lower `rank` is better.
    """

    text: str
    field: EvidenceField
    quote: str
    place: int
    rank: float
    intent: CopyIntent = "benefit"

    @property
    def is_whole(self) -> bool:
        """Return whether it has all words of its sentence."""
        whole = texts.strip_end_marks(texts.strip_html_to_line(self.quote), TRAILING_PUNCTUATION)
        return self.text.casefold() == whole.casefold()


class ClausePatterns(NamedTuple):
    """Compiled patterns of a `SentenceReading`."""

    tails: re.Pattern[str]
    open_ends: re.Pattern[str]
    back: re.Pattern[str]
    theirs: re.Pattern[str]
    asides: re.Pattern[str]
    more: re.Pattern[str]
    bare: re.Pattern[str]
    joints: re.Pattern[str]
    limits: re.Pattern[str]


def extract_brand_clauses(brand: BrandSnapshot, language: str) -> Iterator[BrandClause]:
    """Yield the clauses of a brand's descriptions and taglines that make a line."""
    place = 0
    for number, (field, text) in enumerate(_ordered_brand_texts(brand)):
        for order, quote in enumerate(_split_brand_sentences(text)):
            for line_text in derive_copy_lines_of_sentence(quote, brand.name, language):
                place += 1
                rank = number + order * 0.1 + abs(len(line_text) - IDEAL_COPY_LINE_CHARACTERS) / 60
                yield BrandClause(line_text, field, quote, place, rank)


def keep_best_distinct_clauses(clauses: Iterable[BrandClause]) -> list[BrandClause]:
    """Return the clauses, best first, without those like a better one."""
    kept: list[BrandClause] = []
    for clause in sorted(clauses, key=lambda one: one.rank):
        if not any(are_lines_alike(clause.text, other.text) for other in kept):
            kept.append(clause)
    return kept


def clause_to_copy_line(clause: BrandClause) -> CopyLine:
    evidence = [CopyEvidence(field=clause.field, quote=clause.quote)]
    return CopyLine(text=clause.text, rule="clause", evidence=evidence, intent=clause.intent)


def are_lines_alike(first: str, second: str) -> bool:
    """Return whether two lines share more than 60 % of the words of the shorter one."""
    left, right = ({word for word in texts.split_lowercase_words(text) if len(word) != 1} for text in (first, second))
    return len(left & right) > MAX_SHARED_WORD_SHARE * max(1, min(len(left), len(right)))


def _ordered_brand_texts(brand: BrandSnapshot) -> Iterator[tuple[EvidenceField, str]]:
    """Yield the brand's texts with their fields, descriptions first, since a hook mostly repeats the tagline."""
    yield from (("appDescription", text) for text in brand.descriptions)
    yield from (("tagline", text) for text in brand.taglines)


def _split_brand_sentences(text: str) -> list[str]:
    return [
        piece
        for piece in texts.split_sentences(text[:MAX_READ_BRAND_TEXT_CHARS])
        if len(piece) <= MAX_BRAND_SENTENCE_CHARACTERS
    ][:MAX_READ_BRAND_SENTENCES]


def derive_copy_lines_of_sentence(sentence: str, app: str, language: str) -> list[str]:
    """Return the lines that a brand's sentence gives, capitalized: the whole sentence, else its halves, else its head.

    Return an empty list if no part is valid, or the sentence is empty or unfinished. A limiting word bars a split.
    """
    whole = texts.strip_html_to_line(sentence)
    reading = _compile_clause_patterns(language)
    if not whole or whole.endswith(UNFINISHED_SENTENCE_ENDS):
        return []
    if text := _make_clause_line(whole, app, language, reading):
        return [text]
    if reading.limits.search(whole):
        return []
    pieces = (_make_clause_line(half, app, language, reading) for half in _split_sentence_at_verbs(whole, reading))
    return [text for text in pieces if text] or [
        text for text in [_find_longest_sentence_beginning(whole, app, language, reading)] if text
    ]


def _make_clause_line(piece: str, app: str, language: str, reading: ClausePatterns) -> str | None:
    text = reading.tails.sub("", _remove_lead_in(piece, app, language).rstrip(TRAILING_PUNCTUATION))
    text = texts.strip_end_marks(text, TRAILING_PUNCTUATION)
    return texts.capitalize_first_word(text, app) if _is_valid_clause_line(text, app, language) else None


def _remove_lead_in(whole: str, app: str, language: str) -> str:
    text = whole
    for lead in _compile_lead_in_patterns(language, app):
        shorter = lead.sub("", text, count=1)
        text = shorter if len(shorter) >= MIN_COPY_LINE_CHARACTERS else text
    return text


def _split_sentence_at_verbs(whole: str, reading: ClausePatterns) -> Iterator[str]:
    """Yield a sentence's halves with verbs of their own, without one that refers back; nothing for a single verb."""
    starts = [joint.start() for joint in reading.joints.finditer(whole)]
    for number, (start, end) in enumerate(pairwise([0, *starts, len(whole)])):
        half = LEADING_CONJUNCTION_PATTERN.sub("", whole[start:end], count=1) if number else whole[start:end]
        listed = "," in half and whole[end : end + 1] == " "
        if starts and not listed and not (number and reading.theirs.search(half)):
            yield half.strip(TRAILING_PUNCTUATION)


def _find_longest_sentence_beginning(whole: str, app: str, language: str, reading: ClausePatterns) -> str | None:
    """Return the longest beginning of a sentence, up to an addition, that makes a line; None if none does."""
    additions = (one.start() for pattern in (reading.more, reading.bare) for one in pattern.finditer(whole))
    ends = sorted(set(additions), reverse=True)
    whole_parts = (
        end
        for end in ends
        if not ("," in whole[:end] and LAST_LIST_ITEM_START_PATTERN.match(whole, end))
        and not NUMBER_RANGE_PATTERN.match(whole, end - 1)
    )
    heads = (
        _make_clause_line(whole[:end], app, language, reading)
        for end in whole_parts
        if end > MIN_COPY_LINE_CHARACTERS * 2
    )
    return next(
        (one for one in heads if one and len(texts.split_lowercase_words(one)) >= MIN_SENTENCE_BEGINNING_WORDS), None
    )


def _is_valid_clause_line(text: str, app: str, language: str) -> bool:
    return (
        MIN_COPY_LINE_CHARACTERS <= len(text) <= MAX_COPY_LINE_CHARACTERS
        and is_readable_prose(text)
        and len(texts.split_lowercase_words(text)) >= MIN_COPY_LINE_WORDS
        and is_self_contained(text, language)
        and not find_text_claims(text, language, [texts.strip_html_to_line(app)])
        and not is_only_name(text, app)
    )


def is_cut_phrase(text: str, language: str) -> bool:
    """Return whether a text begins or ends with a word that needs a continuation, such as a preposition."""
    words, open_ends = texts.split_lowercase_words(text), {*_sentence_reading(language).open_ends.split()}
    return bool(words) and not open_ends.isdisjoint({words[0], words[-1]})


def is_only_name(text: str, name: str) -> bool:
    """Return whether a text says nothing but the brand's name, or a part of it."""
    return {*texts.split_lowercase_words(text)} <= {*texts.split_lowercase_words(name)}


def is_about_other_topic(text: str, language: str) -> bool:
    """Return whether a text is about another topic than the product, such as its pages or its installation."""
    return _compile_clause_patterns(language).asides.search(text) is not None


def is_self_contained(text: str, language: str) -> bool:
    """Return whether a text is about the product, refers to no sentence before it, and needs no continuation."""
    reading = _compile_clause_patterns(language)
    return not (reading.open_ends.search(text) or reading.back.match(text) or is_about_other_topic(text, language))


def is_readable_prose(text: str) -> bool:
    """Return whether a text is prose: 2 words or more; no code, list, capitals only, open bracket, endless word."""
    words = texts.split_lowercase_words(text)
    letters = sum(texts.is_letter_or_mark(character) or character == " " for character in text)
    return (
        len(words) >= 2
        and letters >= 0.8 * len(text)
        and not SOURCE_CODE_CHARACTER_PATTERN.search(text)
        and not LIST_MARK_PATTERN.search(text)
        and not WORD_LIST_PATTERN.fullmatch(text)
        and not text.startswith(NON_PROSE_OPENING_BRACKETS)
        and (len(words) < 3 or text != text.upper() or text == text.lower())
        and all(text.count(pair[0]) == text.count(pair[1]) for pair in BRACKET_PAIRS)
        and max(map(len, words)) <= MAX_READABLE_WORD_LETTERS
    )


@cache
def _compile_clause_patterns(language: str) -> ClausePatterns:
    table = _sentence_reading(language)
    return ClausePatterns(
        tails=re.compile(rf",? {compile_word_entry_pattern(table.tails).pattern}$", re.IGNORECASE),
        open_ends=re.compile(rf"{compile_word_entry_pattern(table.open_ends).pattern}(?: \([^()]*\))?$", re.IGNORECASE),
        back=compile_word_entry_pattern(table.back),
        theirs=compile_word_entry_pattern(table.theirs),
        asides=compile_word_entry_pattern(table.asides),
        more=re.compile(
            rf"(?:,| [–—-]|;) {compile_word_entry_pattern(table.more).pattern}|; | [–—-] | \((?=[^()]*\)\W*$)",
            re.IGNORECASE,
        ),
        bare=_compile_pattern_after_blank(table.bare),
        joints=_compile_pattern_after_blank(table.joints),
        limits=compile_word_entry_pattern(table.limits),
    )


@lru_cache(maxsize=256)
def _compile_lead_in_patterns(language: str, app: str) -> tuple[re.Pattern[str], ...]:
    """Return a language's patterns of lead-ins to cut, as `With Tideline,` for the name `app`; none without a table."""
    name = re.escape(texts.strip_html_to_line(app)) or "(?!)"
    table = _sentence_reading(language)
    leads = (lead.replace(LEAD_IN_SUBJECT_PLACEHOLDER, table.subject) for lead in table.leads)
    return tuple(re.compile(f"^{lead.replace(LEAD_IN_APP_NAME_PLACEHOLDER, name)}", re.IGNORECASE) for lead in leads)


def _sentence_reading(language: str) -> SentenceReading:
    return LANGUAGE_TABLES[language].reading if language in LANGUAGE_TABLES else SentenceReading()


def _compile_pattern_after_blank(block: str) -> re.Pattern[str]:
    return re.compile(rf",? {compile_word_entry_pattern(block).pattern}", re.IGNORECASE)
