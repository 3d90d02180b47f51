"""Walk through a page: its blocks in document order, each in its boxes.

A text belongs to the nearest block element around it, across inline tags. A text after a nested block is a
block of its own.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from bs4.element import NavigableString, Tag

from workers.ingest.page.blocks.cues import find_class_cues
from workers.ingest.page.document import HtmlDocument
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
#: Boxes from a block to the card in which it is.
MAX_CARD_DEPTH = 4
#: Siblings with one tag and class that are cards of a list.
MIN_SIBLING_CARDS = 3
MAX_SIBLING_CARDS = 60
INLINE_TAGS = frozenset(
    """a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd mark nobr q rp rt ruby s
    samp small span strike strong sub sup time tt u var wbr""".split()
)
LEVEL_BY_HEADING_TAG = {f"h{level}": level for level in range(1, 7)}
#: Classes by which style sheets give other tags the look of a heading.
LEVEL_BY_HEADING_CLASS = {"h1": 1, "h2": 2, "h3": 3}
HEADING_CLASS_TAGS = frozenset({"div", "p"})
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
#: Boxes that may be the card of a list. Paragraphs of one class are prose.
CARD_TAGS = frozenset("div li article a dl tr td figure details blockquote".split())
#: Cards that need no class.
PLAIN_CARD_TAGS = frozenset({"li", "article", "a"})
#: Tags of icons from a font, their classes and texts: `<i class="material-icons">home</i>`.
ICON_TAGS = frozenset({"i", "span", "em"})
ICON_CLASS_PATTERN = re.compile(
    r"material-(?:icons|symbols)|(?<![\w-])(?:icon|ico|fa|fas|far|fab|bi|glyphicon|mdi|ti|lnr|bx|feather|lucide)(?![^\W_])",
    re.IGNORECASE,
)
#: Attributes that name the purpose of a box.
CUE_ATTRIBUTES = ("class", "id", "role", "data-section", "itemtype")
LINE_WORD_PATTERN = re.compile(r"[^\W\d_]+")
#: Words of two lines on both sides of a `<br>` at least.
MIN_LINE_WORDS = 3
#: Characters and pieces of a line that are read.
MAX_LINE_CHARS = 200
MAX_LINE_PIECES = 3
LINE_END_MARKS = frozenset(".!?…:,;–—-|·")
OPENING_MARKS = ' \n\t\r"“„«('
DIGIT_PATTERN = re.compile(r"\d")
MAX_ICON_TEXT_CHARS = 31
ICON_TEXT_PATTERN = re.compile(r"[a-z][a-z0-9_]*|\W{1,8}")

BlockKind = Literal["heading", "text", "label"]
#: Roles of blocks that no rule is asked about, since a page's passages have no room for them.
DEFAULT_ROLE_BY_KIND: dict[BlockKind, PassageRole] = {"heading": "heading", "text": "prose", "label": "navigation"}


class PageBox:
    """Block element or link of a page, with its signs for the texts in it.

    `kind` is that of its own blocks. `size` counts the characters in it. `names` are its tag and
    those of the boxes around it, `cue_depths` the depths of the nearest boxes with a cue in their class; both leave
    out page-wide boxes. `card` is the innermost card of a list around it, or the box itself. `has_open_break` is true
    after a `<br>`, until the next text.
    """

    depth = 0
    size = 0
    is_card = False
    has_open_break = False
    block: "PageBlock | None" = None
    card: "PageBox | None" = None
    names: frozenset[str] = frozenset()
    cue_depths: Mapping[str, int] = MappingProxyType({})

    def __init__(self, tag: Tag, parent: "PageBox | None", kind: BlockKind = "text") -> None:
        self.tag = tag
        self.name: str = tag.name
        self.parent = parent
        self.kind = kind

    def read_cues(self) -> frozenset[str]:
        """Return the cues in the box's class, id, role and kind."""
        attrs = self.tag.attrs
        names = [str(attrs[name]) for name in CUE_ATTRIBUTES if name in attrs]
        return find_class_cues(*names) if names else frozenset()

    def inherit(self, max_size: float) -> None:
        """Take over names, cues and card of the box around it, unless the box itself is page-wide."""
        if self.parent is None:
            return
        self.depth = self.parent.depth + 1
        if self.size > max_size or self.name in PAGE_TAGS:
            return
        self.names = self.parent.names | {self.name}
        cues = self.read_cues()
        above = self.parent.cue_depths
        self.cue_depths = {**above, **dict.fromkeys(cues, self.depth)} if cues else above
        self.card = self if self.is_card else self.parent.card

    def ancestors(self) -> Iterator["PageBox"]:
        """Yield the box itself, then each box around it."""
        box: PageBox | None = self
        while box is not None:
            yield box
            box = box.parent


