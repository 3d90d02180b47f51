"""Blocks of a README: its prose as plain text, from HTML, for any source markup."""

import re
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Literal, NamedTuple

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, Tag

from workers.ingest.page.document import read_tag_attribute
from workers.ingest.page.text import clean_text_line, count_words

MAX_README_BLOCKS = 300
#: Tags above a text that are searched for its block.
MAX_BLOCK_TAG_ANCESTORS = 12
INVISIBLE_README_TAGS = frozenset("script style pre table svg video picture img template noscript form".split())
HEADING_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")
README_BLOCK_TAGS = {*HEADING_TAGS, *"p li blockquote div center section dd dt summary body html".split()}
#: Mark of a heading with only an image's text.
IMAGE_HEADING_ATTRIBUTE = "data-tenantry-image"
ADMONITION_MARK_PATTERN = re.compile(r"\s*\[!\w+\]")
EMOJI_SHORTCODE_PATTERN = re.compile(r"(?<!\w):[a-z0-9_+-]+:(?!\w)")
#: Emoji and ornaments before and after a text.
ORNAMENTS_AROUND_TEXT_PATTERN = re.compile(r"^[^\w\"“«'‘(¿¡]+|[^\w\"”»'’)!?.…。！？:：+#]+$")


#: Separators of a row of links.
LINK_ROW_SEPARATOR_PATTERN = re.compile(r"[^\w\s]+")
#: Words of a sentence that may be one link.
MIN_LINKED_SENTENCE_WORDS = 8


class ReadmeBlock(NamedTuple):
    """Block of text. `level` is a heading's, 1 to 6; `free` is the text outside links.

    `is_image` is True for a heading that has only an image's alternative text.
    """

    kind: Literal["heading", "text", "item", "quote"]
    text: str
    free: str
    level: int = 0
    is_image: bool = False


def parse_readme_blocks(html: str) -> list[ReadmeBlock]:
    soup = BeautifulSoup("\n" + html.replace("\x00", ""), "lxml")
    replace_heading_images(soup)
    blocks = (
        parse_one_readme_block(box, list(texts))
        for box, texts in groupby(find_visible_readme_strings(soup), key=find_enclosing_block_tag)
        if box is not None
    )
    return list(islice((built for built in blocks if built is not None), MAX_README_BLOCKS))


def find_visible_readme_strings(soup: BeautifulSoup) -> Iterator[NavigableString]:
    """Yield the text nodes of a README's HTML that a reader sees, in order.

    All texts inside an invisible tag are skipped.
    """
    node: PageElement | None = soup.contents[0] if soup.contents else None
    while node is not None:
        if isinstance(node, Tag) and node.name in INVISIBLE_README_TAGS:
            node = find_next_html_node_outside_tag(node)
            continue
        if isinstance(node, NavigableString) and not isinstance(node, Comment):
            yield node
        node = node.next_element


def find_next_html_node_outside_tag(tag: Tag) -> PageElement | None:
    ancestor: Tag | None = tag
    while ancestor is not None and ancestor.next_sibling is None:
        ancestor = ancestor.parent
    return ancestor.next_sibling if ancestor is not None else None


def replace_heading_images(soup: BeautifulSoup) -> None:
    """Replace an image in one of the first three headings by its alternative text, if the heading has no text."""
    for heading in soup.find_all(HEADING_TAGS, limit=3):
        image = heading.find("img")
        if image is not None and not heading.get_text().strip():
            image.replace_with(read_tag_attribute(image, "alt"))
            heading[IMAGE_HEADING_ATTRIBUTE] = ""


def find_enclosing_block_tag(text: NavigableString) -> Tag | None:
    return next((tag for tag in islice(text.parents, MAX_BLOCK_TAG_ANCESTORS) if tag.name in README_BLOCK_TAGS), None)


def parse_one_readme_block(box: Tag, texts: list[NavigableString]) -> ReadmeBlock | None:
    text = strip_emoji_codes_and_ornaments("".join(texts))
    if not text:
        return None
    free = clean_text_line("".join(part for part in texts if part.find_parent("a") is None))
    if box.name in HEADING_TAGS:
        return ReadmeBlock("heading", text, free, int(box.name[1]), IMAGE_HEADING_ATTRIBUTE in box.attrs)
    ancestors = {box.name, *(tag.name for tag in islice(box.parents, 4))}
    if "blockquote" in ancestors:
        return None if is_readme_admonition(box) else ReadmeBlock("quote", text, free)
    return ReadmeBlock("item" if "li" in ancestors else "text", text, free)


def is_readme_admonition(box: Tag) -> bool:
    quote = box if box.name == "blockquote" else box.find_parent("blockquote")
    return quote is not None and ADMONITION_MARK_PATTERN.match(quote.get_text()) is not None


def strip_emoji_codes_and_ornaments(text: str) -> str:
    """Return the text on one line, without emoji shortcodes and the ornaments around the text."""
    return ORNAMENTS_AROUND_TEXT_PATTERN.sub("", clean_text_line(EMOJI_SHORTCODE_PATTERN.sub(" ", text))).strip()


def is_link_row_block(block: ReadmeBlock) -> bool:
    """Return whether the block is a row of links, such as badges, languages or pages.

    It has fewer than three words outside of links. Return False for a whole sentence that is a link.
    """
    outside = count_words(LINK_ROW_SEPARATOR_PATTERN.sub("", block.free))
    sentence = block.text.endswith(".") and count_words(block.text) >= MIN_LINKED_SENTENCE_WORDS
    return outside < 3 and count_words(block.text) > outside and not sentence


class ReadmeSectionBlock(NamedTuple):
    """Block other than a heading, with the number and the text of the heading above it."""

    number: int
    heading: str
    block: ReadmeBlock


def pair_readme_blocks_with_headings(blocks: list[ReadmeBlock]) -> Iterator[ReadmeSectionBlock]:
    number, heading = 0, ""
    for block in blocks:
        if block.kind == "heading":
            number, heading = number + 1, block.text
        else:
            yield ReadmeSectionBlock(number, heading, block)
