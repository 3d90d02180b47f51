"""Passages of a page: its prose as visitors read it, without forms and cookie banners.

Passages from the headline on come first, since they describe the product best. Labels of lists stand in their place.
Labels of the navigation come last, those of buttons after them.
"""

from collections.abc import Iterator

from workers.ingest.page.address import is_article_like_url
from workers.ingest.page.blocks.roles import SPEAKER_BY_ROLE, classify_page_blocks
from workers.ingest.page.blocks.walk import BlockKind, PageBlock
from workers.ingest.page.document import HtmlDocument, read_tag_text
from workers.ingest.page.text import count_words, fold_text, truncate_text
from workers.ingest.shapes import Passage

#: Characters of all passages.
MAX_PAGE_PASSAGES_CHARS = 20_000
MAX_PASSAGE_CHARS = 1_000
MAX_MENU_PASSAGES_CHARS = 2_000
#: Boxes from a text to the one with a slogan's class.
MAX_SLOGAN_BOXES = 2
#: Words of a text at least.
MIN_TEXT_PASSAGE_WORDS = 3
MAX_MENU_LABEL_WORDS = 4
MAX_MENU_LABEL_CHARS = 40
MAX_READ_BUTTONS = 60


class DistinctPassages:
    """Passages with letters or digits, each text once, while they fit into the `left` characters."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.passages: dict[str, Passage] = {}

    def add(self, passage: Passage) -> None:
        key = fold_text(passage.text)
        if key and key not in self.passages:
            self.left -= len(passage.text)
            if self.left >= 0:
                self.passages[key] = passage


def list_page_passages(page: HtmlDocument) -> list[Passage]:
    """Return passages: after the headline, before it, labels; each once, at most `MAX_PAGE_PASSAGES_CHARS` in all."""
    prose = DistinctPassages(MAX_PAGE_PASSAGES_CHARS - MAX_MENU_PASSAGES_CHARS)
    labels = DistinctPassages(MAX_MENU_PASSAGES_CHARS)
    blocks = classify_page_blocks(page)
    start = next((block.index for block in blocks if block.box.tag is page.headline_h1_tag), len(blocks))
    story = page.is_article_page or is_article_like_url(page.url)
    for block in (*blocks[start:], *blocks[:start]):
        has_room = prose.left >= 0 or (labels.left >= 0 and may_be_menu_block(block))
        for passage in build_passages(block, page.url, story=story) if has_room else ():
            is_menu = passage.kind == "label" and passage.role != "feature"
            (labels if is_menu else prose).add(passage)
    for passage in list_buttons(page):
        labels.add(passage)
    return [*prose.passages.values(), *labels.passages.values()]


def build_passages(block: PageBlock, url: str, *, story: bool) -> Iterator[Passage]:
    """Yield the passage of a block, or a label for each link of a row of buttons; nothing for too few words."""
    kind = classify_block_as_heading_label_or_text(block)
    links = block.list_joined_links() if kind != "heading" else []
    texts = [text for text in links if is_short_label(text, count_words(text))] if links else [block.text]
    if kind := "label" if links else kind:
        for text in texts:
            yield Passage(
                text=truncate_text(text, MAX_PASSAGE_CHARS),
                kind=kind,
                role=block.role,
                speaker=SPEAKER_BY_ROLE.get(block.role, "brand"),
                url=url,
                story=story and kind != "label",
                slogan=kind != "label" and block.has_class_cue("slogan", MAX_SLOGAN_BOXES) and not block.is_card,
            )


def list_buttons(page: HtmlDocument) -> Iterator[Passage]:
    """Yield the short labels of the page's buttons: a brand calls on visitors to act with them."""
    for tag in page.tags["button"][:MAX_READ_BUTTONS]:
        text = read_tag_text(tag)
        if is_short_label(text, count_words(text)):
            yield Passage(text=text, kind="label", role="form", url=page.url)


def may_be_menu_block(block: PageBlock) -> bool:
    return block.kind == "label" or block.linked == block.size


def classify_block_as_heading_label_or_text(block: PageBlock) -> BlockKind | None:
    """Return a block's passage kind: `heading`, `label`, `text`; None for too few words, or a long label.

    A short text that is only a link is a label, at any place. So is a list's item of one or two words.
    """
    is_short = is_short_label(block.text, block.words)
    if block.kind == "heading":
        return "heading"
    if block.kind == "label" or (is_short and block.linked == block.size):
        return "label" if is_short else None
    if block.words >= MIN_TEXT_PASSAGE_WORDS:
        return "text"
    return "label" if block.role == "feature" and is_short else None


def is_short_label(text: str, words: int) -> bool:
    return len(text) <= MAX_MENU_LABEL_CHARS and words <= MAX_MENU_LABEL_WORDS
