"""Reader of /llms.txt (llmstxt.org): Markdown with the site's name as heading and a summary as quote."""

import re
from collections.abc import Iterator

from schemas.brand import Field
from workers.ingest.page.names import is_name, parted
from workers.ingest.page.taglines import FEWEST_WORDS
from workers.ingest.page.taglines import LIMIT as TAGLINE
from workers.ingest.page.text import clean, cut, first_sentence, squash, words
from workers.ingest.shapes import Llms, Passage, Reading, candidates_of

LIMIT = 500
TITLE = re.compile(r"#[ \t]+(.+)")
QUOTATION = re.compile(r"(?:^>.*\n?)+", re.MULTILINE)
#: Links and emphasis. They are replaced by their words.
MARKS = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)|[*_`]{1,3}")


def read(llms: Llms) -> Reading:
    """Return the file's candidates; none without a heading at the start: then it is another file."""
    text = llms.body.decode("utf-8-sig", "replace").replace("\r", "").lstrip()
    title = TITLE.match(text)
    if title is None:
        return Reading(candidates=[])
    summary = quoted(text[title.end() :])
    candidates = candidates_of(llms.url, ladder(plain(title[1]), summary))
    passages = [Passage(text=cut(summary, 1000), url=llms.url)] if words(summary) >= FEWEST_WORDS else []
    return Reading(candidates=candidates, passages=passages)


def quoted(text: str) -> str:
    """Return the quotation before the first section."""
    found = QUOTATION.search(text.partition("\n## ")[0])
    return plain(" ".join(line.lstrip("> ") for line in found[0].splitlines())) if found else ""


def plain(markdown: str) -> str:
    return clean(MARKS.sub(r"\1", markdown[:5000]))


def ladder(title: str, summary: str) -> Iterator[tuple[Field, str, float, str]]:
    name, _ = parted(title)
    if is_name(name):
        yield "appName", name, 0.75, "llms.title"
    if squash(summary):
        yield "appDescription", cut(summary, LIMIT), 0.80, "llms.summary"
    line = first_sentence(summary)
    if words(line) >= FEWEST_WORDS and len(line) <= TAGLINE:
        yield "tagline", line, 0.60, "llms.summary.first"
