"""Reader of /llms.txt (llmstxt.org): Markdown with the site's name as heading and a summary as quote."""

import re
from collections.abc import Iterator

from schemas.brand import BrandFieldName
from workers.ingest.page.names import is_possible_brand_name, split_name_and_tagline
from workers.ingest.page.text import (
    MAX_DESCRIPTION_CHARS,
    MIN_TAGLINE_WORDS,
    clean_text_line,
    count_words,
    first_sentence,
    fold_text,
    is_tagline_sized,
    truncate_text,
)
from workers.ingest.shapes import FetchedLlmsTxt, ParsedNonPageDoc, Passage, build_candidates_of_scored_values

LLMS_TXT_TITLE_PATTERN = re.compile(r"#[ \t]+(.+)")
LLMS_TXT_QUOTE_PATTERN = re.compile(r"(?:^>.*\n?)+", re.MULTILINE)
#: Links and emphasis. They are replaced by their words.
MARKDOWN_LINK_OR_EMPHASIS_PATTERN = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)|[*_`]{1,3}")


def parse_llms_txt(llms: FetchedLlmsTxt) -> ParsedNonPageDoc:
    """Return the candidates and the summary passage in a site's /llms.txt.

    Return an empty document without a heading at the start: then it is another file.
    """
    text = llms.body.decode("utf-8-sig", "replace").replace("\r", "").lstrip()
    title = LLMS_TXT_TITLE_PATTERN.match(text)
    if title is None:
        return ParsedNonPageDoc(candidates=[])
    summary = find_llms_txt_summary(text[title.end() :])
    candidates = build_candidates_of_scored_values(
        llms.url, find_scored_llms_txt_values(strip_inline_markdown(title[1]), summary)
    )
    passages = [Passage(text=truncate_text(summary, 1000), url=llms.url)]
    has_summary = count_words(summary) >= MIN_TAGLINE_WORDS
    return ParsedNonPageDoc(candidates=candidates, passages=passages if has_summary else [])


def find_llms_txt_summary(text: str) -> str:
    """Return the first quotation before the first section of a Markdown text; empty for none."""
    match = LLMS_TXT_QUOTE_PATTERN.search(text.partition("\n## ")[0])
    return strip_inline_markdown(" ".join(line.lstrip("> ") for line in match[0].splitlines())) if match else ""


def strip_inline_markdown(markdown: str) -> str:
    return clean_text_line(MARKDOWN_LINK_OR_EMPHASIS_PATTERN.sub(r"\1", markdown[:5000]))


def find_scored_llms_txt_values(title: str, summary: str) -> Iterator[tuple[BrandFieldName, str, float, str]]:
    name, _ = split_name_and_tagline(title)
    if is_possible_brand_name(name):
        yield "appName", name, 0.75, "llms.title"
    if fold_text(summary):
        yield "appDescription", truncate_text(summary, MAX_DESCRIPTION_CHARS), 0.80, "llms.summary"
    line = first_sentence(summary)
    if is_tagline_sized(line):
        yield "tagline", line, 0.60, "llms.summary.first"
