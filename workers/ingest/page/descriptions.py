"""Ladder of `appDescription`: texts on a page that describe the brand's product."""

import re
from collections.abc import Iterator
from itertools import chain, islice

from schemas.brand import Candidate
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document, text_of
from workers.ingest.page.kinds import is_brand
from workers.ingest.page.names import GENERIC
from workers.ingest.page.text import MAX_DESCRIPTION_CHARS, clean, count_words, squash, truncate
from workers.ingest.shapes import Passage

#: Characters below which a text is a weak description.
MIN_CHARS = 25
#: Confidence factor of a text that is too short, or only repeats the title.
WEAK_FACTOR = 0.4
#: Words of a text that counts as prose.
MIN_HERO_WORDS = 8
#: Texts after the headline; further ones are ignored.
MAX_HERO_TEXTS = 8
#: Paragraphs after the headline that are checked next.
MAX_HERO_PARAGRAPHS = 5
PROSE_END = re.compile(r"[.!?…:。！？][\"”“»’')\]]*$")
PAGE_TYPE = re.compile(r"\w*(?:Page|Article|Posting)|Product|Recipe|Course|Event")
CREDIT_LINE = re.compile(r"(?:written by|sponsored by|by|von|par|por|di|door)[:\s].{0,70}", re.IGNORECASE)
QUOTATION = re.compile(r"[\"“„«][^\"“”„«»]{0,160}[\"”“»]")


def description_candidates(page: Document, passages: list[Passage]) -> Iterator[Candidate]:
    """Yield candidates; `passages` are the page's passages, the passages from its headline on first."""
    titles = {squash(page.title), *(squash(text) for _, text in page.meta("og:title"))}
    for value, confidence, rule in scored_descriptions(page, passages):
        text = clean(value)
        if text and squash(text) not in GENERIC:
            factor = WEAK_FACTOR if is_weak(text) or squash(text) in titles else 1.0
            yield page.candidate(
                "appDescription", truncate(text, MAX_DESCRIPTION_CHARS), confidence * factor, rule
            )


def is_weak(text: str) -> bool:
    """Return whether the text is too short, a credit line, or only a quotation."""
    return (
        len(text) < MIN_CHARS
        or CREDIT_LINE.fullmatch(text) is not None
        or QUOTATION.fullmatch(text) is not None
    )


def scored_descriptions(page: Document, passages: list[Passage]) -> Iterator[tuple[str, float, str]]:
    yield from ((text, 0.89, "html.og:description") for _, text in page.meta("og:description"))
    yield from (
        (text, 0.85, f"html.{name}") for name, text in page.meta("twitter:description", "description")
    )
    for node in page.nodes:
        for text in jsonld.texts(node.get("description"))[:1]:
            yield text, *rate_node(node)
    yield from ((text, 0.60, "html.hero") for text in hero_texts(page, passages))


def rate_node(node: jsonld.Node) -> tuple[float, str]:
    """Return confidence and rule of a node's description, by the type of the node."""
    if is_brand(node):
        return 0.85, "jsonld.brand.description"
    if any(PAGE_TYPE.fullmatch(kind) for kind in jsonld.types(node)):
        return 0.80, "jsonld.page.description"
    return 0.50, "jsonld.description"


def hero_texts(page: Document, passages: list[Passage]) -> Iterator[str]:
    """Yield the first prose after the headline, in any tag, else the first such paragraph."""
    if page.headline is None:
        return
    texts = islice((passage.text for passage in passages if passage.kind == "text"), MAX_HERO_TEXTS)
    paragraphs = map(text_of, page.headline.find_all_next("p", limit=MAX_HERO_PARAGRAPHS))
    yield from islice(filter(is_prose, chain(texts, paragraphs)), 1)


def is_prose(text: str) -> bool:
    return (
        count_words(text) >= MIN_HERO_WORDS
        and PROSE_END.search(text) is not None
        and CREDIT_LINE.match(text) is None
    )
