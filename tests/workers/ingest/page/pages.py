"""Helpers: small pages, and the values found on them."""

from typing import Any

from schemas.brand import Field, FieldFinding
from workers.ingest.choose import choose
from workers.ingest.page.extract import extract
from workers.ingest.shapes import PageDocument, ParsedPage

HOME, INNER = "https://www.acme.test/", "https://www.acme.test/blog/1"


def page(html: str | bytes, url: str = HOME, **headers: str) -> ParsedPage:
    body = html if isinstance(html, bytes) else html.encode()
    return extract(PageDocument(url=url, body=body, **headers))


def findings(html: str | bytes, url: str = HOME, **headers: str) -> dict[Field, FieldFinding]:
    return choose(page(html, url, **headers).candidates)


def value(field: Field, html: str | bytes, url: str = HOME, **headers: str) -> Any:
    finding = findings(html, url, **headers).get(field)
    return finding.value if finding else None


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


def jsonld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'
