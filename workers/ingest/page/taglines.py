"""Ladder of `tagline`: the brand in one line. Home pages have one, others at most a sentence about it."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

from bs4.element import Tag

from schemas.brand import FieldCandidate
from workers.ingest.page import address, jsonld
from workers.ingest.page.declared_names import list_metadata_brand_names
from workers.ingest.page.document import HtmlDocument, read_tag_attribute, read_tag_text
from workers.ingest.page.kinds import is_brand_node
from workers.ingest.page.lines import is_labelled, may_be_tagline
from workers.ingest.page.names import is_similar_name, split_name_and_tagline
from workers.ingest.page.text import (
    MIN_TAGLINE_WORDS,
    TITLE_SEPARATOR_PATTERN,
    clean_text_line,
    count_words,
    first_sentence,
    fold_text,
    is_tagline_sized,
    split_title,
)
from workers.ingest.shapes import Passage

#: Words of a hero's line: a longer one is a description.
MAX_HERO_LINE_WORDS = 16
#: Lines below the headline that may be a tagline.
MAX_LINES_BELOW_HEADLINE = 2
#: Words of a headline of the brand's name or title that a slogan below it replaces, and of that slogan.
MAX_LABEL_HEADLINE_WORDS = 6
MAX_SLOGAN_WORDS = 10
#: First passages, in which a line stands if the hero has none.
MAX_PASSAGES_WITH_LINE = 8
QUOTED_LINE_PATTERN = re.compile(r"[\"“”„«»「『‘]\s*([^\"“”„«»「」『』]+?)\s*[\"“”«»」』’]")
SLOGAN_END_PATTERN = re.compile(r"[.!。！]$")
#: Headings of one level from which each is a section's heading.
MIN_SAME_LEVEL_SECTION_HEADINGS = 3
MAX_SAME_LEVEL_HEADINGS_CHECKED = 10


def find_page_taglines(
    page: HtmlDocument, name: str | None, language: str | None, passages: Sequence[Passage], lead: Passage | None
) -> Iterator[FieldCandidate]:
    """Yield candidates for the brand's tagline on a page in a language.

    `name` is the brand's name: the rest of a title after the name is a tagline, and the name itself is none.
    `lead` is the page's lead paragraph. Each candidate passes the checks of `lines.py`.
    """
    brand = name or page.domain_label
    for value, confidence, rule in find_scored_taglines(page, brand, language, passages, lead):
        text = cut_name_at_ends(cut_name_in_headline(clean_text_line(value), brand, page), brand)
        line = cut_quotation_marks(text.rstrip(" ;"))
        if is_tagline_sized(line) and not is_part_of_name(line, name or "") and may_be_tagline(text, language):
            yield page.build_candidate("tagline", line, confidence, rule)


def cut_quotation_marks(line: str) -> str:
    """Return a line without the quotation marks around the whole of it."""
    quoted = QUOTED_LINE_PATTERN.fullmatch(line)
    return quoted[1] if quoted else line


def is_part_of_name(line: str, name: str) -> bool:
    return fold_text(line) in fold_text(name)


def find_scored_taglines(
    page: HtmlDocument, name: str, language: str | None, passages: Sequence[Passage], lead: Passage | None
) -> Iterator[tuple[str, float, str]]:
    """Yield lines with confidence and rule. A hero's line is the brand's own; a title's rest is for search engines."""
    for node in filter(is_brand_node, page.jsonld_nodes):
        yield from ((text, 0.95, "jsonld.slogan") for text in jsonld.unwrap_jsonld_texts(node.get("slogan"))[:1])
    yield from (
        (split_name_and_tagline(text)[1], 0.80, f"{rule}.tail") for text, _, rule in list_metadata_brand_names(page)
    )
    if page.is_home:
        yield from ((text, 0.80, "html.title.rest") for text in find_tagline_in_title(page, name))
        yield from ((passage.text, 0.88, "html.slogan") for passage in list_slogan_passages(passages))
        yield from find_tagline_in_hero(page, name, language, passages)
        yield from find_taglines_in_headings(passages)
    for _, text in page.read_first_meta_texts("og:description", "description"):
        sentence = first_sentence(clean_text_line(text))
        is_cut = sentence[:1].islower() and fold_text(sentence).find(fold_text(name)) != 0
        if not is_cut and (page.is_home or is_sentence_about_brand(sentence, name, page)):
            yield sentence, 0.45, "html.description.first"
    if lead is not None and not lead.text[0].islower():
        yield first_sentence(lead.text), 0.40, "html.lead.first"


def is_sentence_about_brand(sentence: str, name: str, page: HtmlDocument) -> bool:
    """Return whether a sentence is about the brand: it has the brand's `name`, and the page is no story."""
    is_story = page.is_article_page or address.is_article_like_url(page.url)
    return not is_story and bool(fold_text(name)) and fold_text(name) in fold_text(sentence)


def find_tagline_in_title(page: HtmlDocument, name: str) -> Iterator[str]:
    """Yield the longest part of a page's title besides the brand's name, as in `Acme — Invoices that send themselves`.

    Yield nothing if no part, or each part, is the name.
    """
    parts = split_title(page.title)
    without_name = [part for part in parts if not is_similar_name(fold_text(part), fold_text(name))]
    if len(parts) > len(without_name) > 0:
        yield max(without_name, key=len)


