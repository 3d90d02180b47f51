"""Prose of a README: its title, the line below it, its first paragraph, and the rest."""

import re
from collections.abc import Iterator
from itertools import islice, takewhile

from workers.ingest.github.reading.blocks import ReadmeBlock, is_link_row_block, pair_readme_blocks_with_headings
from workers.ingest.github.reading.names import (
    RepositoryOwnName,
    is_nearly_repository_name,
    is_repository_own_name,
    split_readme_heading,
)
from workers.ingest.github.reading.statement import RepositoryFileFieldCandidate
from workers.ingest.page.descriptions import MIN_STRONG_DESCRIPTION_CHARS, PROSE_END_PATTERN
from workers.ingest.page.names import MAX_TITLE_PART_NAME_CHARS, is_possible_brand_name
from workers.ingest.page.text import (
    MAX_DESCRIPTION_CHARS,
    count_words,
    fold_text,
    is_tagline_sized,
    split_sentences,
    truncate_text,
)
from workers.ingest.skip_rules import SentenceSkipRules

MAX_LEADING_README_HEADINGS = 3
#: First blocks that are searched for the title.
MAX_BLOCKS_SEARCHED_FOR_TITLE = 12
#: Words of a sentence that describes.
MIN_DESCRIPTIVE_SENTENCE_WORDS = 5
#: Words of a title that is a name.
MAX_PROJECT_NAME_WORDS = 3
#: Characters of a paragraph that suffices alone.
MIN_SUFFICIENT_PARAGRAPH_CHARS = 80
#: Characters within which a sentence names its project.
MAX_PROJECT_NAME_OFFSET_CHARS = 20
#: Headings of sections on how to get or build the project.
SETUP_HEADING_PATTERN = re.compile(
    r"\b(?:install\w*|download\w*|build\w*|compil\w*|develop\w*|contribut\w*|licen[sc]e\w*|setup|requirements?"
    r"|compatib\w*|deploy\w*|config\w*|credits?|changelog|support|donat\w*|translat\w*|contents|toc"
    r"|getting started|quick ?start|usage|test\w*|faq|roadmap|known issues|acknowledge?ments?|todo|authors?"
    r"|screenshots?|prerequisites|dependenc\w*|ci|badges?|sponsors?|community|links?|readme"
    r"|code of conduct|security|help)\b",
    re.IGNORECASE,
)
INSTRUCTION_OPENING_PATTERN = re.compile(
    r"(?:if you|please|feel free|you can|see|view|read|visit|for more|note that|thanks?|how to"
    r"|upgrading)\b",
    re.IGNORECASE,
)
#: Headings of later sections, which are no titles.
HEADING_UNFIT_AS_README_TITLE_PATTERN = re.compile(
    r"(?:(?:key |main )?features|documentation|docs|introduction|overview|about|motivation|examples?|news"
    r"|highlights|performance|benchmarks?|(?:project )?status|demos?|previews?|background|description"
    r"|summary)\W*$|(?:why|what|how|using|running|getting|installing|building)\b",
    re.IGNORECASE,
)
ABOUT_HEADING_PATTERN = re.compile(r"about|overview|introduction|what is .*|description|summary", re.IGNORECASE)


def read_readme_statements(
    blocks: list[ReadmeBlock], own_name: RepositoryOwnName, skip_rules: SentenceSkipRules
) -> Iterator[RepositoryFileFieldCandidate]:
    title = find_readme_title(blocks, own_name)
    names = list(read_project_name_in_title(title, own_name)) if title else []
    taglines = list(find_readme_taglines(blocks, title, skip_rules, has_name=bool(names))) if title else []
    yield from (*names, *taglines)
    lines = [str(tagline.value) for tagline in taglines]
    yield from find_readme_description(blocks, title, lines, own_name, skip_rules)


def find_readme_title(blocks: list[ReadmeBlock], own_name: RepositoryOwnName) -> ReadmeBlock | None:
    """Return the first heading that is the repository's name, else the very first heading.

    Return None if the very first one heads a section. Only the top of the README is searched.
    """
    headings = [block for block in blocks[:MAX_BLOCKS_SEARCHED_FOR_TITLE] if block.kind == "heading"][
        :MAX_LEADING_README_HEADINGS
    ]
    exact = (block for block in headings if is_repository_own_name(split_readme_heading(block.text)[0], own_name))
    first = (
        block
        for block in headings[:1]
        if not is_setup_heading(block.text) and not HEADING_UNFIT_AS_README_TITLE_PATTERN.match(block.text)
    )
    return next(exact, None) or next(first, None)


