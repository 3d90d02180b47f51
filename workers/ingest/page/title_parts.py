"""Parts of a page's title that may be the brand's name.

A home page has its name first, any other page last. A part that equals the host, or a name that the page
declares elsewhere, is the name in any position.
"""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from workers.ingest.page.address import SUFFIXES, stem
from workers.ingest.page.declared_names import Scored
from workers.ingest.page.document import Document, text_of
from workers.ingest.page.names import LEGAL_FORM, PARENTHESIS, PART_LIMIT, is_name, resembles
from workers.ingest.page.text import SEPARATOR, clean, segments, squash, words

#: Words of a name at most, without other evidence for it: a longer part is a line about the brand.
NAME_WORDS = 4
#: Headings, and parts of a title, that are checked.
HEADINGS, PARTS = 10, 20
GREETING = re.compile(
    r"(?:herzlich\s+)?(?:welcome\s+to|willkommen\s+(?:bei|auf|in|im)|bienvenue\s+(?:chez|sur|à)|bienvenid[oa]s?\s+a"
    r"|benvenut[oi]\s+(?:su|in|a)|bem-vind[oa]s?\s+(?:à|ao|a)|welkom\s+bij|välkommen\s+till|velkommen\s+til)\s+",
    re.IGNORECASE,
)
#: Suffix of a name in titles of generated manuals.
MANUAL = re.compile(r"(?:\s+v?\d[\w.]*)?\s+documentation$", re.IGNORECASE)


def ladder(page: Document, said: set[str]) -> Iterator[Scored]:
    """Yield parts of the title; `said` are the declared names, squashed."""
    titles = [page.title, *(clean(text) for _, text in page.meta("og:title"))]
    for part in (trimmed(part) for title in titles for part in segments(title)[:PARTS]):
        if own := host_in(part, page):
            yield own, 0.70, "html.title.host"
        elif own := host_at_end(part, page):
            yield own, 0.55, "html.title.end"
        elif squash(stem(part)) in said:
            yield part, 0.45, "html.title.part"
    if page.is_home:
        yield from of_home(page)
    else:
        yield from of_other(page)


def trimmed(part: str) -> str:
    """Remove a greeting before the part, and a remark, a legal form or `documentation` after it."""
    whole = GREETING.sub("", part, count=1) if GREETING.match(part) else part
    return MANUAL.sub("", LEGAL_FORM.sub("", PARENTHESIS.sub("", whole)))


def host_in(part: str, page: Document) -> str:
    """Return the part if it is the host, or its text before a comma, as in `Acme, the free shop`; else ""."""
    head = part.partition(", ")[0]
    if squash(head) == squash(page.label) or squash(head) == whole_host(page.url):
        return head
    return part if resembles(squash(part), squash(page.label)) else ""


def host_at_end(part: str, page: Document) -> str:
    """Return the last word of a line on a home page, if that is the host: `Cheap tyres for all at Acme`."""
    last = part.rstrip(".!").rpartition(" ")[2]
    is_line = words(part) > NAME_WORDS or stem(last) != last
    return last if page.is_home and is_line and is_host(last, page) else ""


def is_host(text: str, page: Document) -> bool:
    """Return whether it is the host's name, with or without its ending."""
    return bool(page.label) and squash(stem(text)) == squash(page.label)


def whole_host(url: str) -> str:
    """Return the host without `www` and the ending, squashed: `bookstoscrape` of `books.toscrape.com`."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    suffix = SUFFIXES.publicsuffix(host) or ""
    return squash(host.removesuffix(suffix))


def of_home(page: Document) -> Iterator[Scored]:
    """Yield the first part; if that is a line about the brand, also the last one."""
    parts = [part for part in map(trimmed, segments(page.title)[:PARTS]) if is_name(part)]
    first, last = (parts[0], parts[-1]) if parts else ("", "")
    is_line = words(first) > NAME_WORDS
    if 0 < len(first) <= PART_LIMIT:
        yield first, 0.35 if is_line else 0.50, "html.title.first"
    if is_line and words(last) <= NAME_WORDS and len(last) <= PART_LIMIT:
        yield last, 0.45, "html.title.last"


def of_other(page: Document) -> Iterator[Scored]:
    marks = [*islice(SEPARATOR.finditer(page.title), PARTS)]
    if not marks:
        return
    last = page.title[marks[-1].end() :].strip()
    headings = {squash(text_of(tag)) for name in ("h1", "h2") for tag in page.tags[name][:HEADINGS]}
    # The part after `Film: ` is the page's subject.
    about = squash(last) in headings or marks[-1][0].startswith((":", "："))
    if not about and 0 < len(trimmed(last)) <= PART_LIMIT:
        yield trimmed(last), 0.45, "html.title.last"
