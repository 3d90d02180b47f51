"""Parts of a page's title that may be the brand's name.

A home page has its name first, any other page last. A part that equals the host, or a name that the page
declares elsewhere, is the name in any position.
"""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from workers.ingest.page.address import PUBLIC_SUFFIXES, strip_domain_ending
from workers.ingest.page.declared_names import Scored
from workers.ingest.page.document import Document, text_of
from workers.ingest.page.names import LEGAL_FORM, MAX_PART_CHARS, PARENTHESIS, is_name, resembles
from workers.ingest.page.text import SEPARATOR, clean, count_words, split_title, squash

#: Words of a name at most, without other evidence for it: a longer part is a line about the brand.
MAX_NAME_WORDS = 4
MAX_HEADINGS = 10
MAX_PARTS = 20
GREETING = re.compile(
    r"(?:herzlich\s+)?(?:welcome\s+to|willkommen\s+(?:bei|auf|in|im)|bienvenue\s+(?:chez|sur|à)|bienvenid[oa]s?\s+a"
    r"|benvenut[oi]\s+(?:su|in|a)|bem-vind[oa]s?\s+(?:à|ao|a)|welkom\s+bij|välkommen\s+till|velkommen\s+til)\s+",
    re.IGNORECASE,
)
#: Suffix of a name in titles of generated manuals.
MANUAL_SUFFIX = re.compile(r"(?:\s+v?\d[\w.]*)?\s+documentation$", re.IGNORECASE)


def ladder(page: Document, declared: set[str]) -> Iterator[Scored]:
    """Yield parts of the title; `declared` are the declared names, squashed."""
    titles = [page.title, *(clean(text) for _, text in page.meta("og:title"))]
    for part in (trim_part(part) for title in titles for part in split_title(title)[:MAX_PARTS]):
        if name := host_part(part, page):
            yield name, 0.70, "html.title.host"
        elif name := host_at_end(part, page):
            yield name, 0.55, "html.title.end"
        elif squash(strip_domain_ending(part)) in declared:
            yield part, 0.45, "html.title.part"
    if page.is_home:
        yield from home_title_names(page)
    else:
        yield from inner_title_names(page)


def trim_part(part: str) -> str:
    """Remove a greeting before the part, and a remark, a legal form or `documentation` after it."""
    ungreeted = GREETING.sub("", part, count=1) if GREETING.match(part) else part
    return MANUAL_SUFFIX.sub("", LEGAL_FORM.sub("", PARENTHESIS.sub("", ungreeted)))


def host_part(part: str, page: Document) -> str:
    """Return the part if it is the host, or its text before a comma, as in `Acme, the free shop`; else ""."""
    head = part.partition(", ")[0]
    if squash(head) == squash(page.label) or squash(head) == squashed_host(page.url):
        return head
    return part if resembles(squash(part), squash(page.label)) else ""


def host_at_end(part: str, page: Document) -> str:
    """Return the last word of a line on a home page, if that is the host: `Cheap tyres for all at Acme`."""
    last_word = part.rstrip(".!").rpartition(" ")[2]
    is_line = count_words(part) > MAX_NAME_WORDS or strip_domain_ending(last_word) != last_word
    return last_word if page.is_home and is_line and is_host(last_word, page) else ""


def is_host(text: str, page: Document) -> bool:
    """Return whether the text is the domain's label: `Acme` or `acme.co.uk` on `www.acme.co.uk`."""
    return bool(page.label) and squash(strip_domain_ending(text)) == squash(page.label)


def squashed_host(url: str) -> str:
    """Return the host without `www` and the ending, squashed: `bookstoscrape` of `books.toscrape.com`."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    suffix = PUBLIC_SUFFIXES.publicsuffix(host) or ""
    return squash(host.removesuffix(suffix))


def home_title_names(page: Document) -> Iterator[Scored]:
    """Yield the first part; if that is a line about the brand, also the last one."""
    parts = [part for part in map(trim_part, split_title(page.title)[:MAX_PARTS]) if is_name(part)]
    first, last = (parts[0], parts[-1]) if parts else ("", "")
    is_line = count_words(first) > MAX_NAME_WORDS
    if 0 < len(first) <= MAX_PART_CHARS:
        yield first, 0.35 if is_line else 0.50, "html.title.first"
    if is_line and count_words(last) <= MAX_NAME_WORDS and len(last) <= MAX_PART_CHARS:
        yield last, 0.45, "html.title.last"


def inner_title_names(page: Document) -> Iterator[Scored]:
    separators = [*islice(SEPARATOR.finditer(page.title), MAX_PARTS)]
    if not separators:
        return
    last_part = page.title[separators[-1].end() :].strip()
    headings = {squash(text_of(tag)) for name in ("h1", "h2") for tag in page.tags[name][:MAX_HEADINGS]}
    # The part after `Film: ` is the page's subject.
    is_subject = squash(last_part) in headings or separators[-1][0].startswith((":", "："))
    if not is_subject and 0 < len(trim_part(last_part)) <= MAX_PART_CHARS:
        yield trim_part(last_part), 0.45, "html.title.last"
