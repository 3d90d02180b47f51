"""The page's own title, as its author means it."""

from workers.ingest.page.document import Document
from workers.ingest.page.text import clean, cut

LIMIT = 300


def title(page: Document) -> str | None:
    for _, text in page.meta("og:title", "twitter:title"):
        if value := clean(text):
            return cut(value, LIMIT)
    return cut(page.title, LIMIT) or None
