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
from generation.copy.clauses import (
    MAX_COPY_LINE_CHARACTERS,
    MIN_COPY_LINE_CHARACTERS,
    TRAILING_PUNCTUATION,
    BrandClause,
)
from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.languages.table import compile_word_entry_pattern
from generation.spec import CopyEvidence, CopyLine, StrictCamelCaseStruct

LlmLineFault = Literal["length", "characters", "link", "quote", "number", "claim", "force", "name", "word", "limit"]
#: Minimum letters in common of two forms of one word.
MIN_SHARED_STEM_LETTERS = 5
#: Maximum letters of either form's ending.
MAX_ENDING_LETTERS = 4
#: The same limits if the shorter word is a prefix of the longer one.
MIN_LETTERS_OF_SHORTER_WORD_FORM = 4
MAX_ADDED_FORM_LETTERS = 2
WEB_ADDRESS_PATTERN = re.compile(r"://|\bwww\.|\S@\S|[@#]\w|\b[\w-]+\.[a-z]{2,}\b", re.IGNORECASE)
QUOTATION_MARK_PATTERN = re.compile(r"[\"“”«»„‟‘‹›「」『』《》]|(?<!\w)'|'(?!\w)")
#: Marks that a line may have of its own.
ALLOWED_LLM_LINE_PUNCTUATION = frozenset(" .,;:!?-–—'’&()/…¿¡·•\u00a0")


def find_llm_line_faults(line: str, clause: str, *, name: str, language: str) -> list[LlmLineFault]:
    """Return the kinds of faults of a model's line, judged by the clause that it cites and the name; empty if valid."""
    plain_line, allowed = _normalize_unicode(line), f"{_normalize_unicode(clause)} {_normalize_unicode(name)}"
    checks: dict[LlmLineFault, bool] = {
        "length": not MIN_COPY_LINE_CHARACTERS <= len(line) <= MAX_COPY_LINE_CHARACTERS,
        "characters": line != texts.strip_html_to_line(line)
        or any(_flag_symbols_that_clause_lacks(line, clause, name)),
        "link": bool(WEB_ADDRESS_PATTERN.search(plain_line))
        and not _are_pattern_matches_in_evidence(WEB_ADDRESS_PATTERN, plain_line, allowed),
        "quote": bool(QUOTATION_MARK_PATTERN.search(line)),
        "number": not _are_pattern_matches_in_evidence(texts.NUMBER_PATTERN, plain_line, allowed),
        "claim": not find_claim_words(plain_line, language) <= find_claim_words(allowed, language),
        "force": not _find_force_or_limit_words(plain_line, "force", language)
        <= _find_force_or_limit_words(allowed, "force", language),
        "name": any(_find_unsupported_names(plain_line, allowed)),
        "word": any(_find_unsupported_words(plain_line, allowed, language)),
        "limit": not _find_force_or_limit_words(_normalize_unicode(clause), "limits", language)
        <= _find_force_or_limit_words(plain_line, "limits", language),
    }
    return [fault for fault, is_broken in checks.items() if is_broken]


def _normalize_unicode(text: str) -> str:
    """Return a text with compatible characters made equal: full-width digits, ligatures, typographic apostrophes."""
    return unicodedata.normalize("NFKC", text).replace("’", "'")


def _flag_symbols_that_clause_lacks(line: str, clause: str, name: str) -> Iterator[bool]:
    """Yield for each character of a line whether it is a symbol, emoji or mark that clause and name lack."""
    for character in line:
        plain = character.isalnum() or unicodedata.combining(character) or character in ALLOWED_LLM_LINE_PUNCTUATION
        yield not plain and character not in clause and character not in name


def _are_pattern_matches_in_evidence(pattern: re.Pattern[str], plain_line: str, allowed: str) -> bool:
    return set(pattern.findall(plain_line.lower())) <= set(pattern.findall(allowed.lower()))


def _find_force_or_limit_words(text: str, entry: Literal["force", "limits"], language: str) -> set[str]:
    return {match.group().lower() for match in _compile_force_or_limit_word_pattern(entry, language).finditer(text)}


def _find_unsupported_names(plain_line: str, allowed: str) -> Iterator[str]:
    """Yield a line's capitalized words inside of a sentence that the allowed text lacks: they are taken for names."""
    allowed_words = set(texts.split_lowercase_words(allowed))
    for match in re.finditer(r"(?<=[^.!?¿¡:] )\w[\w'-]*", plain_line):
        if match.group() != match.group().lower() and match.group().lower() not in allowed_words:
            yield match.group()


def _find_unsupported_words(plain_line: str, allowed: str, language: str) -> Iterator[str]:
    """Yield the line's words that are neither forms of allowed words nor glue: frequent words of its language."""
    allowed_words = set(texts.split_lowercase_words(allowed))
    glue = _always_allowed_llm_words(language)
    for word in texts.split_lowercase_words(plain_line):
        if word not in glue and not any(_are_forms_of_one_word(word, other) for other in allowed_words):
            yield word


def _are_forms_of_one_word(word: str, other: str) -> bool:
    """Return whether two words are equal, or forms of one word: equal up to their endings."""
    if word == other:
        return True
    shared = next((at for at, pair in enumerate(zip(word, other, strict=False)) if pair[0] != pair[1]), None)
    stem = min(len(word), len(other)) if shared is None else shared
    longer = max(len(word), len(other))
    return (stem >= MIN_SHARED_STEM_LETTERS and longer - stem <= MAX_ENDING_LETTERS) or (
        stem == min(len(word), len(other)) >= MIN_LETTERS_OF_SHORTER_WORD_FORM
        and longer - stem <= MAX_ADDED_FORM_LETTERS
    )


@cache
def _compile_force_or_limit_word_pattern(entry: Literal["force", "limits"], language: str) -> re.Pattern[str]:
    if language not in LANGUAGE_TABLES:
        return compile_word_entry_pattern()
    return compile_word_entry_pattern(getattr(LANGUAGE_TABLES[language].reading, entry))


@cache
def _always_allowed_llm_words(language: str) -> frozenset[str]:
    return frozenset(LANGUAGE_TABLES[language].reading.glue.split()) if language in LANGUAGE_TABLES else frozenset()


class LlmCopyLine(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """A language model's line for a clause, cited by the clause's text."""

    line: str
    clause: str


class LlmCopyLines(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """A language model's lines: hooks and points."""

    hooks: list[LlmCopyLine] = field(default_factory=list)
    points: list[LlmCopyLine] = field(default_factory=list)


def select_valid_llm_lines(
    offers: Sequence[LlmCopyLine], clauses: Sequence[BrandClause], *, name: str, language: str
) -> dict[str, CopyLine]:
    """Return a language model's first valid line for each clause, by the clause's text, with its quote as evidence.

    Skip a line without a known clause, with a fault, or equal to its clause.
    """
    cited = {one.text: one for one in clauses}
    lines: dict[str, CopyLine] = {}
    for offer in offers:
        text = texts.capitalize_first_word(offer.line.strip().rstrip(TRAILING_PUNCTUATION), name)
        clause = cited.get(offer.clause)
        if clause and text != clause.text and not find_llm_line_faults(text, clause.text, name=name, language=language):
            evidence = CopyEvidence(field=clause.field, quote=clause.quote)
            lines.setdefault(clause.text, CopyLine(text=text, rule="model", evidence=[evidence]))
    return lines
