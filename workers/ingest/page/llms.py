"""/llms.txt (llmstxt.org): Markdown whose first heading is the site's name and whose quotation sums it up."""

import re
from collections.abc import Iterator

from schemas.brand import Candidate, Field
from workers.ingest.page.names import is_name, parted
from workers.ingest.page.taglines import FEWEST_WORDS
from workers.ingest.page.taglines import LIMIT as TAGLINE
from workers.ingest.page.text import clean, cut, first_sentence, squash, words
from workers.ingest.shapes import Llms, Passage, Reading

LIMIT = 500
TITLE = re.compile(r"#[ \t]+(.+)")
QUOTATION = re.compile(r"(?:^>.*\n?)+", re.MULTILINE)
#: Links and emphasis, of which only the words stay.
MARKS = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)|[*_`]{1,3}")


def read(llms: Llms) -> Reading:
    """Nothing from a text that does not begin with a heading: it is some other file."""
    text = llms.body.decode("utf-8-sig", "replace").replace("\r", "").lstrip()
    title = TITLE.match(text)
    if title is None:
        return Reading(candidates=[])
    summary = quoted(text[title.end() :])
    candidates = [
        Candidate(field=field, value=value, confidence=confidence, rule=rule, url=llms.url)
        for field, value, confidence, rule in ladder(plain(title[1]), summary)
    ]
    said = [Passage(text=cut(summary, 1000), url=llms.url)] if words(summary) >= FEWEST_WORDS else []
    return Reading(candidates=candidates, passages=said)


def quoted(text: str) -> str:
    """The quotation before the first section."""
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
