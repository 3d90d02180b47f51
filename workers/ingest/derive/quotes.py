"""Quotes that support a derived value: each is in one of the passages, word for word."""

import re
from collections.abc import Iterable, Iterator

from workers.ingest.page.text import split_sentences
from workers.ingest.shapes import Passage

MAX_DERIVED_QUOTE_CHARS = 200
MAX_EVIDENCE_QUOTES = 5
#: Characters before the quoted place, and characters that a cut may lose to end between words.
QUOTE_CONTEXT_CHARS = 50
WHITESPACE_CHARACTER_PATTERN = re.compile(r"\s")


def split_passages_to_sentences(passages: Iterable[Passage]) -> Iterator[str]:
    """Yield the sentences of all passages that are headings or texts; labels are left out."""
    for passage in passages:
        if passage.kind != "label":
            yield from filter(None, map(str.strip, split_sentences(passage.text)))


def cut_evidence_quote(text: str, start: int = 0) -> str:
    """Return a quote of at most `MAX_DERIVED_QUOTE_CHARS` characters: a short text whole.

    Of a longer text, return the part around index `start`, cut between words if possible.
    """
    if len(text) <= MAX_DERIVED_QUOTE_CHARS:
        return text
    begin = max(start - QUOTE_CONTEXT_CHARS, 0)
    part = text[begin : begin + MAX_DERIVED_QUOTE_CHARS]
    if begin and (blank := WHITESPACE_CHARACTER_PATTERN.search(part, 0, QUOTE_CONTEXT_CHARS)):
        part = part[blank.end() :]
    last = part.rfind(" ") if begin + MAX_DERIVED_QUOTE_CHARS < len(text) else 0
    return part[: last if last > MAX_DERIVED_QUOTE_CHARS - QUOTE_CONTEXT_CHARS else None].strip()


def take_first_distinct_evidence_quotes(quotes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(quotes))[:MAX_EVIDENCE_QUOTES]
