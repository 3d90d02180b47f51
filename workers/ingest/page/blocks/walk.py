"""Walk through a page: its blocks in document order, each in its boxes.

A text belongs to the nearest block element around it, across inline tags. A text after a nested block is a
block of its own.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from bs4.element import NavigableString, Tag

from workers.ingest.page.blocks.cues import find_class_cues
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.page.text import clean_text_line, count_words, join_text_pieces
from workers.ingest.page.tree import UNREAD_TEXT_TAGS
from workers.ingest.shapes import PassageRole

#: Characters of a block; further ones are ignored.
MAX_BLOCK_CHARS = 20_000
#: Blocks of a page; further ones are ignored. Passages have room for a third of them.
MAX_PAGE_BLOCKS = 3_000
#: Share of the page's text from which a box says nothing about a part of it: an unclosed `<nav>` may have all.
MIN_PAGE_WIDE_BOX_SHARE = 0.4
#: Characters of a box that isn't page-wide, on any page.
MAX_SMALL_BOX_CHARS = 300
#: Boxes around a block that are read.
MAX_BOXES_READ = 9
#: Siblings with one tag and class that are cards of a list.
MIN_SIBLING_CARDS = 3
MAX_SIBLING_CARDS = 60
INLINE_TAGS = frozenset(
    """a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd mark nobr q rp rt ruby s
    samp small span strike strong sub sup time tt u var wbr""".split()
)
LEVEL_BY_HEADING_TAG = {f"h{level}": level for level in range(1, 7)}
#: No `<form>`: some frameworks put a whole page into one. No `<head>`: on a page without a body tag, the
#: parser leaves its first `<main>` there.
WIDGET_HTML_TAGS = frozenset({"input", "option", "label", "dialog", "object", "canvas", "audio", "video"})
HIDDEN_TAGS = UNREAD_TEXT_TAGS | WIDGET_HTML_TAGS
HIDDEN_ARIA_ROLES = frozenset({"button", "dialog", "alertdialog", "search"})
#: Names of the boxes of consent tools.
CONSENT_BANNER_ELEMENT_NAME_PATTERN = re.compile(
    r"(?:^|\s)(?:cookie|consent|gdpr|onetrust|cybot|usercentrics|didomi|cky)", re.IGNORECASE
)
#: Boxes of a whole page, in which all texts are.
PAGE_TAGS = frozenset({"[document]", "html", "body", "main"})
NEVER_CONSENT_BANNER_TAGS = PAGE_TAGS | {"article"}
MENU_TAGS = frozenset({"nav", "footer"})
#: Boxes that may be the card of a list.
CARD_TAGS = frozenset("div li article a dl tr td figure details p blockquote".split())
#: Cards that need no class.
PLAIN_CARD_TAGS = frozenset({"li", "article", "a"})
#: Tags of icons from a font, their classes and texts: `<i class="material-icons">home</i>`.
ICON_TAGS = frozenset({"i", "span", "em"})
ICON_CLASS_PATTERN = re.compile(
    r"material-(?:icons|symbols)|(?<![\w-])(?:icon|ico|fa|fas|far|fab|bi|glyphicon|mdi|ti|lnr|bx|feather|lucide)(?![^\W_])",
    re.IGNORECASE,
)
ICON_TEXT_PATTERN = re.compile(r"\s*(?:[a-z][a-z0-9_]{0,30}|\W{1,8})\s*")

BlockKind = Literal["heading", "text", "label"]


class PageBox:
    """Block element or link of a page. `size` counts the characters in it."""

    def __init__(self, tag: Tag, parent: "PageBox | None") -> None:
        self.tag = tag
        self.name = tag.name
        self.parent = parent
        self.size = 0
        self.is_card = False

    @cached_property
    def class_cues(self) -> frozenset[str]:
        """Return the cues in the box's class, id, role and kind."""
        kind = read_tag_attribute(self.tag, "itemtype").rpartition("/")[2]
        names = (read_tag_attribute(self.tag, name) for name in ("class", "id", "role", "data-section"))
        return find_class_cues(" ".join(filter(None, (*names, kind))).lower())

    def ancestors(self) -> Iterator["PageBox"]:
        """Yield the box itself, then each box around it."""
        box: PageBox | None = self
        while box is not None:
            yield box
            box = box.parent


