"""Prose of a README: its title, the line below it, its first paragraph, and the rest."""

import re
from collections.abc import Iterator
from itertools import islice, takewhile

from workers.ingest.asides import SkipRules
from workers.ingest.github.reading.blocks import Block, is_menu, sections
from workers.ingest.github.reading.names import Own, bare, is_about, is_own
from workers.ingest.github.reading.statement import Statement
from workers.ingest.page.descriptions import MAX_CHARS, MIN_CHARS, PROSE_END
from workers.ingest.page.names import MAX_PART_CHARS, is_name
from workers.ingest.page.taglines import MAX_TAGLINE_CHARS as LINE_LIMIT
from workers.ingest.page.taglines import MIN_TAGLINE_WORDS
from workers.ingest.page.text import cut, split_sentences, squash, words

#: Headings that may be the title, and the first blocks that are searched for them.
TITLES, TOP = 3, 12
SENTENCE_WORDS, NAME_WORDS = 5, 3
#: Characters of a paragraph that suffices alone, and characters within which a sentence names its project.
FULL, NAMED_BY = 80, 20
#: Headings of sections on how to get or build the project.
WORK = re.compile(
    r"\b(?:install\w*|download\w*|build\w*|compil\w*|develop\w*|contribut\w*|licen[sc]e\w*|setup|requirements?"
    r"|compatib\w*|deploy\w*|config\w*|credits?|changelog|support|donat\w*|translat\w*|contents|toc"
    r"|getting started|quick ?start|usage|test\w*|faq|roadmap|known issues|acknowledge?ments?|todo|authors?"
    r"|screenshots?|prerequisites|dependenc\w*|ci|badges?|sponsors?|community|links?|readme"
    r"|code of conduct|security|help)\b",
    re.IGNORECASE,
)
ASKING = re.compile(
    r"(?:if you|please|feel free|you can|see|view|read|visit|for more|note that|thanks?|how to"
    r"|upgrading)\b",
    re.IGNORECASE,
)
#: Headings of later sections, which are no titles.
SECTION = re.compile(
    r"(?:(?:key |main )?features|documentation|docs|introduction|overview|about|motivation|examples?|news"
    r"|highlights|performance|benchmarks?|(?:project )?status|demos?|previews?|background|description"
    r"|summary)\W*$|(?:why|what|how|using|running|getting|installing|building)\b",
    re.IGNORECASE,
)
ABOUT = re.compile(r"about|overview|introduction|what is .*|description|summary", re.IGNORECASE)


def statements(blocks: list[Block], own: Own, asides: SkipRules) -> Iterator[Statement]:
    title = title_of(blocks, own)
    called = list(named(title, own)) if title else []
    taglines = list(lines(blocks, title, asides, called=bool(called))) if title else []
    yield from (*called, *taglines)
    yield from described(blocks, title, [str(one.value) for one in taglines], own, asides)


def title_of(blocks: list[Block], own: Own) -> Block | None:
    """Return the first heading with the repository's name, or the very first, unless it heads a section."""
    headings = [one for one in blocks[:TOP] if one.kind == "heading"][:TITLES]
    exact = (one for one in headings if is_own(bare(one.text)[0], own))
    first = (one for one in headings[:1] if not is_work(one.text) and not SECTION.match(one.text))
    return next(exact, None) or next(first, None)


def named(title: Block, own: Own) -> Iterator[Statement]:
    """Yield the name in the title. A name other than the repository's must be short: else it describes."""
    name, _ = bare(title.text)
    if is_own(name, own):
        name = name.rpartition("/")[2]
    about = is_about(name, own)
    short = title.level == 1 and words(name) <= NAME_WORDS
    if is_name(name) and len(name) <= MAX_PART_CHARS and (about or short):
        yield Statement("appName", name, 0.85 if about else 0.70, "readme.h1")


def lines(blocks: list[Block], title: Block, asides: SkipRules, *, called: bool) -> Iterator[Statement]:
    """Yield taglines: a line or quote right below the title, and the rest of the title after the name."""
    following = below(blocks, title)
    quotes = [one for one in following if one.kind == "quote"]
    for one in (quotes or following)[:1]:
        work = one.kind == "item" or (one.kind == "heading" and is_work(one.text))
        if not work and is_line(one.text, asides):
            yield Statement("tagline", one.text, 0.65, "readme.line")
    tail = bare(title.text)[1] if called else title.text
    if is_line(tail, asides):
        yield Statement("tagline", tail, 0.70, "readme.h1.tail" if called else "readme.h1")


