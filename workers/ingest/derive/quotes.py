"""What a derived value rests on, word for word: each quote stands in one of the passages as it is."""

import re
from collections.abc import Iterable, Iterator

from workers.ingest.page.text import SENTENCE
from workers.ingest.shapes import Passage

#: Characters of a quote; quotes that a value has.
LONGEST, MOST = 200, 5
#: How far from its ends a quote may be cut to have whole words, and how much it has before the place.
NEAR = 50
BLANK = re.compile(r"\s")


def sentences(passages: Iterable[Passage]) -> Iterator[str]:
    """Of headings and texts."""
    for passage in passages:
        if passage.kind != "label":
            yield from filter(None, map(str.strip, SENTENCE.split(passage.text)))


def quote(text: str, start: int = 0) -> str:
    """`text` itself, or of a longer one what stands around `start`, cut between words where it has any."""
    if len(text) <= LONGEST:
        return text
    begin = max(start - NEAR, 0)
    part = text[begin : begin + LONGEST]
    if begin and (blank := BLANK.search(part, 0, NEAR)):
        part = part[blank.end() :]
    last = part.rfind(" ") if begin + LONGEST < len(text) else 0
    return part[: last if last > LONGEST - NEAR else None].strip()


def distinct(quotes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(quotes))[:MOST]
