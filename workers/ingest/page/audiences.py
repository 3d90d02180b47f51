"""Ladder of `audience`: the audiences in the JSON-LD of an app, of its maker, or of a page's offers."""

from collections.abc import Iterator

from schemas.brand import Candidate
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document
from workers.ingest.page.kinds import is_brand, is_offer
from workers.ingest.page.text import clean

MAX_AUDIENCES = 4
MAX_AUDIENCE_CHARS = 120
#: Properties with an audience's name; `educationalRole` is that of an `EducationalAudience`.
NAMES = ("audienceType", "educationalRole", "name")


def declared_audience(page: Document) -> Iterator[Candidate]:
    for node in page.nodes:
        if is_brand(node):
            yield from audiences_of_node(page, node, 0.80, "jsonld.audience")
        elif is_offer(node):
            yield from audiences_of_node(page, node, 0.70, "jsonld.offer.audience")


def audiences_of_node(page: Document, node: jsonld.Node, confidence: float, rule: str) -> Iterator[Candidate]:
    texts = dict.fromkeys(
        name for text in declared_audiences(page, node)[:MAX_AUDIENCES] if (name := clean(text))
    )
    value = ", ".join(texts)
    if 0 < len(value) <= MAX_AUDIENCE_CHARS:
        yield page.candidate("audience", value, confidence, rule)


def declared_audiences(page: Document, node: jsonld.Node) -> list[str]:
    """Return audiences of a node: texts, nodes, or references to nodes."""
    nodes = jsonld.linked_nodes(node, "audience", page.nodes)
    return [
        *jsonld.plain_texts(node.get("audience")),
        *(text for audience_node in nodes for text in jsonld.texts(audience_node, *NAMES)),
    ]
