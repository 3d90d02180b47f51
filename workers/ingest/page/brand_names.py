"""Ladder of `appName`: names of the brand on a page, from declared names down to its host."""

import re
from collections.abc import Iterator

from bs4.element import Tag

from schemas.brand import Candidate
from workers.ingest.page import title_parts
from workers.ingest.page.address import site_of_url, strip_domain_ending
from workers.ingest.page.declared_names import Scored, declared_names
from workers.ingest.page.document import Document, attribute, text_of
from workers.ingest.page.names import MAX_PART_CHARS, is_name, split_name
from workers.ingest.page.text import clean, count_words, squash

#: Highest confidence of a domain, a name where none was set: less than a part of the title that equals the
#: host.
MAX_DOMAIN_CONFIDENCE = 0.60
#: Words of a headline that may be a name.
MAX_HEADLINE_WORDS = 3
LOGO_WORD = re.compile(r"\b(?:the\s+)?logo(?:type)?\b", re.IGNORECASE)
#: Further words in the alternative text of a logo, since it links to the home page.
HOME_LINK_WORDS = re.compile(r"^(?:go|back)\s+to\s+|\s+home(?:\s*page)?$", re.IGNORECASE)
YEARS = r"(?:(?:19|20)\d\d(?:\s?[-–—]\s?(?:\d{2,4}|present))?)?"
COPYRIGHT = re.compile(
    rf"(?:©|\(c\)|copyright(?=\s{{1,3}}(?:19|20)\d\d))[\s©,]{{0,5}}{YEARS}[\s,.:–—-]{{0,5}}(?:by\s)?"
    r"([^\W\d_][^.|,;©–—()]{1,60})",
    re.IGNORECASE,
)
RIGHTS = re.compile(
    r"(?:^|\s+)(?:all rights|alle rechte|tous droits|todos los|tutti i|powered by)\b.*", re.IGNORECASE
)
#: Characters of a footer's end; further ones are ignored.
FOOTER_CHARS = 2000


def brand_name_candidates(page: Document) -> Iterator[Candidate]:
    for value, confidence, rule in ladder(page):
        head, tail = split_name(value)
        name = tail if title_parts.is_host(tail, page) else head
        limit = MAX_DOMAIN_CONFIDENCE if strip_domain_ending(name) != name else 1.0
        if is_name(name):
            yield page.candidate("appName", name, min(confidence, limit), rule)


def ladder(page: Document) -> Iterator[Scored]:
    names = [*declared_names(page)]
    yield from names
    yield from title_parts.ladder(
        page, {squash(strip_domain_ending(split_name(value)[0])) for value, _, _ in names}
    )
    yield from from_logo(page)
    yield from from_headline(page)
    yield from from_copyright(page)
    if page.label:
        yield page.label.replace("-", " ").title(), 0.30, "host"


def from_logo(page: Document) -> Iterator[Scored]:
    """Yield alternative texts of the first two logos, without the word logo."""
    for image in [tag for tag in page.tags["img"] if is_logo(tag) and not is_foreign(tag, page)][:2]:
        name = HOME_LINK_WORDS.sub("", LOGO_WORD.sub("", clean(attribute(image, "alt"))).strip(" -–—|:,."))
        if len(name) <= MAX_PART_CHARS:
            yield name, 0.45, "html.logo"


def is_logo(image: Tag) -> bool:
    texts = (
        attribute(tag, key) for tag in (image, image.parent) if tag for key in ("class", "id", "alt", "src")
    )
    return any("logo" in text.lower() for text in texts)


def is_foreign(image: Tag, page: Document) -> bool:
    """Return whether the image links to another site, as the logo of a partner does."""
    parent = image.parent
    url = page.link(attribute(parent, "href")) if parent is not None and parent.name == "a" else None
    return url is not None and site_of_url(url) != site_of_url(page.url)


def from_headline(page: Document) -> Iterator[Scored]:
    """Yield the headline of a home page if it is as short as a name and capitalized like one: `Big Acme`."""
    text = text_of(page.headline) if page.is_home and page.headline else ""
    is_short = 0 < count_words(text) <= MAX_HEADLINE_WORDS and len(text) <= MAX_PART_CHARS
    if (
        is_short
        and not text.endswith((".", "!", "?", ":"))
        and not any(word[0].islower() for word in text.split())
    ):
        yield text, 0.40, "html.h1"


def from_copyright(page: Document) -> Iterator[Scored]:
    """Yield the owner in the copyright line: it corroborates other names, and is hardly a name itself."""
    footers = (clean(tag.get_text(" ")[-FOOTER_CHARS:]) for tag in page.tags["footer"][-1:])
    for text in (*(text for _, text in page.meta("copyright")), *footers):
        if match := COPYRIGHT.search(text):
            yield RIGHTS.sub("", match[1]).strip(), 0.25, "html.copyright"
