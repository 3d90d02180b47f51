"""Ladder of `primaryLanguage`: the page's declarations, weighed against its text.

Alternates of the page in other languages (hreflang) are reported and never followed: a partner who names a
page wants that page.
"""

from collections.abc import Iterable, Iterator

from schemas.brand import FieldCandidate
from workers.ingest import detection
from workers.ingest.languages import normalize_first_language_tag, primary_language_subtag
from workers.ingest.page import jsonld
from workers.ingest.page.address import page_url_comparison_key
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.shapes import Passage

#: Confidence of a page's other languages: they are shown and never win.
HREFLANG_OTHER_LANGUAGE_CONFIDENCE = 0.1
MAX_HREFLANG_ALTERNATES = 100


def find_language_candidates(page: HtmlDocument, passages: Iterable[Passage]) -> Iterator[FieldCandidate]:
    prose = (passage.text for passage in passages if passage.kind == "text")
    weighed = [*detection.find_language_tag_candidates(page.visible_text, list_declared_languages(page), prose)]
    for tag, confidence, rule in weighed:
        yield page.build_candidate("primaryLanguage", tag, confidence, rule)
    for tag, _ in list_other_language_pages(page, weighed[0][0]) if weighed else ():
        yield page.build_candidate("primaryLanguage", tag, HREFLANG_OTHER_LANGUAGE_CONFIDENCE, "html.hreflang.other")


def list_declared_languages(page: HtmlDocument) -> Iterator[tuple[str, str]]:
    for root in page.tags["html"][:1]:
        yield read_tag_attribute(root, "lang") or read_tag_attribute(root, "xml:lang"), "html.lang"
    yield from ((text, "html.og:locale") for _, text in page.read_first_meta_texts("og:locale"))
    yield page.header_language, "http.content-language"
    yield from (
        (text, f"html.{name}")
        for name, text in page.read_first_meta_texts("content-language", "language", "dc.language", "inlanguage")
    )
    own_alternates = (
        tag
        for tag, url in list_hreflang_alternates(page)
        if page_url_comparison_key(url) == page_url_comparison_key(page.url)
    )
    yield from ((tag, "html.hreflang") for tag in own_alternates)
    for node in page.jsonld_nodes:
        yield from (
            (text, "jsonld.inLanguage") for text in jsonld.unwrap_jsonld_texts(node.get("inLanguage"), "alternateName")
        )


def list_hreflang_alternates(page: HtmlDocument) -> list[tuple[str, str]]:
    """Return language tag and URL of each of the page's hreflang links, the page's own included.

    `x-default` is left out, and at most `MAX_HREFLANG_ALTERNATES` are returned.
    """
    links = (tag for tag in page.tags["link"] if "alternate" in read_tag_attribute(tag, "rel").lower().split())
    pairs = [
        (
            normalize_first_language_tag(read_tag_attribute(tag, "hreflang")),
            page.resolve_link(read_tag_attribute(tag, "href")),
        )
        for tag in links
    ]
    return [(language, url) for language, url in pairs if language and url][:MAX_HREFLANG_ALTERNATES]


def list_other_language_pages(page: HtmlDocument, language: str) -> Iterator[tuple[str, str]]:
    """Return language tag and URL of each hreflang link in another language than `language`, without the page's."""
    return (
        (tag, url)
        for tag, url in list_hreflang_alternates(page)
        if primary_language_subtag(tag) != primary_language_subtag(language)
        and page_url_comparison_key(url) != page_url_comparison_key(page.url)
    )
