"""Facts in a page's JSON-LD for derived fields: types of a business, genres of an app, places."""

from collections.abc import Iterator

from workers.ingest.page import jsonld
from workers.ingest.page.document import HtmlDocument
from workers.ingest.page.kinds import is_app_node, is_brand_node
from workers.ingest.page.text import clean_text_line
from workers.ingest.shapes import SourceFact

MAX_PAGE_FACTS = 40
MAX_FACT_CHARS = 60


def list_page_facts(page: HtmlDocument) -> list[SourceFact]:
    facts = dict.fromkeys(fact for node in page.jsonld_nodes if is_brand_node(node) for fact in list_node_facts(node))
    return [fact for fact in facts if 0 < len(fact.value) <= MAX_FACT_CHARS][:MAX_PAGE_FACTS]


def list_node_facts(node: jsonld.JsonLdNode) -> Iterator[SourceFact]:
    for kind in sorted(jsonld.read_jsonld_types(node)):
        yield SourceFact(kind="business_type", value=kind)
    if is_app_node(node):
        for genre in jsonld.unwrap_jsonld_texts(node.get("applicationCategory")):
            yield SourceFact(kind="genre", value=clean_text_line(genre))
    for town in jsonld.unwrap_jsonld_texts(node.get("address"), "addressLocality")[:1]:
        if isinstance(node.get("address"), (dict, list)):
            yield SourceFact(kind="place", value=clean_text_line(town))
    for area in jsonld.unwrap_jsonld_texts(node.get("areaServed"), "name"):
        yield SourceFact(kind="area", value=clean_text_line(area))
