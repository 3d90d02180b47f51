"""Extraction of one page: its candidates, passages and links."""

from itertools import chain

import msgspec

from schemas.brand import Candidate
from workers.ingest.choose import choose, keep_best
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
from workers.ingest.shapes import PageDocument, ParsedPage

PAGE_FIELDS = {"appDescription", "tagline", "keywords"}
#: Confidence factor of an article's own texts.
ARTICLE_FACTOR = 0.6
#: Confidence factor of candidates on a page that needs its scripts for its text.
SCRIPTED_FACTOR = 0.8


def extract(source: PageDocument) -> ParsedPage:
    html = decode(source.body, source.content_type)
    page = Document(html, url=source.url, header_language=source.language)
    name_candidates = list(brand_names.candidates(page))
    name = winning_value(name_candidates)
    page_passages = passages(page)
    language_candidates = list(languages.candidates(page, page_passages))
    page_candidates = chain(
        name_candidates,
        descriptions.candidates(page, page_passages),
        taglines.candidates(page, name, page_passages),
        audiences.candidates(page),
        keywords.candidates(page),
        language_candidates,
        logos.candidates(page),
        colors.candidates(page),
    )
    return ParsedPage(
        url=page.url,
        title=titles.title(page, name),
        candidates=keep_best(weigh(page, candidate) for candidate in page_candidates),
        text_length=len(page.text),
        passages=page_passages,
        scripted=page.is_scripted,
        refresh=refresh.refresh_target(page),
        manifest=manifest_url(page),
        styles=style_sheets.linked_sheets(page),
        inline_style=style_sheets.inline_style(page),
        links=links(page, winning_value(language_candidates)),
        pictures=pictures.candidate_images(page),
    )


def winning_value(candidates: list[Candidate]) -> str | None:
    """Return the winning value of one field."""
    return next((str(finding.value) for finding in choose(candidates).values()), None)


def weigh(page: Document, candidate: Candidate) -> Candidate:
    """Return the candidate with less confidence if the page is an article, or needs scripts."""
    factor = SCRIPTED_FACTOR if page.is_scripted else 1.0
    if candidate.field in PAGE_FIELDS and page.is_article:
        factor *= ARTICLE_FACTOR
    return msgspec.structs.replace(candidate, confidence=candidate.confidence * factor)


def manifest_url(page: Document) -> str | None:
    links = (tag for tag in page.tags["link"] if "manifest" in attribute(tag, "rel").lower().split())
    return next((url for tag in links if (url := page.link(attribute(tag, "href")))), None)
