"""Alternates of a page in other languages (hreflang).

They are reported and never followed: a partner who names a page wants that page.
"""

from collections.abc import Iterator

from workers.ingest.languages import primary, standard
from workers.ingest.page.address import bare
from workers.ingest.page.document import Document, attribute

MOST = 100


def alternates(page: Document) -> list[tuple[str, str]]:
    """Return languages and addresses, this page's own included, without `x-default`."""
    links = (tag for tag in page.tags["link"] if "alternate" in attribute(tag, "rel").lower().split())
    listed = [(standard(attribute(tag, "hreflang")), page.link(attribute(tag, "href"))) for tag in links]
    return [(language, url) for language, url in listed if language and url][:MOST]


def own(page: Document) -> Iterator[str]:
    """Return languages of this page in its own list."""
    return (language for language, url in alternates(page) if bare(url) == bare(page.url))


def others(page: Document, language: str) -> Iterator[tuple[str, str]]:
    """Return alternates in another language than the page's."""
    return (
        (tag, url)
        for tag, url in alternates(page)
        if primary(tag) != primary(language) and bare(url) != bare(page.url)
    )
