"""Ladder of `tagline`: the brand in one line. Home pages have one, others at most a sentence about it."""

from collections.abc import Iterator, Sequence

from bs4.element import Tag

from schemas.brand import Candidate
from workers.ingest.page import address, jsonld
from workers.ingest.page.declared_names import declared_names
from workers.ingest.page.document import Document, attribute, text_of
from workers.ingest.page.kinds import is_brand
from workers.ingest.page.names import resembles, split_name
from workers.ingest.page.text import clean, first_sentence, is_tagline_sized, split_title, squash
from workers.ingest.shapes import Passage

#: Headings of one level from which each is a section's heading.
MIN_SECTION_HEADINGS = 3
MAX_HEADINGS = 10
#: Parts of a page that are not about the brand.
LANDMARKS = ["nav", "footer", "aside"]


def tagline_candidates(page: Document, name: str | None, passages: Sequence[Passage]) -> Iterator[Candidate]:
    """Yield candidates; `name` is the brand's, and the rest of a title after the name is a tagline."""
    for value, confidence, rule in scored_taglines(page, name or page.label, passages):
        line = clean(value)
        if is_tagline_sized(line) and squash(line) != squash(name or ""):
            yield page.candidate("tagline", line, confidence, rule)


def scored_taglines(
    page: Document, name: str, passages: Sequence[Passage]
) -> Iterator[tuple[str, float, str]]:
    for node in filter(is_brand, page.nodes):
        yield from ((text, 0.95, "jsonld.slogan") for text in jsonld.texts(node.get("slogan"))[:1])
    yield from ((split_name(text)[1], 0.80, f"{rule}.tail") for text, _, rule in declared_names(page))
    if page.is_home:
        yield from ((text, 0.80, "html.title.rest") for text in rest_of_title(page, name))
        yield from hero_taglines(page, passages)
    for _, text in page.meta("og:description", "description"):
        sentence = first_sentence(clean(text))
        if page.is_home or is_about_brand(sentence, name, page):
            yield sentence, 0.45, "html.description.first"


def is_about_brand(sentence: str, name: str, page: Document) -> bool:
    """Return whether a sentence is about the brand: it names the brand, and the page is no article."""
    is_story = page.is_article or address.is_story(page.url)
    return not is_story and bool(squash(name)) and squash(name) in squash(sentence)


def rest_of_title(page: Document, name: str) -> Iterator[str]:
    """Yield the longest part of the title without the name, as in `Acme — Invoices that send themselves`."""
    parts = split_title(page.title)
    without_name = [part for part in parts if not resembles(squash(part), squash(name))]
    if len(parts) > len(without_name) > 0:
        yield max(without_name, key=len)


def hero_taglines(page: Document, passages: Sequence[Passage]) -> Iterator[tuple[str, float, str]]:
    """Yield the headline and the text after it, if visitors read them as prose, not as menu or section."""
    if page.headline is None:
        return
    visible_texts = {squash(passage.text) for passage in passages if passage.kind != "label"}
    following = page.headline.find_next(["p", "h2"])
    for tag, confidence, rule in ((page.headline, 0.75, "html.h1"), (following, 0.60, "html.after_h1")):
        if tag is not None and squash(text_of(tag)) in visible_texts and not is_off_brand(tag, page):
            yield text_of(tag), confidence, rule


def is_off_brand(tag: Tag, page: Document) -> bool:
    """Return whether a text belongs to a menu, a section or a story, and not to the brand."""
    return tag.find_parent(LANDMARKS) is not None or is_section(tag, page) or links_elsewhere(tag, page)


def is_section(tag: Tag, page: Document) -> bool:
    """Return whether a heading is one of several of its level, unless it is alone next to the headline."""
    same_level = [heading for heading in page.tags[tag.name][:MAX_HEADINGS] if text_of(heading)]
    if tag.name == "p" or len(same_level) < (
        MIN_SECTION_HEADINGS if tag is page.headline else MIN_SECTION_HEADINGS - 1
    ):
        return False
    siblings = [heading for heading in same_level if heading.parent is tag.parent]
    return not (len(siblings) == 1 and page.headline is not None and tag.parent is page.headline.parent)


def links_elsewhere(tag: Tag, page: Document) -> bool:
    """Return whether a heading is a link to another page, as headings of stories are."""
    links = [*tag.find_all("a", limit=2), tag.find_parent("a")] if tag.name != "p" else []
    targets = (page.link(attribute(link, "href")) for link in links if link is not None)
    return any(not address.is_home(target) for target in targets if target)
