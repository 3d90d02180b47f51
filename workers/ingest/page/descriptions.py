"""appDescription and tagline: what a page says the brand does, in some sentences and in one line."""

from collections.abc import Iterator

from schemas.brand import Candidate
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document, text_of
from workers.ingest.page.names import APPS, GENERIC, ORGANIZATION
from workers.ingest.page.text import clean, cut, first_sentence, segments, squash, words

LIMIT, TAGLINE_LIMIT = 500, 120
SHORT = 25
#: What is too short or only repeats the title still beats nothing.
WEAK = 0.4
HERO_WORDS = 8


def candidates(page: Document) -> Iterator[Candidate]:
    titles = {squash(page.title), *(squash(text) for _, text in page.meta("og:title"))}
    for value, confidence, rule in ladder(page):
        text = clean(value)
        if not text or squash(text) in GENERIC:
            continue
        weak = len(text) < SHORT or squash(text) in titles
        yield page.candidate(
            "appDescription", cut(text, LIMIT), confidence * WEAK if weak else confidence, rule
        )


def ladder(page: Document) -> Iterator[tuple[str, float, str]]:
    yield from ((text, 0.90, "html.og:description") for _, text in page.meta("og:description"))
    yield from (
        (text, 0.85, f"html.{name}") for name, text in page.meta("twitter:description", "description")
    )
    for node in subjects(page):
        yield from ((text, 0.85, "jsonld.description") for text in jsonld.texts(node.get("description"))[:1])
    yield from ((text, 0.60, "html.hero") for text in hero(page))


def subjects(page: Document) -> Iterator[jsonld.Node]:
    """The nodes that speak of the brand itself, an app before its maker."""
    for node in page.nodes:
        kinds = jsonld.types(node)
        if kinds & APPS or any(ORGANIZATION.fullmatch(kind) for kind in kinds):
            yield node


def hero(page: Document) -> Iterator[str]:
    """The first paragraph after the headline that is a sentence."""
    if page.headline is None:
        return
    for paragraph in page.headline.find_all_next("p", limit=5):
        text = text_of(paragraph)
        if words(text) >= HERO_WORDS:
            yield text
            return
