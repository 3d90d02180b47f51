"""Style sheets of a page that may have its brand's colors: its own site's, and its `<style>` tags."""

import re
from itertools import islice

from bs4.element import Tag

from workers.ingest.page.address import site
from workers.ingest.page.document import Document, attribute

#: Sheets that are worth a request.
MAX_SHEETS = 3
#: Links of a page; further ones are ignored.
MAX_LINKS = 30
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


def linked_sheets(page: Document) -> list[str]:
    """Return at most `MAX_SHEETS` addresses in the page's order; sheets for a whole site have precedence."""
    hrefs = (href for tag in page.tags["link"] if is_sheet(tag) and (href := attribute(tag, "href")))
    candidates = (href for href in hrefs if not THIRD_PARTY.search(href))
    urls = dict.fromkeys(map(page.link, islice(candidates, MAX_LINKS)))
    own_urls = [url for url in urls if url and site(url) == site(page.url)]
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
