"""Passages of a page: its prose as visitors read it, without buttons, forms and cookie banners.

A text belongs to the nearest block around it, across inline tags. Passages from the headline on come first,
since there a page says what it is; labels of the navigation come last.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
#: No `<form>`: some frameworks put a whole page into one. No `<head>`: where a page names no body, the
#: parser leaves its first `<main>` there.
FORMS = frozenset({"input", "option", "label", "dialog", "object", "canvas", "audio", "video"})
HIDDEN = SILENT | FORMS
ROLES = frozenset({"button", "dialog", "alertdialog", "search"})
#: Names of the boxes of consent tools.
BANNER = re.compile(r"(?:^|\s)(?:cookie|consent|gdpr|onetrust|cybot|usercentrics|didomi|cky)", re.IGNORECASE)
FRAME = frozenset({"html", "body", "main", "article"})


@dataclass(slots=True)
class Block:
    """Block of a page. `kind` is None for what no visitor reads; `linked` counts characters in links."""

    kind: Kind | None
    texts: list[str] = field(default_factory=list)
    size: int = 0
    linked: int = 0


def passages(page: Document) -> list[Passage]:
    """Passages, each text once, at most `LIMIT` characters."""
    found = list(read(page))
    prose = bounded((one for one in found if one.kind != "label"), LIMIT - LABELS)
    return [*prose, *bounded((one for one in found if one.kind == "label"), LABELS)]


def bounded(found: Iterator[Passage], limit: int) -> list[Passage]:
    kept: dict[str, Passage] = {}
    for passage in found:
        limit -= len(passage.text) if squash(passage.text) not in kept else 0
        if limit < 0:
            break
        kept.setdefault(squash(passage.text), passage)
    return [*kept.values()]


def read(page: Document) -> Iterator[Passage]:
    before, hero = blocks(page)
    about = page.is_article or is_story(page.url)
    for block in (*hero, *before):
        text = clean(" ".join(block.texts))
        if kind := kind_of(block, text):
            story = about and kind != "label"
            yield Passage(text=cut(text, ONE), kind=kind, url=page.url, story=story)


def kind_of(block: Block, text: str) -> Kind | None:
    """Kind of a block. A short text that is nothing but a link is a label, wherever it stands."""
    short = len(text) <= LABEL_LENGTH and words(text) <= LABEL_WORDS
    if not squash(text):
        return None
    if block.kind == "heading":
        return "heading"
    if block.kind == "label" or (short and block.linked == block.size):
        return "label" if short else None
    return "text" if words(text) >= FEWEST else None


def blocks(page: Document) -> tuple[list[Block], list[Block]]:
    """Blocks before the headline, and from it on, by one walk through the page."""
    inside: list[tuple[Tag, Block, bool]] = [(page.soup, Block("text"), False)]
    lists: tuple[list[Block], list[Block]] = ([], [])
    hero = 0
    for element in page.soup.descendants:
        while inside[-1][0] is not element.parent:
            inside.pop()
        _, block, linked = inside[-1]
        if isinstance(element, Tag):
            hero = 1 if element is page.headline else hero
            inside.append((element, opened(element, block), linked or element.name == "a"))
        elif type(element) is NavigableString and block.kind and not element.isspace():
            if not block.texts:
                lists[hero].append(block)
            note(block, str(element), linked=linked)
    return lists


def note(block: Block, text: str, *, linked: bool) -> None:
    if block.size < LIMIT:
        block.texts.append(text[:LIMIT])
        block.size += len(text)
        block.linked += len(text) if linked else 0


def opened(tag: Tag, block: Block) -> Block:
    """Block of the tag's own texts."""
    if block.kind is None:
        return block
    if is_hidden(tag):
        return Block(None)
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
    named = f"{attribute(tag, 'id')} {attribute(tag, 'class')}"
    return tag.name not in FRAME and BANNER.search(named) is not None
