"""Ladder of `tagline`: the brand in one line. Home pages have one, others at most a sentence about it."""

from collections.abc import Iterator, Sequence

from bs4.element import Tag

from schemas.brand import Candidate
from workers.ingest.page import address, jsonld
from workers.ingest.page.declared_names import declared
from workers.ingest.page.document import Document, attribute, text_of
from workers.ingest.page.kinds import is_brand
from workers.ingest.page.names import parted, resembles
from workers.ingest.page.text import clean, first_sentence, segments, squash, words
from workers.ingest.shapes import Passage

LIMIT = 120
FEWEST_WORDS = 3
#: Headings of one level from which each is a section's heading; headings that are checked.
SECTIONS, HEADINGS = 3, 10
#: Parts of a page that are not about the brand.
LANDMARKS = ["nav", "footer", "aside"]


def candidates(page: Document, name: str | None, told: Sequence[Passage]) -> Iterator[Candidate]:
    """Yield candidates; `name` is the brand's, and the rest of a title after the name is a tagline."""
    for value, confidence, rule in ladder(page, name or page.label, told):
        line = clean(value)
        if len(line) <= LIMIT and words(line) >= FEWEST_WORDS and squash(line) != squash(name or ""):
            yield page.candidate("tagline", line, confidence, rule)


def ladder(page: Document, name: str, told: Sequence[Passage]) -> Iterator[tuple[str, float, str]]:
    for node in filter(is_brand, page.nodes):
        yield from ((text, 0.95, "jsonld.slogan") for text in jsonld.texts(node.get("slogan"))[:1])
    yield from ((parted(text)[1], 0.80, f"{rule}.tail") for text, _, rule in declared(page))
    if page.is_home:
        yield from ((text, 0.80, "html.title.rest") for text in rest_of_title(page, name))
        yield from hero(page, told)
    for _, text in page.meta("og:description", "description"):
        sentence = first_sentence(clean(text))
        if page.is_home or speaks_of(sentence, name, page):
            yield sentence, 0.45, "html.description.first"


def speaks_of(sentence: str, name: str, page: Document) -> bool:
    """Return whether a sentence is about the brand: it names the brand, and the page is no article."""
    story = page.is_article or address.is_story(page.url)
    return not story and bool(squash(name)) and squash(name) in squash(sentence)


def rest_of_title(page: Document, name: str) -> Iterator[str]:
    """Yield the longest part of the title without the name, as in `Acme — Invoices that send themselves`."""
    parts = segments(page.title)
    others = [part for part in parts if not resembles(squash(part), squash(name))]
    if len(parts) > len(others) > 0:
        yield max(others, key=len)


def hero(page: Document, told: Sequence[Passage]) -> Iterator[tuple[str, float, str]]:
    """Yield the headline and the text after it, if visitors read them as prose, not as menu or section."""
    if page.headline is None:
        return
    read = {squash(one.text) for one in told if one.kind != "label"}
    following = page.headline.find_next(["p", "h2"])
    for tag, confidence, rule in ((page.headline, 0.75, "html.h1"), (following, 0.60, "html.after_h1")):
        if tag is not None and squash(text_of(tag)) in read and not is_elsewhere(tag, page):
            yield text_of(tag), confidence, rule


def is_elsewhere(tag: Tag, page: Document) -> bool:
    """Return whether a text belongs to a menu, a section or a story, and not to the brand."""
    return tag.find_parent(LANDMARKS) is not None or is_section(tag, page) or leads_away(tag, page)


def is_section(tag: Tag, page: Document) -> bool:
    """Return whether a heading is one of several of its level, unless it is alone next to the headline."""
    alike = [one for one in page.tags[tag.name][:HEADINGS] if text_of(one)]
    if tag.name == "p" or len(alike) < (SECTIONS if tag is page.headline else SECTIONS - 1):
        return False
    beside = [one for one in alike if one.parent is tag.parent]
    return not (len(beside) == 1 and page.headline is not None and tag.parent is page.headline.parent)


def leads_away(tag: Tag, page: Document) -> bool:
    """Return whether a heading is a link to another page, as headings of stories are."""
    links = [*tag.find_all("a", limit=2), tag.find_parent("a")] if tag.name != "p" else []
    targets = (page.link(attribute(link, "href")) for link in links if link is not None)
    return any(not address.is_home(target) for target in targets if target)
