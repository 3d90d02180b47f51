"""One page to its candidates."""

from itertools import chain

import msgspec

from schemas.brand import Candidate
from workers.ingest.page import descriptions, keywords, languages, logos, names, taglines, titles
from workers.ingest.page.decode import decode
from workers.ingest.page.document import Document


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it came: `url` is its final address, the rest are headers and the decoded body."""

    url: str
    body: bytes
    content_type: str = ""
    language: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What it says; `text_length` is in characters of visible text."""

    url: str
    title: str | None
    candidates: list[Candidate]
    text_length: int


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
        candidates=list(found),
        text_length=len(page.text),
    )


def best(called: list[Candidate]) -> str | None:
    return max(called, key=lambda one: one.confidence).value if called else None