def read_project_name_in_title(
    title: ReadmeBlock, own_name: RepositoryOwnName
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield a statement with the project's name in a README's title; nothing for an unlikely name.

    A name other than the repository's must be short: a longer one describes the project.
    """
    name, _ = split_readme_heading(title.text)
    if is_repository_own_name(name, own_name):
        name = name.rpartition("/")[2]
    is_about_project = is_nearly_repository_name(name, own_name)
    is_short = title.level == 1 and count_words(name) <= MAX_PROJECT_NAME_WORDS
    if is_possible_brand_name(name) and len(name) <= MAX_TITLE_PART_NAME_CHARS and (is_about_project or is_short):
        yield RepositoryFileFieldCandidate("appName", name, 0.85 if is_about_project else 0.70, "readme.h1")


def find_readme_taglines(
    blocks: list[ReadmeBlock], title: ReadmeBlock, skip_rules: SentenceSkipRules, *, has_name: bool
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield taglines: a line or quote below the title, and the title's rest after the name, or all without one.

    The alternative text of an image is none: it describes the image.
    """
    following = list_first_blocks_below_readme_title(blocks, title)
    quotes = [block for block in following if block.kind == "quote"]
    for block in (quotes or following)[:1]:
        is_on_work = block.kind == "item" or (block.kind == "heading" and is_setup_heading(block.text))
        if not is_on_work and is_readme_tagline(block.text, skip_rules):
            yield RepositoryFileFieldCandidate("tagline", block.text, 0.65, "readme.line")
    tail = split_readme_heading(title.text)[1] if has_name else title.text
    if not title.is_image and is_readme_tagline(tail, skip_rules):
        yield RepositoryFileFieldCandidate("tagline", tail, 0.70, "readme.h1.tail" if has_name else "readme.h1")


def list_first_blocks_below_readme_title(blocks: list[ReadmeBlock], title: ReadmeBlock | None) -> list[ReadmeBlock]:
    """Return the next four blocks below the title, or the first four without one, less the rows of links."""
    start = blocks.index(title) + 1 if title else 0
    return [block for block in blocks[start : start + 4] if not is_link_row_block(block)]


def is_readme_tagline(text: str, skip_rules: SentenceSkipRules) -> bool:
    is_request = text.endswith((":", "：")) or INSTRUCTION_OPENING_PATTERN.match(text) or "://" in text
    return is_tagline_sized(text) and not is_request and skip_rules.classify_skipped_sentence(text) is None


def find_readme_description(
    blocks: list[ReadmeBlock],
    title: ReadmeBlock | None,
    taglines: list[str],
    own_name: RepositoryOwnName,
    skip_rules: SentenceSkipRules,
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield statements of the description in a README: the line next to the title, else the first paragraph.

    Without both, yield the first long one of `taglines`, and the first text further down that names the project.
    """
    about = find_blocks_about_project(blocks, title, skip_rules)
    first = next((block for block in about if keep_descriptive_sentences(block, own_name, skip_rules)), None)
    if text := find_readme_lead_line(blocks, title, first, own_name, skip_rules):
        yield RepositoryFileFieldCandidate("appDescription", text, 0.60, "readme.lead")
    elif first is not None:
        text = truncate_text(extract_readme_first_paragraph(blocks, first, own_name, skip_rules), MAX_DESCRIPTION_CHARS)
        yield RepositoryFileFieldCandidate("appDescription", text, 0.60, "readme.paragraph")
    else:
        for text in [text for text in taglines if len(text) >= MIN_STRONG_DESCRIPTION_CHARS][:1]:
            yield RepositoryFileFieldCandidate("appDescription", text, 0.50, "readme.line")
        texts = (
            keep_descriptive_sentences(section.block, own_name, skip_rules)
            for section in pair_readme_blocks_with_headings(blocks)
        )
        for text in islice((text for text in texts if text and is_project_name_mentioned_early(text, own_name)), 1):
            yield RepositoryFileFieldCandidate(
                "appDescription", truncate_text(text, MAX_DESCRIPTION_CHARS), 0.30, "readme.sentence"
            )


def find_blocks_about_project(
    blocks: list[ReadmeBlock], title: ReadmeBlock | None, skip_rules: SentenceSkipRules
) -> Iterator[ReadmeBlock]:
    """Yield the blocks of a README's first three sections and before them, without headings.

    Sections on the project's state or news, or on getting or building it, are left out. The section under
    `title` is kept in any case.
    """
    for section in pair_readme_blocks_with_headings(blocks):
        is_under_title = title is not None and section.heading == title.text
        is_skipped = is_setup_heading(section.heading) or skip_rules.is_section_on_state_or_news(section.heading)
        if section.number <= MAX_LEADING_README_HEADINGS and (is_under_title or not is_skipped):
            yield section.block


def find_readme_lead_line(
    blocks: list[ReadmeBlock],
    title: ReadmeBlock | None,
    first: ReadmeBlock | None,
    own_name: RepositoryOwnName,
    skip_rules: SentenceSkipRules,
) -> str:
    """Return the line right below or before a README's title; empty if it doesn't describe the project.

    The line may be a fragment. It is empty too if the paragraph `first` names the project, since that
    paragraph has more information, or is the line itself.
    """
    starts_with_title = blocks[0].kind == "heading" or is_link_row_block(blocks[0]) if blocks else False
    below_it = list_first_blocks_below_readme_title(blocks, title if starts_with_title else None)[:1]
    if first is not None and (first in below_it or is_project_name_mentioned_early(first.text, own_name)):
        return ""
    lines_below = (
        block.text
        for block in below_it
        if block.kind in {"text", "quote"} and is_readme_tagline(block.text, skip_rules)
    )
    return next((text for text in lines_below if len(text) >= MIN_STRONG_DESCRIPTION_CHARS), "")


def is_project_name_mentioned_early(text: str, own_name: RepositoryOwnName) -> bool:
    """Return whether the text has the project's name within its first characters."""
    return own_name.comparison_key in fold_text(text)[: len(own_name.comparison_key) + MAX_PROJECT_NAME_OFFSET_CHARS]


def extract_readme_first_paragraph(
    blocks: list[ReadmeBlock], first: ReadmeBlock, own_name: RepositoryOwnName, skip_rules: SentenceSkipRules
) -> str:
    """Return the descriptive text of the README block `first`, with that of the next block if it is short."""
    text = keep_descriptive_sentences(first, own_name, skip_rules)
    start = blocks.index(first)
    following = blocks[start + 1 : start + 2] if len(text) < MIN_SUFFICIENT_PARAGRAPH_CHARS else []
    return " ".join(
        [text, *filter(None, (keep_descriptive_sentences(block, own_name, skip_rules) for block in following))]
    )


def keep_descriptive_sentences(block: ReadmeBlock, own_name: RepositoryOwnName, skip_rules: SentenceSkipRules) -> str:
    """Return the sentences of a block that describe the project, without skipped ones; empty for too little text.

    The text ends before a sentence that introduces a list; one that comes first stays if it begins with the name.
    """
    if block.kind not in {"text", "quote"} or is_link_row_block(block) or INSTRUCTION_OPENING_PATTERN.match(block.text):
        return ""
    sentences = split_sentences(skip_rules.keep_leading_product_sentences(block.text))
    kept_text = "".join(takewhile(lambda sentence: not sentence.endswith((":", "：")), sentences)).strip()
    starts_with_name = sentences and fold_text(sentences[0]).removeprefix("the").startswith(own_name.comparison_key)
    if starts_with_name and not kept_text and count_words(sentences[0]) > MIN_DESCRIPTIVE_SENTENCE_WORDS:
        return sentences[0][:-1].rstrip() + "…"
    is_ended = (
        PROSE_END_PATTERN.search(kept_text) is not None or count_words(kept_text) >= MIN_DESCRIPTIVE_SENTENCE_WORDS * 2
    )
    is_long = (
        len(kept_text) >= MIN_STRONG_DESCRIPTION_CHARS and count_words(kept_text) >= MIN_DESCRIPTIVE_SENTENCE_WORDS
    )
    return kept_text if is_ended and is_long else ""


def skip_readme_setup_sections(blocks: list[ReadmeBlock]) -> Iterator[ReadmeBlock]:
    """Yield a README's blocks without rows of links and sections (with subsections) on how to get or build it."""
    work_level = 0
    for block in blocks:
        if block.kind == "heading" and (work_level == 0 or block.level <= work_level):
            work_level = block.level if is_setup_heading(block.text) else 0
        if work_level == 0 and not is_link_row_block(block):
            yield block


def is_setup_heading(heading: str) -> bool:
    return SETUP_HEADING_PATTERN.search(heading) is not None and not ABOUT_HEADING_PATTERN.fullmatch(heading)
