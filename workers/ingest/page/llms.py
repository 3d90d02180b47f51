"""Reader of /llms.txt (llmstxt.org): Markdown with the site's name as heading and a summary as quote."""

import re
from collections.abc import Iterator

from schemas.brand import Field
from workers.ingest.page.names import is_name, split_name
from workers.ingest.page.text import (
    MAX_DESCRIPTION_CHARS,
    MIN_TAGLINE_WORDS,
    clean,
    count_words,
    first_sentence,
    is_tagline_sized,
    squash,
    truncate,
)
from workers.ingest.shapes import Llms, ParsedDocument, Passage, candidates_of

TITLE = re.compile(r"#[ \t]+(.+)")
QUOTATION = re.compile(r"(?:^>.*\n?)+", re.MULTILINE)
#: Links and emphasis. They are replaced by their words.
MARKS = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)|[*_`]{1,3}")


def read_llms_file(llms: Llms) -> ParsedDocument:
    """Return the file's candidates; none without a heading at the start: then it is another file."""
    text = llms.body.decode("utf-8-sig", "replace").replace("\r", "").lstrip()
    title = TITLE.match(text)
    if title is None:
        return ParsedDocument(candidates=[])
    summary = first_quotation(text[title.end() :])
    candidates = candidates_of(llms.url, scored_llms_values(strip_markdown(title[1]), summary))
    passages = [Passage(text=truncate(summary, 1000), url=llms.url)]
    has_summary = count_words(summary) >= MIN_TAGLINE_WORDS
    return ParsedDocument(candidates=candidates, passages=passages if has_summary else [])


def first_quotation(text: str) -> str:
    """Return the quotation before the first section."""
    match = QUOTATION.search(text.partition("\n## ")[0])
    return strip_markdown(" ".join(line.lstrip("> ") for line in match[0].splitlines())) if match else ""


def strip_markdown(markdown: str) -> str:
    return clean(MARKS.sub(r"\1", markdown[:5000]))


def scored_llms_values(title: str, summary: str) -> Iterator[tuple[Field, str, float, str]]:
    name, _ = split_name(title)
    if is_name(name):
        yield "appName", name, 0.75, "llms.title"
    if squash(summary):
        yield "appDescription", truncate(summary, MAX_DESCRIPTION_CHARS), 0.80, "llms.summary"
    line = first_sentence(summary)
    if is_tagline_sized(line):
        yield "tagline", line, 0.60, "llms.summary.first"