@dataclass(eq=False)
class PageBlock:
    """Block of a page in its innermost `box`. `kind` is None for a hidden block; `linked` counts characters in links.

    `level` is that of a heading, else 0. `heading` is the last heading before it, `parent_heading` the last one
    of a higher level. `rule` is the sign that gave it its `role`.
    """

    kind: BlockKind | None
    box: PageBox
    level: int = 0
    texts: list[str] = field(default_factory=list)
    size: int = 0
    linked: int = 0
    index: int = 0
    heading: "PageBlock | None" = None
    parent_heading: "PageBlock | None" = None
    boxes: list[PageBox] = field(default_factory=list)
    role: PassageRole = "prose"
    rule: str = ""

    @cached_property
    def text(self) -> str:
        return clean_text_line(join_text_pieces(self.texts))

    @cached_property
    def lower_text(self) -> str:
        return self.text.lower()

    @cached_property
    def words(self) -> int:
        return count_words(self.text)

    @cached_property
    def box_names(self) -> frozenset[str]:
        """Return the tags of the boxes around it, without boxes of most of the page."""
        return frozenset(box.name for box in self.boxes)

    @property
    def is_in_menu(self) -> bool:
        return not self.box_names.isdisjoint({"nav", "footer", "aside"})

    @property
    def is_card(self) -> bool:
        return any(box.is_card for box in self.boxes[:4])

    @property
    def card(self) -> PageBox | None:
        return next((box for box in self.boxes if box.is_card), None)

    @property
    def link_share(self) -> float:
        return self.linked / max(1, self.size)

    def is_inside(self, box: PageBox) -> bool:
        return any(ancestor is box for ancestor in self.box.ancestors())


class PageWalk:
    """State of one walk: the blocks and boxes so far, and the open tags with their blocks."""

    def __init__(self, soup: Tag) -> None:
        root = PageBox(soup, None)
        self.blocks: list[PageBlock] = []
        self.boxes: list[PageBox] = [root]
        self.open_tags: list[tuple[Tag, PageBlock, PageBox, bool]] = [(soup, PageBlock("text", root), root, False)]
        self.hidden_block = PageBlock(None, root)

    def open_tag(self, tag: Tag) -> None:
        _, block, box, is_linked = self.open_tags[-1]
        if block.kind is not None:
            if tag.name not in INLINE_TAGS or tag.name == "a":
                box = PageBox(tag, box)
                self.boxes.append(box)
            block = self.reuse_or_start_block(tag, block, box)
        self.open_tags.append((tag, block, box, is_linked or tag.name == "a"))

    def reuse_or_start_block(self, tag: Tag, block: PageBlock, box: PageBox) -> PageBlock:
        """Return the block to which the tag's own texts belong: `block` itself for an inline tag, else a new one.

        A link within a label gets its own label. Texts of a hidden tag belong to the hidden block.
        """
        if is_hidden_tag(tag):
            return self.hidden_block
        if tag.name in MENU_TAGS or (block.kind == "label" and tag.name == "a"):
            return PageBlock("label", box)
        if tag.name in INLINE_TAGS:
            return block
        level = LEVEL_BY_HEADING_TAG.get(tag.name, 0)
        return PageBlock("heading" if level else block.kind, box, level)

    def add_text(self, text: str) -> None:
        tag, block, box, is_linked = self.open_tags[-1]
        if block.kind is None:
            return
        if not self.blocks or self.blocks[-1] is not block:
            if block.texts:
                block = PageBlock(block.kind, block.box, block.level)
                self.open_tags[-1] = tag, block, box, is_linked
            block.index = len(self.blocks)
            self.blocks.append(block)
        box.size += len(text)
        if block.size < MAX_BLOCK_CHARS:
            block.texts.append(text[:MAX_BLOCK_CHARS])
            block.size += len(text)
            block.linked += len(text) if is_linked else 0


