"""Ladder of `audience`: whom the JSON-LD of an app or its maker names."""

from collections.abc import Iterator

from schemas.brand import Candidate
from workers.ingest.page import jsonld
from workers.ingest.page.descriptions import is_brand
from workers.ingest.page.document import Document
from workers.ingest.page.text import clean

MOST, LIMIT = 4, 120


def candidates(page: Document) -> Iterator[Candidate]:
    for node in filter(is_brand, page.nodes):
        declared = jsonld.texts(node.get("audience"), "audienceType", "name")
        named = [name for text in declared[:MOST] if (name := clean(text))]
        value = ", ".join(dict.fromkeys(named))
        if 0 < len(value) <= LIMIT:
            yield page.candidate("audience", value, 0.80, "jsonld.audience")
