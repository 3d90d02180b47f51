"""Quotes that support a derived value: each is in one of the passages, word for word."""

import re
from collections.abc import Iterable, Iterator

from workers.ingest.page.text import SENTENCE_BREAK
from workers.ingest.shapes import Passage

MAX_QUOTE_CHARS = 200
MAX_QUOTES = 5
#: Characters before the quoted place, and characters that a cut may lose to end between words.
CONTEXT_CHARS = 50
BLANK = re.compile(r"\s")


def sentences(passages: Iterable[Passage]) -> Iterator[str]:
    """Yield sentences of headings and texts."""
    for passage in passages:
        if passage.kind != "label":
            yield from filter(None, map(str.strip, SENTENCE_BREAK.split(passage.text)))


def quote(text: str, start: int = 0) -> str:
    """Return a quote of at most `MAX_QUOTE_CHARS` characters: a short text whole.

    Of a longer text, return the part around `start`, cut between words if it has any.
    """
    if len(text) <= MAX_QUOTE_CHARS:
        return text
    begin = max(start - CONTEXT_CHARS, 0)
    part = text[begin : begin + MAX_QUOTE_CHARS]
    if begin and (blank := BLANK.search(part, 0, CONTEXT_CHARS)):
        part = part[blank.end() :]
    last = part.rfind(" ") if begin + MAX_QUOTE_CHARS < len(text) else 0
    return part[: last if last > MAX_QUOTE_CHARS - CONTEXT_CHARS else None].strip()


def distinct(quotes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(quotes))[:MAX_QUOTES]