class PageBlock:
    """Text of a page in its innermost `box`. `linked` counts its characters in links, of `size` in all.

    `link_texts` are the texts of its links by their boxes.

    `level` is that of a heading, else 0. `heading` is the last heading before it, `parent_heading` the last one
    of a higher level. `rule` is the sign that gave it its `role`.
    """

    def __init__(self, box: PageBox, index: int) -> None:
        self.box = box
        self.index = index
        self.kind: BlockKind = box.kind
        self.level = read_heading_level(box.tag)
        self.texts: list[str] = []
        self.size = 0
        self.linked = 0
        self.link_texts: dict[PageBox, list[str]] = {}
        self.text = ""
        self.lower_text = ""
        self.words = 0
        self.has_digit = False
        self.heading: PageBlock | None = None
        self.parent_heading: PageBlock | None = None
        self.role: PassageRole = "prose"
        self.rule = ""

    def close(self) -> None:
        """Set the text of the block from its pieces, its words, and the kind of a text in a page-wide menu."""
        self.text = clean_text_line(join_text_pieces(self.texts))
        self.lower_text = self.text.lower()
        self.words = count_words(self.text)
        self.has_digit = DIGIT_PATTERN.search(self.text) is not None
        if self.kind == "label" and self.box.names.isdisjoint(MENU_TAGS):
            self.kind = "heading" if self.level else "text"
        self.role = DEFAULT_ROLE_BY_KIND[self.kind]

    @property
    def is_in_menu(self) -> bool:
        return not self.box.names.isdisjoint({"nav", "footer", "aside"})

    @property
    def is_card(self) -> bool:
        return self.box.card is not None and self.box.depth - self.box.card.depth < MAX_CARD_DEPTH

    @property
    def link_share(self) -> float:
        return self.linked / max(1, self.size)

    def list_joined_links(self) -> list[str]:
        """Return the texts of the links of a block that has several, and nothing else: a row of buttons."""
        if len(self.link_texts) <= 1:
            return []
        links = [clean_text_line(join_text_pieces(pieces)) for pieces in self.link_texts.values()]
        return links if len("".join("".join(links).split())) == len("".join(self.text.split())) else []

    def is_inside(self, box: PageBox) -> bool:
        return any(ancestor is box for ancestor in self.box.ancestors())

    def has_class_cue(self, cue: str, max_boxes: int) -> bool:
        """Return whether one of the `max_boxes` innermost boxes around the block has the cue in its class."""
        depth = self.box.cue_depths.get(cue)
        return depth is not None and self.box.depth - depth < max_boxes


class PageWalk:
    """State of one walk: the blocks and boxes so far, and the open tags.

    An open tag has the box of its texts (None if hidden), its innermost box, and whether it is in a link.
    """

    def __init__(self, soup: Tag) -> None:
        root = PageBox(soup, None)
        self.blocks: list[PageBlock] = []
        self.boxes: list[PageBox] = [root]
        self.open_tags: list[tuple[Tag, PageBox | None, PageBox, bool]] = [(soup, root, root, False)]

    def open_tag(self, tag: Tag) -> None:
        _, owner, box, is_linked = self.open_tags[-1]
        is_link = tag.name == "a"
        if owner is not None and is_hidden_tag(tag):
            owner = None
        elif owner is not None and tag.name == "br":
            owner.has_open_break = True
        elif owner is not None and (is_link or tag.name not in INLINE_TAGS):
            box = PageBox(tag, box, choose_box_kind(tag, owner))
            self.boxes.append(box)
            # A link within a label is a label of its own.
            owner = owner if is_link and owner.kind != "label" else box
        self.open_tags.append((tag, owner, box, is_linked or is_link))

    def add_text(self, text: str) -> None:
        _, owner, box, is_linked = self.open_tags[-1]
        if owner is None:
            return
        block = owner.block
        if block is None or self.blocks[-1] is not block or (owner.has_open_break and starts_line(block, text)):
            block = owner.block = PageBlock(owner, len(self.blocks))
            self.blocks.append(block)
        owner.has_open_break = False
        box.size += len(text)
        if block.size < MAX_BLOCK_CHARS:
            block.texts.append(text[:MAX_BLOCK_CHARS])
            block.size += len(text)
            if is_linked:
                block.linked += len(text)
                block.link_texts.setdefault(box, []).append(text)