def find_tagline_in_hero(
    page: HtmlDocument, name: str, language: str | None, passages: Sequence[Passage]
) -> Iterator[tuple[str, float, str]]:
    """Yield the hero's headline, else a line next to it, without the brand's name at an end; with confidence, rule.

    Of a longer text, its first sentence is the line. A slogan below a headline of the name or the title is the
    better line. Yield nothing if the headline is over a section, or linked to a story.
    """
    hero = [passage for passage in passages if passage.role == "hero"]
    headline = next((passage for passage in hero if passage.kind == "heading"), None)
    if headline is not None and is_headline_of_section_or_story(headline, page):
        return
    others = [passage for passage in hero if passage is not headline and passage.kind != "label"]
    # A line with a colon at its end has a list below it.
    below = [*takewhile(lambda passage: not passage.text.endswith((":", "：")), others)]
    top = [*filter(None, [headline]), *below[:MAX_LINES_BELOW_HEADLINE]]
    texts = [cut_name_at_ends(passage.text, name) for passage in top]
    cut = [first_sentence(text) if count_words(text) > MAX_HERO_LINE_WORDS else text for text in texts]
    lines = [line for line in cut if is_hero_line(line, name, language)]
    is_label = headline is not None and is_headline_of_name_or_title(headline.text, name, page)
    slogans = [line for line in lines if count_words(line) <= MAX_SLOGAN_WORDS and SLOGAN_END_PATTERN.search(line)]
    if is_label and slogans:
        yield slogans[0], 0.91, "html.after_h1"
    elif lines:
        yield lines[0], *((0.85, "html.h1") if headline and lines[0] == texts[0] else (0.82, "html.after_h1"))


def list_slogan_passages(passages: Sequence[Passage]) -> list[Passage]:
    """Return the first passage that the page's source names a slogan, if it is short."""
    slogans = (passage for passage in passages if passage.slogan and passage.speaker == "brand")
    return [passage for passage in islice(slogans, 1) if count_words(passage.text) <= MAX_HERO_LINE_WORDS]


def is_hero_line(line: str, name: str, language: str | None) -> bool:
    is_sized = MIN_TAGLINE_WORDS <= count_words(line) <= MAX_HERO_LINE_WORDS
    return is_sized and not is_labelled(line) and not is_part_of_name(line, name) and may_be_tagline(line, language)


def is_headline_of_name_or_title(headline: str, name: str, page: HtmlDocument) -> bool:
    """Return whether a short headline without a mark at its end has the brand's name, or is a part of the title."""
    is_short = count_words(headline) <= MAX_LABEL_HEADLINE_WORDS and not SLOGAN_END_PATTERN.search(headline)
    folded = fold_text(headline)
    return is_short and (fold_text(name) in folded or folded in map(fold_text, split_title(page.title)))


def find_taglines_in_headings(passages: Sequence[Passage]) -> Iterator[tuple[str, float, str]]:
    """Yield the first headings with the mark of a sentence: they say more than a description."""
    for passage in passages[:MAX_PASSAGES_WITH_LINE]:
        is_heading = passage.kind == "heading" and passage.role == "heading"
        if is_heading and SLOGAN_END_PATTERN.search(passage.text):
            yield passage.text, 0.50, "html.heading"


def cut_name_at_ends(line: str, name: str) -> str:
    """Return a line without the brand's name before or after a separator: `Draw what you say` of `Zap: Draw …`."""
    separators = list(TITLE_SEPARATOR_PATTERN.finditer(line))
    if separators and fold_text(line[: separators[0].start()]) == fold_text(name):
        return line[separators[0].end() :]
    if separators and fold_text(line[separators[-1].end() :]) == fold_text(name):
        return line[: separators[-1].start()]
    return line


def cut_name_in_headline(line: str, name: str, page: HtmlDocument) -> str:
    """Return a headline without its first piece of HTML if that is the brand's name; any other line as it is."""
    tag = page.headline_h1_tag
    if tag is None or not line.startswith(name) or fold_text(read_tag_text(tag)) != fold_text(line):
        return line
    rest = line[len(name) :].strip()
    is_piece = fold_text(next(tag.stripped_strings, "")) == fold_text(name)
    return rest if is_piece and not rest[:1].islower() and count_words(rest) >= MIN_TAGLINE_WORDS else line


def is_headline_of_section_or_story(headline: Passage, page: HtmlDocument) -> bool:
    """Return whether the hero's headline is a `<h1>` over a section, or linked to a story, and not the brand's.

    A `<h1>` in a menu is no headline of the hero. So an unclosed `<nav>` around the whole page says nothing.
    """
    tag = page.headline_h1_tag
    if tag is None or fold_text(read_tag_text(tag)) != fold_text(headline.text):
        return False
    return is_section_heading(tag, page) or is_heading_linked_to_other_page(tag, page)


def is_section_heading(tag: Tag, page: HtmlDocument) -> bool:
    """Return whether a heading is one of several of its level; False for a paragraph, or alone next to the headline."""
    same_level = [
        heading for heading in page.tags[tag.name][:MAX_SAME_LEVEL_HEADINGS_CHECKED] if read_tag_text(heading)
    ]
    if tag.name == "p" or len(same_level) < (
        MIN_SAME_LEVEL_SECTION_HEADINGS if tag is page.headline_h1_tag else MIN_SAME_LEVEL_SECTION_HEADINGS - 1
    ):
        return False
    siblings = [heading for heading in same_level if heading.parent is tag.parent]
    return not (len(siblings) == 1 and page.headline_h1_tag is not None and tag.parent is page.headline_h1_tag.parent)


def is_heading_linked_to_other_page(tag: Tag, page: HtmlDocument) -> bool:
    """Return whether a heading is a link to another page, as headings of stories are."""
    links = [*tag.find_all("a", limit=2), tag.find_parent("a")] if tag.name != "p" else []
    targets = (page.resolve_link(read_tag_attribute(link, "href")) for link in links if link is not None)
    return any(not address.is_home_page_url(target) for target in targets if target)
