"""Extraction of one page: its candidates, passages and links."""

import re
from itertools import chain, islice

import msgspec
from bs4.element import Tag

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
    taglines,
    titles,
)
from workers.ingest.page.address import page_key, site_of_url
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
#: Seconds of the longest refresh that counts: a page with a longer one is meant to be read.
MAX_DELAY_S = 5
#: Refreshes that are checked: a page has one.
MAX_REFRESHES = 10
#: WHATWG HTML 4.2.5.3, with the tolerance of browsers: no `url=`, quotes around the address.
REFRESH = re.compile(r"\s*(?=[\d.])(\d{0,9})[\d.]*[\s;,]+(?:url\s*=)?\s*[\"']?\s*([^\"']*)", re.IGNORECASE)
MAX_SHEETS = 3
MAX_SHEET_LINKS = 30
#: Characters of all `<style>`; further ones are ignored.
MAX_INLINE_CHARS = 1 << 20
#: Addresses of third-party sheets, or of sheets without colors.
THIRD_PARTY = re.compile(
    r"\b(?:wp-includes|plugins|vendor|node_modules)/|bootstrap|awesome|swiper|slick|jquery|normalize|reset\b"
    r"|print|fonts?\b|icons?\b|lightbox|fancybox|cookie|consent|carousel|animate|leaflet|katex|prism|highlight",
    re.IGNORECASE,
)
#: Names of sheets for a whole site.
SITE_WIDE = re.compile(
    r"\b(?:variables|tokens|colou?rs|theme|themes|main|global|globals|app|site|base|brand)\b", re.IGNORECASE
)


def extract(source: PageDocument) -> ParsedPage:
    html = decode(source.body, source.content_type)
    page = Document(html, url=source.url, header_language=source.language)
    name_candidates = list(brand_names.brand_name_candidates(page))
    name = winning_value(name_candidates)
    page_passages = passages(page)
    language_candidates = list(languages.page_languages(page, page_passages))
    page_candidates = chain(
        name_candidates,
        descriptions.description_candidates(page, page_passages),
        taglines.tagline_candidates(page, name, page_passages),
        audiences.declared_audience(page),
        keywords.declared_keywords(page),
        language_candidates,
        logos.logo_candidates(page),
        colors.candidates(page),
    )
    return ParsedPage(
        url=page.url,
        title=titles.title(page, name),
        candidates=keep_best(lower_weak_confidence(page, candidate) for candidate in page_candidates),
        text_length=len(page.text),
        passages=page_passages,
        scripted=page.is_scripted,
        refresh=refresh_target(page),
        manifest=manifest_url(page),
        styles=linked_sheets(page),
        inline_style=inline_style(page),
        links=links(page, winning_value(language_candidates)),
        pictures=pictures.candidate_images(page),
    )


def winning_value(candidates: list[Candidate]) -> str | None:
    """Return the most confident value among candidates of one field; None without candidates."""
    return next((str(finding.value) for finding in choose(candidates).values()), None)


def lower_weak_confidence(page: Document, candidate: Candidate) -> Candidate:
    """Return the candidate with less confidence if the page is an article, or needs scripts."""
    factor = SCRIPTED_FACTOR if page.is_scripted else 1.0
    if candidate.field in PAGE_FIELDS and page.is_article:
        factor *= ARTICLE_FACTOR
    return msgspec.structs.replace(candidate, confidence=candidate.confidence * factor)


def manifest_url(page: Document) -> str | None:
    links = (tag for tag in page.tags["link"] if "manifest" in attribute(tag, "rel").lower().split())
    return next((url for tag in links if (url := page.link(attribute(tag, "href")))), None)


def refresh_target(page: Document) -> str | None:
    """Return the address to which the page's `<meta>` soon refreshes; None without such a refresh.

    A refresh in a `<noscript>` doesn't count: it means that scripts are needed.
    """
    tags = (tag for tag in page.tags["meta"] if attribute(tag, "http-equiv").lower() == "refresh")
    for tag in islice(tags, MAX_REFRESHES):
        if not tag.find_parent("noscript"):
            return refresh_url(page, attribute(tag, "content"))
    return None


def refresh_url(page: Document, content: str) -> str | None:
    match = REFRESH.match(content[:3000])
    if not match or not match[2] or int(match[1] or 0) > MAX_DELAY_S:
        return None
    url = page.link(match[2])
    return url if url and page_key(url) != page_key(page.url) else None


def linked_sheets(page: Document) -> list[str]:
    """Return at most `MAX_SHEETS` addresses in the page's order; sheets for a whole site have precedence."""
    hrefs = (href for tag in page.tags["link"] if is_sheet(tag) and (href := attribute(tag, "href")))
    candidates = (href for href in hrefs if not THIRD_PARTY.search(href))
    urls = dict.fromkeys(map(page.link, islice(candidates, MAX_SHEET_LINKS)))
    own_urls = [url for url in urls if url and site_of_url(url) == site_of_url(page.url)]
    best = sorted(own_urls, key=lambda url: SITE_WIDE.search(url.rpartition("/")[2]) is None)[:MAX_SHEETS]
    return [url for url in own_urls if url in best]


def is_sheet(tag: Tag) -> bool:
    kinds = attribute(tag, "rel").lower().split()
    preloaded = "preload" in kinds and attribute(tag, "as").lower() == "style"
    if not ("stylesheet" in kinds or preloaded) or "alternate" in kinds:
        return False
    return "print" not in attribute(tag, "media").lower() or "onload" in tag.attrs


def inline_style(page: Document) -> str:
    """Return the text of all `<style>` with custom properties, up to `MAX_INLINE_CHARS` characters."""
    texts = (tag.get_text() for tag in page.tags["style"] if tag.find_parent("svg") is None)
    return "\n".join(text for text in texts if "--" in text)[:MAX_INLINE_CHARS]