def starts_line(block: PageBlock, text: str) -> bool:
    """Return whether a text after a `<br>` is a line of its own: two lines without marks would read as one sentence.

    A heading is one line at any width. Lines of an address, and pieces of a sentence, have no capital or few words.
    """
    if block.kind != "text" or len(LINE_WORD_PATTERN.findall(text[:MAX_LINE_CHARS])) < MIN_LINE_WORDS:
        return False
    before = " ".join(piece[-MAX_LINE_CHARS:] for piece in block.texts[-MAX_LINE_PIECES:]).rstrip()
    is_open = len(LINE_WORD_PATTERN.findall(before)) >= MIN_LINE_WORDS and before[-1:] not in LINE_END_MARKS
    return is_open and text.lstrip(OPENING_MARKS)[:1].isupper()


def choose_box_kind(tag: Tag, owner: PageBox) -> BlockKind:
    if tag.name in MENU_TAGS:
        return "label"
    return "heading" if read_heading_level(tag) else owner.kind


def read_heading_level(tag: Tag) -> int:
    """Return the level of a heading's tag, or of a tag with a heading's class, such as `<div class="h1">`; else 0."""
    level = LEVEL_BY_HEADING_TAG.get(tag.name, 0)
    if level or tag.name not in HEADING_CLASS_TAGS or "class" not in tag.attrs:
        return level
    return next(
        (LEVEL_BY_HEADING_CLASS[word] for word in str(tag.attrs["class"]).split() if word in LEVEL_BY_HEADING_CLASS), 0
    )


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
    describe_boxes(walk.boxes)
    blocks = walk.blocks[:MAX_PAGE_BLOCKS]
    link_blocks_with_headings(blocks)
    return blocks


def describe_boxes(boxes: list[PageBox]) -> None:
    """Set the sizes, cards, names and cues of boxes in document order, so that parents come first."""
    for box in reversed(boxes):
        if box.parent is not None:
            box.parent.size += box.size
    boxes_with_text = [box for box in boxes if box.size]
    mark_cards(boxes_with_text)
    max_size = max(boxes[0].size * MIN_PAGE_WIDE_BOX_SHARE, MAX_SMALL_BOX_CHARS)
    for box in boxes_with_text:
        box.inherit(max_size)


def mark_cards(boxes: list[PageBox]) -> None:
    """Mark boxes that have several siblings of the same tag and class: the cards of a list."""
    keys = [
        (box, (id(box.parent), box.name, class_name))
        for box in boxes
        if box.name in CARD_TAGS and ((class_name := box.tag.attrs.get("class")) or box.name in PLAIN_CARD_TAGS)
    ]
    counts = Counter(key for _, key in keys)
    for box, key in keys:
        box.is_card = MIN_SIBLING_CARDS <= counts[key] <= MAX_SIBLING_CARDS


def link_blocks_with_headings(blocks: list[PageBlock]) -> None:
    last: PageBlock | None = None
    last_by_level: dict[int, PageBlock] = {}
    for block in blocks:
        block.close()
        block.heading = last
        if block.level:
            above = (last_by_level[level] for level in range(1, block.level) if level in last_by_level)
            block.parent_heading = max(above, key=lambda heading: heading.index, default=None)
            last = last_by_level[block.level] = block


def is_hidden_tag(tag: Tag) -> bool:
    """Return whether visitors don't read the tag's text: it is hidden, a widget, a consent banner or an icon's name."""
    if tag.name in HIDDEN_TAGS or not tag.attrs:
        return tag.name in HIDDEN_TAGS
    attrs = tag.attrs
    if "hidden" in attrs or attrs.get("aria-hidden") == "true" or attrs.get("role") in HIDDEN_ARIA_ROLES:
        return True
    if tag.name in ICON_TAGS and is_icon(tag):
        return True
    return tag.name not in NEVER_CONSENT_BANNER_TAGS and any(
        is_consent_banner_name(str(attrs[name])) for name in ("id", "class") if name in attrs
    )


def is_icon(tag: Tag) -> bool:
    """Return whether the tag draws an icon by a font: its text is one word, or signs, that visitors don't see."""
    first = tag.contents[0] if len(tag.contents) == 1 else None
    if not isinstance(first, NavigableString) or not is_icon_class(str(tag.attrs.get("class", ""))):
        return False
    text = str(first).strip()
    return len(text) <= MAX_ICON_TEXT_CHARS and ICON_TEXT_PATTERN.fullmatch(text) is not None


@lru_cache(2_000)
def is_icon_class(value: str) -> bool:
    return ICON_CLASS_PATTERN.search(value) is not None


@lru_cache(2_000)
def is_consent_banner_name(value: str) -> bool:
    """Return whether an `id` or `class` attribute names a consent tool's box. Cached: pages repeat a few values."""
    return CONSENT_BANNER_ELEMENT_NAME_PATTERN.search(value) is not None
