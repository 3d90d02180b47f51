"""Ladder of `audience`: the audiences in the JSON-LD of an app, of its maker, or of a page's offers."""

from collections.abc import Iterator

from schemas.brand import FieldCandidate
from workers.ingest.page import jsonld
from workers.ingest.page.document import HtmlDocument
from workers.ingest.page.kinds import is_brand_node, is_product_or_service_node
from workers.ingest.page.text import clean_text_line

MAX_AUDIENCES_PER_JSONLD_NODE = 4
MAX_JSONLD_AUDIENCE_CHARS = 120
#: Properties with an audience's name; `educationalRole` is that of an `EducationalAudience`.
JSONLD_AUDIENCE_NAME_PROPERTIES = ("audienceType", "educationalRole", "name")


def find_jsonld_audience_candidates(page: HtmlDocument) -> Iterator[FieldCandidate]:
    for node in page.jsonld_nodes:
        if is_brand_node(node):
            yield from build_audience_candidate_of_node(page, node, 0.80, "jsonld.audience")
        elif is_product_or_service_node(node):
            yield from build_audience_candidate_of_node(page, node, 0.70, "jsonld.offer.audience")


def build_audience_candidate_of_node(
    page: HtmlDocument, node: jsonld.JsonLdNode, confidence: float, rule: str
) -> Iterator[FieldCandidate]:
    texts = dict.fromkeys(
        name
        for text in read_jsonld_audience_names(page, node)[:MAX_AUDIENCES_PER_JSONLD_NODE]
        if (name := clean_text_line(text))
    )
    value = ", ".join(texts)
    if 0 < len(value) <= MAX_JSONLD_AUDIENCE_CHARS:
        yield page.build_candidate("audience", value, confidence, rule)


def read_jsonld_audience_names(page: HtmlDocument, node: jsonld.JsonLdNode) -> list[str]:
    """Return the audience names of a JSON-LD node: texts, names of nodes, or of referenced nodes."""
    nodes = jsonld.resolve_jsonld_nodes(node, "audience", page.jsonld_nodes)
    return [
        *jsonld.read_jsonld_direct_texts(node.get("audience")),
        *(
            text
            for audience_node in nodes
            for text in jsonld.unwrap_jsonld_texts(audience_node, *JSONLD_AUDIENCE_NAME_PROPERTIES)
        ),
    ]
