"""Prose of a store's long description: text with line breaks, bullets and headings in capitals."""

import re
from collections.abc import Callable, Iterator
from itertools import dropwhile, takewhile

from workers.ingest.page.text import clean, words
from workers.ingest.shapes import Passage

LINES = re.compile(r"\r\n|[\n\r\u0085\u2028\u2029]|<br\s*/?>", re.IGNORECASE)
PARAGRAPH = re.compile(r"\n\s*\n")
#: Characters that are read: several times what a store takes.
READ = 20_000
#: Marks before an item of a list, or around a heading.
MARK = re.compile(r"^(?:[^\w\s\"'“”‘’„«»¿¡(\[@#&$€£¥]|_|#{1,6}\s|\d{1,2}[.)]\s)+\s*")
FENCE = re.compile(r"^\[[^\]]*\]$|^#{1,6}\s|^[\W_]{2}.*[\W_]{2}$|^[*_~=#].*[*_~=]$")
QUOTED = re.compile(r"^[\"“„«].*[\"”“»]\W{0,3}[\w .&']{0,60}$")
#: End of a sentence. A line with an ellipsis or a colon only introduces the list below it.
ENDED = re.compile(r"(?<!\.)[.!?。！？]['\"”’»)\]]*$")
FEWEST_WORDS, HEADING_WORDS = 4, 8


def lines(description: str) -> list[str]:
    return [line.strip() for line in LINES.split(description[:READ]) if line.strip()]


def opening(description: str) -> list[str]:
    """The first lines that are sentences, up to a list or heading; else the first plain paragraph."""
    paragraphs = map(lines, PARAGRAPH.split(description[:READ]))
    under_none = (first_run(lambda line: not is_heading(line), paragraph) for paragraph in paragraphs)
    found = first_run(is_sentence, lines(description)) or next(filter(None, under_none), [])
    return [text for line in found if (text := clean(MARK.sub("", line)))]


def first_run(fits: Callable[[str], bool], among: list[str]) -> list[str]:
    return list(takewhile(fits, dropwhile(lambda line: not fits(line), among)))


def is_sentence(line: str) -> bool:
    plain = not MARK.match(line) and not QUOTED.match(line) and not FENCE.match(line)
    return plain and ENDED.search(line) is not None and words(line) >= FEWEST_WORDS


def passages(description: str, url: str) -> Iterator[Passage]:
    """Passages: each line without its mark."""
    for line in lines(description):
        text = clean(MARK.sub("", line))
        if any(map(str.isalnum, text)):
            yield Passage(text=text, kind="heading" if is_heading(line) else "text", url=url)


def is_heading(line: str) -> bool:
    short = words(line) <= HEADING_WORDS and not ENDED.search(line)
    return short and (line.isupper() or line.endswith(":") or FENCE.match(line) is not None)
