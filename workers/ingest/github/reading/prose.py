"""Prose of a README: its title, the line below it, its first paragraph, and the rest."""

import re
from collections.abc import Iterator

from workers.ingest.github.reading.blocks import Block, is_menu, sections
from workers.ingest.github.reading.names import Own, bare, is_about, is_own
from workers.ingest.github.reading.statement import Statement
from workers.ingest.page.descriptions import LIMIT, PROSE, SHORT
from workers.ingest.page.names import PART_LIMIT, is_name
from workers.ingest.page.taglines import FEWEST_WORDS
from workers.ingest.page.taglines import LIMIT as LINE_LIMIT
from workers.ingest.page.text import cut, squash, words

#: Headings that may be the title, and blocks among which they are.
TITLES, TOP = 3, 12
SENTENCE_WORDS, NAME_WORDS = 5, 3
#: Characters of a paragraph that says enough by itself, and those within which a sentence names its project.
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
OVER = re.compile(
    r"no longer (?:being )?(?:actively )?maintained|deprecated|unmaintained|has moved|moved to|archived"
    r"|looking for (?:a )?(?:new )?maintainers?|work in progress|under (?:heavy )?construction"
    r"|currently being|maintenance(?:[- ]only)? mode",
    re.IGNORECASE,
)
ASKING = re.compile(
    r"(?:if you|please|feel free|you can|see|view|read|visit|for more|note that|thanks?|support|how to"
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


def statements(blocks: list[Block], own: Own) -> Iterator[Statement]:
    title = title_of(blocks, own)
    called = list(named(title, own)) if title else []
    taglines = list(lines(blocks, title, called=bool(called))) if title else []
    yield from (*called, *taglines)
    yield from described(blocks, [str(one.value) for one in taglines], own)


def title_of(blocks: list[Block], own: Own) -> Block | None:
    """The first heading with the repository's name, or the very first, unless it heads a section."""
    headings = [one for one in blocks[:TOP] if one.kind == "heading"][:TITLES]
    exact = (one for one in headings if is_own(bare(one.text)[0], own))
    first = (one for one in headings[:1] if not is_work(one.text) and not SECTION.match(one.text))
    return next(exact, None) or next(first, None)


def named(title: Block, own: Own) -> Iterator[Statement]:
    """The name in the title. One that isn't the repository's must be short: else it is a description."""
    name, _ = bare(title.text)
    if is_own(name, own):
        name = name.rpartition("/")[2]
    about = is_about(name, own)
    short = title.level == 1 and words(name) <= NAME_WORDS
    if is_name(name) and len(name) <= PART_LIMIT and (about or short):
        yield Statement("appName", name, 0.85 if about else 0.70, "readme.h1")


def lines(blocks: list[Block], title: Block, *, called: bool) -> Iterator[Statement]:
    """Taglines: a line or quote right below the title, and the rest of the title after the name."""
    start = blocks.index(title) + 1
    following = [one for one in blocks[start : start + 4] if not is_menu(one)]
    quotes = [one for one in following if one.kind == "quote"]
    for one in (quotes or following)[:1]:
        if one.kind != "item" and is_line(one.text) and not (one.kind == "heading" and is_work(one.text)):
            yield Statement("tagline", one.text, 0.65, "readme.line")
    tail = bare(title.text)[1] if called else title.text
    if is_line(tail):
        yield Statement("tagline", tail, 0.70, "readme.h1.tail" if called else "readme.h1")


def is_line(text: str) -> bool:
    sized = len(text) <= LINE_LIMIT and words(text) >= FEWEST_WORDS and not text.endswith((":", "："))
    return sized and not (OVER.search(text) or ASKING.match(text) or "://" in text)


def described(blocks: list[Block], taglines: list[str], own: Own) -> Iterator[Statement]:
    """The first paragraph, else a tagline, else a sentence further down about the project."""
    paragraphs = [section for section in sections(blocks) if is_paragraph(section.block)]
    about = [one.block for one in paragraphs if one.number <= TITLES and not is_work(one.heading)]
    if about:
        yield Statement("appDescription", cut(opening(blocks, about[0]), LIMIT), 0.60, "readme.paragraph")
        return
    for text in [text for text in taglines if len(text) >= SHORT][:1]:
        yield Statement("appDescription", text, 0.50, "readme.line")
    texts = [one.block.text for one in paragraphs]
    for text in [text for text in texts if own.key in squash(text)[: len(own.key) + NAMED_BY]][:1]:
        yield Statement("appDescription", cut(text, LIMIT), 0.30, "readme.sentence")


def opening(blocks: list[Block], first: Block) -> str:
    """The first paragraph, with the next one where it is short."""
    start = blocks.index(first)
    following = blocks[start + 1 : start + 2] if len(first.text) < FULL else []
    return " ".join([first.text, *(one.text for one in following if is_paragraph(one))])


def is_paragraph(one: Block) -> bool:
    """True if the block has a sentence or more, and asks nothing of its readers."""
    whole = one.kind in {"text", "quote"} and not is_menu(one) and not ASKING.match(one.text)
    long = len(one.text) >= SHORT and words(one.text) >= SENTENCE_WORDS and not OVER.search(one.text)
    ended = PROSE.search(one.text) is not None or words(one.text) >= SENTENCE_WORDS * 2
    return whole and long and ended and not one.text.endswith((":", "："))


def telling(blocks: list[Block]) -> Iterator[Block]:
    """Blocks about the project: no rows of links, and no sections, with their subsections, on its build."""
    work = 0
    for one in blocks:
        if one.kind == "heading" and (work == 0 or one.level <= work):
            work = one.level if is_work(one.text) else 0
        if work == 0 and not is_menu(one):
            yield one


def is_work(heading: str) -> bool:
    return WORK.search(heading) is not None and not ABOUT.fullmatch(heading)