def below(blocks: list[Block], title: Block | None) -> list[Block]:
    """Return the blocks right below the title (without one the first blocks), without rows of links."""
    start = blocks.index(title) + 1 if title else 0
    return [one for one in blocks[start : start + 4] if not is_menu(one)]


def is_line(text: str, asides: SkipRules) -> bool:
    sized = len(text) <= LINE_LIMIT and words(text) >= MIN_TAGLINE_WORDS and not text.endswith((":", "："))
    return sized and not (ASKING.match(text) or "://" in text) and asides.kind(text) is None


def described(
    blocks: list[Block], title: Block | None, taglines: list[str], own: Own, asides: SkipRules
) -> Iterator[Statement]:
    """Yield the first paragraph, else a tagline, else a sentence further down about the project."""
    first = next((one for one in about(blocks, title, asides) if paragraph(one, own, asides)), None)
    if text := lead(blocks, title, first, own, asides):
        yield Statement("appDescription", text, 0.60, "readme.lead")
    elif first is not None:
        text = cut(opening(blocks, first, own, asides), MAX_CHARS)
        yield Statement("appDescription", text, 0.60, "readme.paragraph")
    else:
        for text in [text for text in taglines if len(text) >= MIN_CHARS][:1]:
            yield Statement("appDescription", text, 0.50, "readme.line")
        texts = (paragraph(one.block, own, asides) for one in sections(blocks))
        for text in islice((text for text in texts if text and is_named(text, own)), 1):
            yield Statement("appDescription", cut(text, MAX_CHARS), 0.30, "readme.sentence")


def about(blocks: list[Block], title: Block | None, asides: SkipRules) -> Iterator[Block]:
    """Yield blocks of the first sections, except sections on its state or on getting or building it."""
    for section in sections(blocks):
        headed = title is not None and section.heading == title.text
        aside = is_work(section.heading) or asides.skips_section(section.heading)
        if section.number <= TITLES and (headed or not aside):
            yield section.block


def lead(blocks: list[Block], title: Block | None, first: Block | None, own: Own, asides: SkipRules) -> str:
    """Return the line right below or before the title; it describes the project even as a fragment.

    A first paragraph that names the project has more information, and one below the title is the line
    itself.
    """
    headed = blocks[0].kind == "heading" or is_menu(blocks[0]) if blocks else False
    below_it = below(blocks, title if headed else None)[:1]
    if first is not None and (first in below_it or is_named(first.text, own)):
        return ""
    fits = (one.text for one in below_it if one.kind in {"text", "quote"} and is_line(one.text, asides))
    return next((text for text in fits if len(text) >= MIN_CHARS), "")


def is_named(text: str, own: Own) -> bool:
    """Return whether the project's name is among its first words."""
    return own.key in squash(text)[: len(own.key) + NAMED_BY]


def opening(blocks: list[Block], first: Block, own: Own, asides: SkipRules) -> str:
    """Return the first paragraph, with the next one if it is short."""
    text = paragraph(first, own, asides)
    start = blocks.index(first)
    following = blocks[start + 1 : start + 2] if len(text) < FULL else []
    return " ".join([text, *filter(None, (paragraph(one, own, asides) for one in following))])


def paragraph(one: Block, own: Own, asides: SkipRules) -> str:
    """Return the sentences of a block that describe the project, without skipped ones; empty for none.

    A sentence that introduces a list is left out, unless it is alone and describes the project.
    """
    if one.kind not in {"text", "quote"} or is_menu(one) or ASKING.match(one.text):
        return ""
    said = split_sentences(asides.product_sentences(one.text))
    told = "".join(takewhile(lambda sentence: not sentence.endswith((":", "：")), said)).strip()
    names = said and squash(said[0]).removeprefix("the").startswith(own.key)
    if names and not told and words(said[0]) > SENTENCE_WORDS:
        return said[0][:-1].rstrip() + "…"
    ended = PROSE_END.search(told) is not None or words(told) >= SENTENCE_WORDS * 2
    return told if ended and len(told) >= MIN_CHARS and words(told) >= SENTENCE_WORDS else ""


def telling(blocks: list[Block]) -> Iterator[Block]:
    """Yield blocks about the project, without rows of links and sections (with subsections) on its build."""
    work = 0
    for one in blocks:
        if one.kind == "heading" and (work == 0 or one.level <= work):
            work = one.level if is_work(one.text) else 0
        if work == 0 and not is_menu(one):
            yield one


def is_work(heading: str) -> bool:
    return WORK.search(heading) is not None and not ABOUT.fullmatch(heading)
