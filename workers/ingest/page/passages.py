"""Passages of a page: its prose as visitors read it, without buttons, forms and cookie banners.

A text belongs to the nearest block around it, across inline tags. Passages from the headline on come
first, since they describe the product best. Labels of the navigation come last.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from bs4.element import NavigableString, Tag

from workers.ingest.page.address import is_story
from workers.ingest.page.document import Document, attribute
from workers.ingest.page.text import clean, cut, squash, words
from workers.ingest.page.tree import SILENT
from workers.ingest.shapes import Passage

#: Characters in all, in one passage, and of all labels.
LIMIT, ONE, LABELS = 20_000, 1_000, 2_000
#: Words of a text at least; words and characters of a label at most.
FEWEST = 3
LABEL_WORDS, LABEL_LENGTH = 4, 40

Kind = Literal["heading", "text", "label"]

INLINE = frozenset(
    """a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd mark nobr q rp rt ruby s
    samp small span strike strong sub sup time tt u var wbr""".split()
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: No `<form>`: some frameworks put a whole page into one. No `<head>`: on a page without a body tag, the
#: parser leaves its first `<main>` there.
FORMS = frozenset({"input", "option", "label", "dialog", "object", "canvas", "audio", "video"})
HIDDEN = SILENT | FORMS
ROLES = frozenset({"button", "dialog", "alertdialog", "search"})
#: Names of the boxes of consent tools.
BANNER = re.compile(r"(?:^|\s)(?:cookie|consent|gdpr|onetrust|cybot|usercentrics|didomi|cky)", re.IGNORECASE)
FRAME = frozenset({"html", "body", "main", "article"})


@dataclass(slots=True)
class Block:
    """Block of a page. `kind` is None for a hidden block; `linked` counts characters in links."""

    kind: Kind | None
    texts: list[str] = field(default_factory=list)
    size: int = 0
    linked: int = 0


#: Block hidden from visitors: its texts aren't noted.
UNREAD = Block(None)


class Shelf:
    """Passages, each text once, while they fit into the `left` characters."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.kept: dict[str, Passage] = {}

    def put(self, passage: Passage) -> None:
        key = squash(passage.text)
        if key not in self.kept:
            self.left -= len(passage.text)
            if self.left >= 0:
                self.kept[key] = passage


def passages(page: Document) -> list[Passage]:
    """Return passages, each text once, at most `LIMIT` characters; labels come last."""
    prose, labels = Shelf(LIMIT - LABELS), Shelf(LABELS)
    before, hero = blocks(page)
    told = page.is_article or is_story(page.url)
    for block in (*hero, *before):
        wanted = prose.left >= 0 or (labels.left >= 0 and may_be_label(block))
        if wanted and (passage := passage_of(block, page.url, story=told)):
            (labels if passage.kind == "label" else prose).put(passage)
    return [*prose.kept.values(), *labels.kept.values()]


def passage_of(block: Block, url: str, *, story: bool) -> Passage | None:
    text = clean(" ".join(block.texts))
    kind = kind_of(block, text)
    if kind is None:
        return None
    return Passage(text=cut(text, ONE), kind=kind, url=url, story=story and kind != "label")


def may_be_label(block: Block) -> bool:
    return block.kind == "label" or block.linked == block.size


def kind_of(block: Block, text: str) -> Kind | None:
    """Return the kind of a block. A short text that is only a link is a label, at any place."""
    short = len(text) <= LABEL_LENGTH and words(text) <= LABEL_WORDS
    if not squash(text):
        return None
    if block.kind == "heading":
        return "heading"
    if block.kind == "label" or (short and block.linked == block.size):
        return "label" if short else None
    return "text" if words(text) >= FEWEST else None


def blocks(page: Document) -> tuple[list[Block], list[Block]]:
    """Return the blocks before the headline, and the blocks from it on, by one walk through the page."""
    inside: list[tuple[Tag, Block, bool]] = [(page.soup, Block("text"), False)]
    before: list[Block] = []
    hero: list[Block] = []
    noted, headline = before, page.headline
    for element in page.soup.descendants:
        while inside[-1][0] is not element.parent:
            inside.pop()
        _, block, linked = inside[-1]
        if isinstance(element, Tag):
            noted = hero if element is headline else noted
            inside.append((element, opened(element, block), linked or element.name == "a"))
        elif type(element) is NavigableString and block.kind:
            if not block.texts:
                noted.append(block)
            note(block, str(element), linked=linked)
    return before, hero


def note(block: Block, text: str, *, linked: bool) -> None:
    if block.size < LIMIT:
        block.texts.append(text[:LIMIT])
        block.size += len(text)
        block.linked += len(text) if linked else 0


def opened(tag: Tag, block: Block) -> Block:
    """Return the block of the tag's own texts."""
    if block.kind is None:
        return block
    if is_hidden(tag):
        return UNREAD
    if tag.name in {"nav", "footer"} or (block.kind == "label" and tag.name == "a"):
        return Block("label")
    if tag.name in INLINE:
        return block
    return Block("heading" if tag.name in HEADINGS else block.kind)


def is_hidden(tag: Tag) -> bool:
    if tag.name in HIDDEN or not tag.attrs:
        return tag.name in HIDDEN
    if "hidden" in tag.attrs or tag.get("aria-hidden") == "true" or tag.get("role") in ROLES:
        return True
    return tag.name not in FRAME and (is_banner(attribute(tag, "id")) or is_banner(attribute(tag, "class")))


@lru_cache(2_000)
def is_banner(named: str) -> bool:
    """Return whether an id or a class names a consent tool's box. Cached: pages repeat a few on most tags."""
    return BANNER.search(named) is not None
