"""Ladder of `primaryLanguage`: the page's declarations, weighed against its text.

Alternates of the page in other languages (hreflang) are reported and never followed: a partner who names a
page wants that page.
"""

from collections.abc import Iterable, Iterator

from schemas.brand import Candidate
from workers.ingest import detection
from workers.ingest.languages import primary, standard
from workers.ingest.page import jsonld
from workers.ingest.page.address import page_key
from workers.ingest.page.document import Document, attribute
from workers.ingest.shapes import Passage

#: Confidence of a page's other languages: they are shown and never win.
OTHER_CONFIDENCE = 0.1
MAX_ALTERNATES = 100


def page_languages(page: Document, passages: Iterable[Passage]) -> Iterator[Candidate]:
    prose = (passage.text for passage in passages if passage.kind == "text")
    weighed = [*detection.weigh_languages(page.text, declarations(page), prose)]
    for tag, confidence, rule in weighed:
        yield page.candidate("primaryLanguage", tag, confidence, rule)
    for tag, _ in other_alternates(page, weighed[0][0]) if weighed else ():
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
    own_alternates = (tag for tag, url in list_alternates(page) if page_key(url) == page_key(page.url))
    yield from ((tag, "html.hreflang") for tag in own_alternates)
    for node in page.nodes:
        yield from (
            (text, "jsonld.inLanguage") for text in jsonld.texts(node.get("inLanguage"), "alternateName")
        )


def list_alternates(page: Document) -> list[tuple[str, str]]:
    """Return languages and addresses, this page's own included, without `x-default`."""
    links = (tag for tag in page.tags["link"] if "alternate" in attribute(tag, "rel").lower().split())
    pairs = [(standard(attribute(tag, "hreflang")), page.link(attribute(tag, "href"))) for tag in links]
    return [(language, url) for language, url in pairs if language and url][:MAX_ALTERNATES]


def other_alternates(page: Document, language: str) -> Iterator[tuple[str, str]]:
    """Return alternates in another language than the page's."""
    return (
        (tag, url)
        for tag, url in list_alternates(page)
        if primary(tag) != primary(language) and page_key(url) != page_key(page.url)
    )
