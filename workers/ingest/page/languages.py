"""Ladder of `primaryLanguage`: the page's declarations, weighed against its text."""

from collections.abc import Iterable, Iterator

from schemas.brand import Candidate
from workers.ingest import detection
from workers.ingest.page import alternates, jsonld
from workers.ingest.page.document import Document, attribute
from workers.ingest.shapes import Passage

#: Confidence of a page's other languages: they are shown and never win.
OTHER_CONFIDENCE = 0.1


def candidates(page: Document, passages: Iterable[Passage]) -> Iterator[Candidate]:
    prose = (passage.text for passage in passages if passage.kind == "text")
    weighed = [*detection.weigh(page.text, declarations(page), prose)]
    for tag, confidence, rule in weighed:
        yield page.candidate("primaryLanguage", tag, confidence, rule)
    for tag, _ in alternates.other_alternates(page, weighed[0][0]) if weighed else ():
        yield page.candidate("primaryLanguage", tag, OTHER_CONFIDENCE, "html.hreflang.other")


def declarations(page: Document) -> Iterator[tuple[str, str]]:
    for root in page.tags["html"][:1]:
        yield attribute(root, "lang") or attribute(root, "xml:lang"), "html.lang"
    yield from ((text, "html.og:locale") for _, text in page.meta("og:locale"))
    yield page.header_language, "http.content-language"
    yield from (
        (text, f"html.{name}")
        for name, text in page.meta("content-language", "language", "dc.language", "inlanguage")
    )
    yield from ((tag, "html.hreflang") for tag in alternates.own_languages(page))
    for node in page.nodes:
        yield from (
            (text, "jsonld.inLanguage") for text in jsonld.texts(node.get("inLanguage"), "alternateName")
        )
