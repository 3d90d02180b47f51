"""Helpers: small pages, and the values found on them."""

from typing import Any

from schemas.brand import BrandFieldName, SourceFieldFinding
from workers.ingest.choose import choose_brand_findings
from workers.ingest.page.extract import extract_brand_facts_and_links_of_page
from workers.ingest.shapes import FetchedPage, ParsedPage

HOME, INNER = "https://www.acme.test/", "https://www.acme.test/blog/1"


def page(html: str | bytes, url: str = HOME, **headers: str) -> ParsedPage:
    body = html if isinstance(html, bytes) else html.encode()
    return extract_brand_facts_and_links_of_page(FetchedPage(url=url, body=body, **headers))


def findings(html: str | bytes, url: str = HOME, **headers: str) -> dict[BrandFieldName, SourceFieldFinding]:
    return choose_brand_findings(page(html, url, **headers).candidates)


def value(field: BrandFieldName, html: str | bytes, url: str = HOME, **headers: str) -> Any:
    finding = findings(html, url, **headers).get(field)
    return finding.value if finding else None


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


def jsonld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'
