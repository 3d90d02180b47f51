"""Title of a page, without the site's name if the page shows which part that is."""

from itertools import islice

from workers.ingest.page.document import Document, text_of
from workers.ingest.page.names import resembles
from workers.ingest.page.text import SEPARATOR, clean, squash, truncate

MAX_TITLE_CHARS = 300
#: Headings that are compared with the title.
MAX_HEADINGS = 3
#: Separators of the title; further ones are ignored.
MAX_PARTS = 10


def title(page: Document, name: str | None) -> str | None:
    """Return the page's title; None if it is empty.

    The title for sharing is returned as it is, else the page's own without the site's name.
    """
    for _, text in page.meta("og:title", "twitter:title"):
        if value := clean(text):
            return truncate(value, MAX_TITLE_CHARS)
    own_title = heading_part(page, page.title) or without_site(page.title, name or page.label)
    return truncate(own_title, MAX_TITLE_CHARS) or None


def heading_part(page: Document, page_title: str) -> str | None:
    """Return the part of the title, from its start, that is also a heading."""
    headings = {squash(text_of(tag)) for tag in page.tags["h1"][:MAX_HEADINGS]} - {""}
    return next(
        (beginning for beginning in title_beginnings(page_title) if squash(beginning) in headings), None
    )


def without_site(page_title: str, name: str) -> str:
    for beginning in title_beginnings(page_title):
        if resembles(squash(page_title[len(beginning) :]), squash(name)):
            return beginning
    return page_title


def title_beginnings(page_title: str) -> list[str]:
    """Return beginnings of a title: `A` and `A - B` of `A - B | C`."""
    return [
        page_title[: match.start()].strip() for match in islice(SEPARATOR.finditer(page_title), MAX_PARTS)
    ]
