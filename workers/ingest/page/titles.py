"""Title of a page, without the site's name if the page shows which part that is."""

from itertools import islice

from workers.ingest.page.document import Document, text_of
from workers.ingest.page.names import resembles
from workers.ingest.page.text import SEPARATOR, clean, cut, squash

LIMIT = 300
#: Headings and parts of the title that are compared.
HEADINGS, PARTS = 3, 10


def title(page: Document, name: str | None) -> str | None:
    """Return the title for sharing as it is, else the page's own without the site's name."""
    for _, text in page.meta("og:title", "twitter:title"):
        if value := clean(text):
            return cut(value, LIMIT)
    whole = page.title
    return cut(shown(page, whole) or without_site(whole, name or page.label), LIMIT) or None


def shown(page: Document, whole: str) -> str | None:
    """Return the part of the title, from its start, that is also a heading."""
    headings = {squash(text_of(tag)) for tag in page.tags["h1"][:HEADINGS]} - {""}
    return next((head for head in heads(whole) if squash(head) in headings), None)


def without_site(whole: str, name: str) -> str:
    for head in heads(whole):
        if resembles(squash(whole[len(head) :]), squash(name)):
            return head
    return whole


def heads(whole: str) -> list[str]:
    """Return beginnings of a title: `A` and `A - B` of `A - B | C`."""
    return [whole[: match.start()].strip() for match in islice(SEPARATOR.finditer(whole), PARTS)]