def list_page_blocks(page: HtmlDocument) -> list[PageBlock]:
    """Return the first `MAX_PAGE_BLOCKS` visible blocks in document order, by one walk through the page."""
    walk = PageWalk(page.soup)
    for element in page.soup.descendants:
        while walk.open_tags[-1][0] is not element.parent:
            walk.open_tags.pop()
        if isinstance(element, Tag):
            walk.open_tag(element)
        elif type(element) is NavigableString:
            walk.add_text(str(element))
    add_up_box_sizes(walk.boxes)
    mark_cards(walk.boxes)
    blocks = walk.blocks[:MAX_PAGE_BLOCKS]
    link_blocks_with_boxes_and_headings(blocks, walk.boxes[0].size)
    return blocks


def add_up_box_sizes(boxes: list[PageBox]) -> None:
    """Add each box's size to its parent's. `boxes` are in document order, so that parents come first."""
    for box in reversed(boxes):
        if box.parent is not None:
            box.parent.size += box.size


def mark_cards(boxes: list[PageBox]) -> None:
    """Mark boxes with text that have several siblings of the same tag and class: the cards of a list.

    Paragraphs and quotations of one class are prose.
    """
    keys = {
        box: (id(box.parent), box.name, read_tag_attribute(box.tag, "class"))
        for box in boxes
        if box.size and box.name in CARD_TAGS
    }
    counts = Counter(keys.values())
    for box, key in keys.items():
        is_list = MIN_SIBLING_CARDS <= counts[key] <= MAX_SIBLING_CARDS
        box.is_card = is_list and bool(key[2] or box.name in PLAIN_CARD_TAGS) and box.name != "p"


def link_blocks_with_boxes_and_headings(blocks: list[PageBlock], page_size: int) -> None:
    """Link each block with its boxes and headings. A text of a page-wide menu is no label."""
    max_size = max(page_size * MIN_PAGE_WIDE_BOX_SHARE, MAX_SMALL_BOX_CHARS)
    last: PageBlock | None = None
    last_by_level: dict[int, PageBlock] = {}
    for block in blocks:
        block.boxes = list_telling_boxes(block.box, max_size)
        if block.kind == "label" and block.box_names.isdisjoint(MENU_TAGS):
            block.kind = "heading" if block.level else "text"
        block.heading = last
        if block.level:
            above = (last_by_level[level] for level in range(1, block.level) if level in last_by_level)
            block.parent_heading = max(above, key=lambda heading: heading.index, default=None)
            last = last_by_level[block.level] = block


def list_telling_boxes(innermost: PageBox, max_size: float) -> list[PageBox]:
    """Return the boxes around a block, innermost first, up to one with `max_size` characters or of the whole page."""
    boxes: list[PageBox] = []
    for box in innermost.ancestors():
        if box.size > max_size or box.name in PAGE_TAGS or len(boxes) == MAX_BOXES_READ:
            break
        boxes.append(box)
    return boxes


def is_hidden_tag(tag: Tag) -> bool:
    """Return whether visitors don't read the tag's text: it is hidden, a widget, a consent banner or an icon's name."""
    if tag.name in HIDDEN_TAGS or not tag.attrs:
        return tag.name in HIDDEN_TAGS
    if "hidden" in tag.attrs or tag.get("aria-hidden") == "true" or tag.get("role") in HIDDEN_ARIA_ROLES:
        return True
    if tag.name in ICON_TAGS and is_icon(tag):
        return True
    return tag.name not in NEVER_CONSENT_BANNER_TAGS and (
        is_consent_banner_name(read_tag_attribute(tag, "id"))
        or is_consent_banner_name(read_tag_attribute(tag, "class"))
    )


def is_icon(tag: Tag) -> bool:
    """Return whether the tag draws an icon by a font: its text is one word, or signs, that visitors don't see."""
    first = tag.contents[0] if len(tag.contents) == 1 else ""
    is_word = isinstance(first, NavigableString) and ICON_TEXT_PATTERN.fullmatch(first) is not None
    return is_word and is_icon_class(read_tag_attribute(tag, "class"))


@lru_cache(2_000)
def is_icon_class(value: str) -> bool:
    return ICON_CLASS_PATTERN.search(value) is not None


@lru_cache(2_000)
def is_consent_banner_name(value: str) -> bool:
    """Return whether an `id` or `class` attribute names a consent tool's box. Cached: pages repeat a few values."""
    return CONSENT_BANNER_ELEMENT_NAME_PATTERN.search(value) is not None
