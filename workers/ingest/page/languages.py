"""primaryLanguage: what the page declares against what it is written in."""

from collections.abc import Iterator

from schemas.brand import Candidate
from workers.ingest import detection
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document, attribute


def candidates(page: Document) -> Iterator[Candidate]:
    for tag, confidence, rule in detection.weigh(page.text, declarations(page)):
        yield page.candidate("primaryLanguage", tag, confidence, rule)


def declarations(page: Document) -> Iterator[tuple[str, str]]:
    for root in page.tags["html"][:1]:
        yield attribute(root, "lang") or attribute(root, "xml:lang"), "html.lang"
    yield from ((text, "html.og:locale") for _, text in page.meta("og:locale"))
    yield page.header_language, "http.content-language"
    yield from (
        (text, f"html.{name}")
        for name, text in page.meta("content-language", "language", "dc.language", "inlanguage")
    )
    for node in page.nodes:
        yield from (
            (text, "jsonld.inLanguage") for text in jsonld.texts(node.get("inLanguage"), "alternateName")
        )
