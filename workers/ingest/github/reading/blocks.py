"""Blocks of a README: its prose as plain text, from HTML, for any source markup."""

import re
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Literal, NamedTuple

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, Tag

from workers.ingest.page.document import attribute
from workers.ingest.page.text import clean, words

#: Blocks that are read, and tags above a text that are searched for its block.
MOST, NEAR = 300, 12
SILENT = ("script", "style", "pre", "table", "svg", "video", "picture", "img", "template", "noscript", "form")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BOXES = {
    *HEADINGS,
    "p",
    "li",
    "blockquote",
    "div",
    "center",
    "section",
    "dd",
    "dt",
    "summary",
    "body",
    "html",
}
ADMONITION = re.compile(r"\s*\[!\w+\]")
SHORTCODE = re.compile(r"(?<!\w):[a-z0-9_+-]+:(?!\w)")
#: Emoji and ornaments before and after a text.
ORNAMENT = re.compile(r"^[^\w\"“«'‘(¿¡]+|[^\w\"”»'’)!?.…。！？:：+#]+$")


#: Separators of a row of links.
BETWEEN = re.compile(r"[^\w\s]+")
#: Words of a sentence that may be one link.
SENTENCE_WORDS = 8


class Block(NamedTuple):
    """Block of text. `level` is a heading's, 1 to 6; `free` is the text outside links."""

    kind: Literal["heading", "text", "item", "quote"]
    text: str
    free: str
    level: int = 0


def from_html(html: str) -> list[Block]:
    soup = BeautifulSoup("\n" + html.replace("\x00", ""), "lxml")
    name_pictures(soup)
    made = (block(box, list(run)) for box, run in groupby(told(soup), key=box_of) if box is not None)
    return list(islice((one for one in made if one is not None), MOST))


def told(soup: BeautifulSoup) -> Iterator[NavigableString]:
    """Yield texts that a reader sees. Silent tags are skipped whole: removing thousands takes seconds."""
    one: PageElement | None = soup.contents[0] if soup.contents else None
    while one is not None:
        if isinstance(one, Tag) and one.name in SILENT:
            one = following(one)
            continue
        if isinstance(one, NavigableString) and not isinstance(one, Comment):
            yield one
        one = one.next_element


def following(tag: Tag) -> PageElement | None:
    """Return the element after the whole tag."""
    one: Tag | None = tag
    while one is not None and one.next_sibling is None:
        one = one.parent
    return one.next_sibling if one is not None else None


def name_pictures(soup: BeautifulSoup) -> None:
    """Replace an image that is alone in a heading by its alternative text."""
    for heading in soup.find_all(HEADINGS, limit=3):
        image = heading.find("img")
        if image is not None and not heading.get_text().strip():
            image.replace_with(attribute(image, "alt"))


def box_of(text: NavigableString) -> Tag | None:
    return next((tag for tag in islice(text.parents, NEAR) if tag.name in BOXES), None)


def block(box: Tag, run: list[NavigableString]) -> Block | None:
    text = plain("".join(run))
    if not text:
        return None
    free = clean("".join(one for one in run if one.find_parent("a") is None))
    if box.name in HEADINGS:
        return Block("heading", text, free, int(box.name[1]))
    around = {box.name, *(tag.name for tag in islice(box.parents, 4))}
    if "blockquote" in around:
        return None if is_admonition(box) else Block("quote", text, free)
    return Block("item" if "li" in around else "text", text, free)


def is_admonition(box: Tag) -> bool:
    quote = box if box.name == "blockquote" else box.find_parent("blockquote")
    return quote is not None and ADMONITION.match(quote.get_text()) is not None


def plain(text: str) -> str:
    """Return one line of text, without shortcodes and the ornaments around it."""
    return ORNAMENT.sub("", clean(SHORTCODE.sub(" ", text))).strip()


def is_menu(one: Block) -> bool:
    """Return whether the block is a row of links: badges, languages, pages. A linked sentence is none."""
    outside = words(BETWEEN.sub("", one.free))
    sentence = one.text.endswith(".") and words(one.text) >= SENTENCE_WORDS
    return outside < 3 and words(one.text) > outside and not sentence


class Section(NamedTuple):
    """Block other than a heading, with the number and the text of the heading above it."""

    number: int
    heading: str
    block: Block


def sections(blocks: list[Block]) -> Iterator[Section]:
    number, heading = 0, ""
    for one in blocks:
        if one.kind == "heading":
            number, heading = number + 1, one.text
        else:
            yield Section(number, heading, one)
