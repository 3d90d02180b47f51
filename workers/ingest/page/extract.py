"""One page to its candidates."""

from itertools import chain

import msgspec

from schemas.brand import Candidate
from workers.ingest.page import descriptions, keywords, languages, logos, names, taglines, titles
from workers.ingest.page.decode import decode
from workers.ingest.page.document import Document
from workers.ingest.shapes import Page, Source

ABOUT_THE_PAGE = {"appDescription", "tagline", "keywords"}
ARTICLE = 0.6


def extract(source: Source) -> Page:
    html = decode(source.body, source.content_type)
    page = Document(html, url=source.url, header_language=source.language)
    called = list(names.candidates(page))
    name = best(called)
    found = chain(
        called,
        descriptions.candidates(page),
        taglines.candidates(page, name),
        keywords.candidates(page),
        languages.candidates(page),
        logos.candidates(page),
    )
    return Page(
        url=page.url,
        title=titles.title(page, name),
        candidates=[weighed(page, one) for one in found],
        text_length=len(page.text),
    )


def best(called: list[Candidate]) -> str | None:
    return str(max(called, key=lambda one: one.confidence).value) if called else None


def weighed(page: Document, candidate: Candidate) -> Candidate:
    """What an article says of itself stands behind what the site's home says of the brand."""
    if candidate.field in ABOUT_THE_PAGE and page.is_article:
        return msgspec.structs.replace(candidate, confidence=candidate.confidence * ARTICLE)
    return candidate
