"""Ladder of `tagline`: the brand in one line. Home pages have one, others at most a description."""

from collections.abc import Iterator

from schemas.brand import Candidate
from workers.ingest.page import jsonld
from workers.ingest.page.declared_names import declared
from workers.ingest.page.document import Document, text_of
from workers.ingest.page.kinds import is_brand
from workers.ingest.page.names import parted, resembles
from workers.ingest.page.text import clean, first_sentence, segments, squash, words

LIMIT = 120
FEWEST_WORDS = 3


def candidates(page: Document, name: str | None) -> Iterator[Candidate]:
    """Candidates; `name` is the brand's, and the rest of a title beside it is a tagline."""
    for value, confidence, rule in ladder(page, name or page.label):
        line = clean(value)
        if len(line) <= LIMIT and words(line) >= FEWEST_WORDS and squash(line) != squash(name or ""):
            yield page.candidate("tagline", line, confidence, rule)


def ladder(page: Document, name: str) -> Iterator[tuple[str, float, str]]:
    for node in filter(is_brand, page.nodes):
        yield from ((text, 0.95, "jsonld.slogan") for text in jsonld.texts(node.get("slogan"))[:1])
    yield from ((parted(text)[1], 0.80, f"{rule}.tail") for text, _, rule in declared(page))
    if page.is_home:
        yield from ((text, 0.80, "html.title.rest") for text in rest_of_title(page, name))
        yield from hero(page)
    for _, text in page.meta("og:description", "description"):
        yield first_sentence(clean(text)), 0.45, "html.description.first"


def rest_of_title(page: Document, name: str) -> Iterator[str]:
    """The longest part of the title without the name, as in `Acme — Invoices that send themselves`."""
    parts = segments(page.title)
    others = [part for part in parts if not resembles(squash(part), squash(name))]
    if len(parts) > len(others) > 0:
        yield max(others, key=len)


def hero(page: Document) -> Iterator[tuple[str, float, str]]:
    if page.headline is None:
        return
    yield text_of(page.headline), 0.75, "html.h1"
    following = page.headline.find_next(["p", "h2"])
    if following is not None:
        yield text_of(following), 0.60, "html.after_h1"
