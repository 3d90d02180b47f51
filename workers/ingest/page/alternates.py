"""Alternates of a page in other languages (hreflang).

They are reported and never followed: a partner who names a page wants that page.
"""

from collections.abc import Iterator

from workers.ingest.languages import primary, standard
from workers.ingest.page.address import page_key
from workers.ingest.page.document import Document, attribute

MAX_ALTERNATES = 100


def list_alternates(page: Document) -> list[tuple[str, str]]:
    """Return languages and addresses, this page's own included, without `x-default`."""
    links = (tag for tag in page.tags["link"] if "alternate" in attribute(tag, "rel").lower().split())
    pairs = [(standard(attribute(tag, "hreflang")), page.link(attribute(tag, "href"))) for tag in links]
    return [(language, url) for language, url in pairs if language and url][:MAX_ALTERNATES]


def own_languages(page: Document) -> Iterator[str]:
    """Return languages of this page in its own list."""
    return (language for language, url in list_alternates(page) if page_key(url) == page_key(page.url))


def other_alternates(page: Document, language: str) -> Iterator[tuple[str, str]]:
    """Return alternates in another language than the page's."""
    return (
        (tag, url)
        for tag, url in list_alternates(page)
        if primary(tag) != primary(language) and page_key(url) != page_key(page.url)
    )
