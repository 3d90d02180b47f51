"""Hero of a page: its headline and the few blocks that belong to it."""

import re
from collections.abc import Iterator
from itertools import islice, takewhile

from workers.ingest.page.blocks.walk import PageBlock, PageBox

#: Blocks after the headline that may belong to it.
MAX_HERO_BLOCKS = 8
#: The same without a box around both.
MAX_UNBOXED_HERO_BLOCKS = 5
#: Blocks before the headline that may belong to it: a line above it.
MAX_BLOCKS_ABOVE_HEADLINE = 2
#: Blocks of a page's top, with its menus, in which a box named as the hero begins.
MAX_BLOCKS_BEFORE_NAMED_HERO = 60
#: Blocks of such a box from which it is the hero of a headline in it; a smaller one may only be a title's.
MIN_NAMED_HERO_BLOCKS = 2
COUNTER_PATTERN = re.compile(r"\W*\d[\d., ]*\W{0,2}[^\W\d_]{0,6}\W?")
LETTER_PATTERN = re.compile(r"[^\W\d_]")
#: Share of linked characters from which a block is a link.
MIN_LINK_SHARE = 0.5


def find_headline_block(blocks: list[PageBlock]) -> PageBlock | None:
    """Return the first `<h1>` outside of menus, else the first `<h2>` that is no link; None for neither."""
    headings = [
        block
        for block in blocks
        if 0 < block.level <= 2 and block.text and not block.is_in_menu and not block.has_class_cue("notice", 9)
    ]
    first = next((block for block in headings if block.level == 1), None)
    return first or next((block for block in headings if block.link_share < MIN_LINK_SHARE), None)


def mark_hero_blocks(blocks: list[PageBlock]) -> PageBlock | None:
    """Set the role of the blocks of the page's hero, and return its headline: it and the blocks next to it, in its box.

    A box of a hero's class has precedence. Then a headline above it is the brand's name, and one below it
    heads a section. Return None for a page without a headline.
    """
    headline = find_headline_block(blocks)
    named = list_named_hero_blocks(blocks)
    if headline is None or (named and headline.index > named[-1].index):
        hero = named
    elif named and headline not in named and is_in_site_header(headline, blocks):
        hero = [headline, *named]
    elif headline in named and len(named) >= MIN_NAMED_HERO_BLOCKS:
        hero = named
    else:
        hero = list_hero_blocks_around_headline(blocks, headline)
    for block in hero:
        block.role = "hero"
    return headline


def is_in_site_header(headline: PageBlock, blocks: list[PageBlock]) -> bool:
    """Return whether the headline is the brand's name above the page's menu."""
    following = blocks[headline.index + 1 : headline.index + 2]
    return "header" in headline.box.names or any(block.is_in_menu for block in following)


def list_named_hero_blocks(blocks: list[PageBlock]) -> list[PageBlock]:
    """Return the first blocks in boxes of a hero's class, at most `MAX_HERO_BLOCKS`, without counters.

    Return an empty list if they are only links.
    """
    first = next((block for block in blocks[:MAX_BLOCKS_BEFORE_NAMED_HERO] if is_in_named_hero(block)), None)
    run = takewhile(is_in_named_hero, blocks[first.index :]) if first else ()
    named = [*islice((block for block in run if not is_sign_or_counter(block, blocks)), MAX_HERO_BLOCKS)]
    return named if any(block.link_share < MIN_LINK_SHARE for block in named) else []


def is_in_named_hero(block: PageBlock) -> bool:
    return block.has_class_cue("hero", 9) and not block.is_in_menu


def is_sign_or_counter(block: PageBlock, blocks: list[PageBlock]) -> bool:
    """Return whether the block has no letters, or is a counter or its label."""
    before = blocks[max(block.index - 1, 0)]
    return not LETTER_PATTERN.search(block.text) or is_counter(block) or is_counter(before)


def list_hero_blocks_around_headline(blocks: list[PageBlock], headline: PageBlock) -> list[PageBlock]:
    box = find_hero_box(headline)
    start = headline.index
    above = (
        block
        for block in blocks[max(0, start - MAX_BLOCKS_ABOVE_HEADLINE) : start]
        if box and block.is_inside(box) and block.link_share < MIN_LINK_SHARE and not block.is_in_menu
    )
    return [*above, headline, *list_blocks_below_headline(blocks, headline, box)]


def find_hero_box(headline: PageBlock) -> PageBox | None:
    """Return the headline's section or header, else the largest box around it that isn't most of the page."""
    boxes = [box for box in headline.box.ancestors() if box is not headline.box and box.names]
    section = (box for box in boxes if box.name in {"section", "header"})
    return next(section, boxes[-1] if boxes else None)


def list_blocks_below_headline(
    blocks: list[PageBlock], headline: PageBlock, box: PageBox | None
) -> Iterator[PageBlock]:
    """Yield the blocks after the headline up to the second heading, the next `<h1>`, or the end of its box."""
    start, subheadings = headline.index + 1, 0
    for block in blocks[start : start + MAX_HERO_BLOCKS]:
        is_inside = box is not None and block.is_inside(box)
        is_far = (box is not None and box.name == "section") or block.index - start >= MAX_UNBOXED_HERO_BLOCKS
        starts_section = block.level and (subheadings or block.level == 1 or (block.level == 2 and not is_inside))
        if starts_section or (not is_inside and is_far):
            return
        subheadings += bool(block.level)
        if not is_sign_or_counter(block, blocks):
            yield block


def is_counter(block: PageBlock) -> bool:
    """Return whether the block is only a number, such as `500+` or `15 years`; the block after it is its label."""
    return COUNTER_PATTERN.fullmatch(block.text) is not None
