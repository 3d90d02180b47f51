"""Passages of a page: its prose as visitors read it, without buttons, forms and cookie banners.

A text belongs to the nearest block around it, across inline tags. Passages from the headline on come
first, since they describe the product best. Labels of the navigation come last.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from bs4.element import NavigableString, Tag

from workers.ingest.page.address import is_article_like_url
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.page.text import clean_text_line, count_words, fold_text, truncate_text
from workers.ingest.page.tree import UNREAD_TEXT_TAGS
from workers.ingest.shapes import Passage

#: Characters of all passages.
MAX_PAGE_PASSAGES_CHARS = 20_000
MAX_PASSAGE_CHARS = 1_000
MAX_MENU_PASSAGES_CHARS = 2_000
#: Words of a text at least.
MIN_TEXT_PASSAGE_WORDS = 3
MAX_MENU_LABEL_WORDS = 4
MAX_MENU_LABEL_CHARS = 40

PassageKind = Literal["heading", "text", "label"]

INLINE_TAGS = frozenset(
    """a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd mark nobr q rp rt ruby s
    samp small span strike strong sub sup time tt u var wbr""".split()
)
HEADING_TAGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: No `<form>`: some frameworks put a whole page into one. No `<head>`: on a page without a body tag, the
#: parser leaves its first `<main>` there.
WIDGET_HTML_TAGS = frozenset({"input", "option", "label", "dialog", "object", "canvas", "audio", "video"})
HIDDEN_TAGS = UNREAD_TEXT_TAGS | WIDGET_HTML_TAGS
HIDDEN_ARIA_ROLES = frozenset({"button", "dialog", "alertdialog", "search"})
#: Names of the boxes of consent tools.
CONSENT_BANNER_ELEMENT_NAME_PATTERN = re.compile(
    r"(?:^|\s)(?:cookie|consent|gdpr|onetrust|cybot|usercentrics|didomi|cky)", re.IGNORECASE
)
NEVER_CONSENT_BANNER_TAGS = frozenset({"html", "body", "main", "article"})


@dataclass(slots=True)
class PageBlock:
    """Block of a page. `kind` is None for a hidden block; `linked` counts characters in links."""

    kind: PassageKind | None
    texts: list[str] = field(default_factory=list)
    size: int = 0
    linked: int = 0


#: Block hidden from visitors: its texts aren't noted.
HIDDEN_PAGE_BLOCK = PageBlock(None)


class DistinctPassages:
    """Passages, each text once, while they fit into the `left` characters."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.passages: dict[str, Passage] = {}

    def add(self, passage: Passage) -> None:
        key = fold_text(passage.text)
        if key not in self.passages:
            self.left -= len(passage.text)
            if self.left >= 0:
                self.passages[key] = passage


def list_page_passages(page: HtmlDocument) -> list[Passage]:
    """Return passages: after the headline, before it, labels; each once, at most `MAX_PAGE_PASSAGES_CHARS` in all."""
    prose = DistinctPassages(MAX_PAGE_PASSAGES_CHARS - MAX_MENU_PASSAGES_CHARS)
    labels = DistinctPassages(MAX_MENU_PASSAGES_CHARS)
    before, hero = split_blocks_at_headline(page)
    story = page.is_article_page or is_article_like_url(page.url)
    for block in (*hero, *before):
        has_room = prose.left >= 0 or (labels.left >= 0 and may_be_menu_block(block))
        if has_room and (passage := build_passage(block, page.url, story=story)):
            (labels if passage.kind == "label" else prose).add(passage)
    return [*prose.passages.values(), *labels.passages.values()]


def build_passage(block: PageBlock, url: str, *, story: bool) -> Passage | None:
    text = clean_text_line(" ".join(block.texts))
    kind = classify_block_as_heading_label_or_text(block, text)
    if kind is None:
        return None
    return Passage(text=truncate_text(text, MAX_PASSAGE_CHARS), kind=kind, url=url, story=story and kind != "label")


def may_be_menu_block(block: PageBlock) -> bool:
    return block.kind == "label" or block.linked == block.size


def classify_block_as_heading_label_or_text(block: PageBlock, text: str) -> PassageKind | None:
    """Return a block's passage kind: `heading`, `label`, `text`; None for no or too few words, or a long label.

    A short text that is only a link is a label, at any place.
    """
    is_short = len(text) <= MAX_MENU_LABEL_CHARS and count_words(text) <= MAX_MENU_LABEL_WORDS
    if not fold_text(text):
        return None
    if block.kind == "heading":
        return "heading"
    if block.kind == "label" or (is_short and block.linked == block.size):
        return "label" if is_short else None
    return "text" if count_words(text) >= MIN_TEXT_PASSAGE_WORDS else None


def split_blocks_at_headline(page: HtmlDocument) -> tuple[list[PageBlock], list[PageBlock]]:
    """Return the blocks before the headline, and the blocks from it on, by one walk through the page."""
    inside: list[tuple[Tag, PageBlock, bool]] = [(page.soup, PageBlock("text"), False)]
    before: list[PageBlock] = []
    hero: list[PageBlock] = []
    target, headline = before, page.headline_h1_tag
    for element in page.soup.descendants:
        while inside[-1][0] is not element.parent:
            inside.pop()
        _, block, linked = inside[-1]
        if isinstance(element, Tag):
            target = hero if element is headline else target
            inside.append((element, reuse_or_start_block_for_tag(element, block), linked or element.name == "a"))
        elif type(element) is NavigableString and block.kind:
            if not block.texts:
                target.append(block)
            add_text_to_block(block, str(element), linked=linked)
    return before, hero


def add_text_to_block(block: PageBlock, text: str, *, linked: bool) -> None:
    if block.size < MAX_PAGE_PASSAGES_CHARS:
        block.texts.append(text[:MAX_PAGE_PASSAGES_CHARS])
        block.size += len(text)
        block.linked += len(text) if linked else 0


def reuse_or_start_block_for_tag(tag: Tag, block: PageBlock) -> PageBlock:
    """Return the block to which the tag's own texts belong: `block` itself for an inline tag, else a new one.

    A link within a label gets its own label. Texts of a hidden tag belong to `HIDDEN_PAGE_BLOCK`.
    """
    if block.kind is None:
        return block
    if is_hidden_tag(tag):
        return HIDDEN_PAGE_BLOCK
    if tag.name in {"nav", "footer"} or (block.kind == "label" and tag.name == "a"):
        return PageBlock("label")
    if tag.name in INLINE_TAGS:
        return block
    return PageBlock("heading" if tag.name in HEADING_TAGS else block.kind)


def is_hidden_tag(tag: Tag) -> bool:
    if tag.name in HIDDEN_TAGS or not tag.attrs:
        return tag.name in HIDDEN_TAGS
    if "hidden" in tag.attrs or tag.get("aria-hidden") == "true" or tag.get("role") in HIDDEN_ARIA_ROLES:
        return True
    return tag.name not in NEVER_CONSENT_BANNER_TAGS and (
        is_consent_banner_name(read_tag_attribute(tag, "id"))
        or is_consent_banner_name(read_tag_attribute(tag, "class"))
    )


@lru_cache(2_000)
def is_consent_banner_name(value: str) -> bool:
    """Return whether an `id` or `class` attribute names a consent tool's box. Cached: pages repeat a few values."""
    return CONSENT_BANNER_ELEMENT_NAME_PATTERN.search(value) is not None
