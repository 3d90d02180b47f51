"""Extraction of one page: its candidates, passages and links."""

from itertools import chain

import msgspec

from schemas.brand import Candidate
from workers.ingest.choose import choose, foremost
from workers.ingest.page import (
    audiences,
    brand_names,
    colors,
    descriptions,
    keywords,
    languages,
    logos,
    pictures,
    refresh,
    style_sheets,
    taglines,
    titles,
)
from workers.ingest.page.decode import decode
from workers.ingest.page.document import Document, attribute
from workers.ingest.page.links import links
from workers.ingest.page.passages import passages
from workers.ingest.shapes import Page, Source

ABOUT_THE_PAGE = {"appDescription", "tagline", "keywords"}
#: Confidence factor of an article's own texts.
ARTICLE = 0.6
#: Confidence factor of candidates on a page that needs its scripts for its text.
SCRIPTED = 0.8


def extract(source: Source) -> Page:
    html = decode(source.body, source.content_type)
    page = Document(html, url=source.url, header_language=source.language)
    called = list(brand_names.candidates(page))
    name = best(called)
    told = passages(page)
    spoken = list(languages.candidates(page, told))
    found = chain(
        called,
        descriptions.candidates(page, told),
        taglines.candidates(page, name, told),
        audiences.candidates(page),
        keywords.candidates(page),
        spoken,
        logos.candidates(page),
        colors.candidates(page),
    )
    return Page(
        url=page.url,
        title=titles.title(page, name),
        candidates=foremost(weighed(page, one) for one in found),
        text_length=len(page.text),
        passages=told,
        scripted=page.is_scripted,
        refresh=refresh.target(page),
        manifest=manifest_of(page),
        styles=style_sheets.linked(page),
        inline_style=style_sheets.inline(page),
        links=links(page, best(spoken)),
        pictures=pictures.sightings(page),
    )


def best(said: list[Candidate]) -> str | None:
    """Return the winning value of one field."""
    return next((str(one.value) for one in choose(said).values()), None)


def weighed(page: Document, candidate: Candidate) -> Candidate:
    """Return the candidate with less confidence if the page is an article, or needs scripts."""
    worth = SCRIPTED if page.is_scripted else 1.0
    if candidate.field in ABOUT_THE_PAGE and page.is_article:
        worth *= ARTICLE
    return msgspec.structs.replace(candidate, confidence=candidate.confidence * worth)


def manifest_of(page: Document) -> str | None:
    links = (tag for tag in page.tags["link"] if "manifest" in attribute(tag, "rel").lower().split())
    return next((url for tag in links if (url := page.link(attribute(tag, "href")))), None)
