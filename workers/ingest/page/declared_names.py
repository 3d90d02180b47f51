"""Declared names of a brand: in a page's head and its JSON-LD."""

from collections.abc import Iterator

from workers.ingest.corroboration import APP_NAME_META_TAGS
from workers.ingest.page import jsonld
from workers.ingest.page.document import HtmlDocument
from workers.ingest.page.kinds import JSONLD_APP_TYPES, JSONLD_WEBSITE_TYPES, is_organization_node, is_person_node
from workers.ingest.page.names import split_name_and_tagline
from workers.ingest.page.text import clean_text_line, fold_text, split_title

#: A name, its confidence, and the rule of its place.
ScoredName = tuple[str, float, str]

#: Confidence of a person who publishes a site: a personal site often has a name of its own.
PERSON_PUBLISHER_NAME_CONFIDENCE = 0.60


def list_metadata_brand_names(page: HtmlDocument) -> Iterator[ScoredName]:
    yield from find_jsonld_app_names(page)
    yield from find_jsonld_publisher_names(page)
    yield from ((text, 0.90, "html.og:site_name") for _, text in page.read_first_meta_texts("og:site_name"))
    yield from find_jsonld_site_names(page)
    yield from ((text, 0.80, f"html.{name}") for name, text in page.read_first_meta_texts(*APP_NAME_META_TAGS))
    yield from find_jsonld_organization_names(page)


def find_jsonld_app_names(page: HtmlDocument) -> Iterator[ScoredName]:
    """Yield the names of apps in a page's JSON-LD, each with confidence and rule.

    A single name always counts. Of several names, only those count that equal the host's label or a part of
    the title; there may be none.
    """
    names = [
        (text, f"jsonld.{min(kinds)}.name")
        for node in page.jsonld_nodes
        if (kinds := jsonld.read_jsonld_types(node) & JSONLD_APP_TYPES)
        for text in read_jsonld_node_name(node)
    ]
    yield from (
        (text, 0.95, rule) for text, rule in names if len(names) == 1 or does_name_match_host_or_title(text, page)
    )


def find_jsonld_publisher_names(page: HtmlDocument) -> Iterator[ScoredName]:
    """Yield the names of publishers in a page's JSON-LD, each with confidence and rule.

    Publishers are nodes, references to nodes, or plain names.
    """
    for node in page.jsonld_nodes:
        for publisher in jsonld.resolve_jsonld_nodes(node, "publisher", page.jsonld_nodes):
            confidence, rule = rate_jsonld_maker_name(publisher, 0.90, "jsonld.publisher.name")
            yield from ((text, confidence, rule) for text in read_jsonld_node_name(publisher))
        yield from (
            (text, 0.90, "jsonld.publisher.name") for text in jsonld.read_jsonld_direct_texts(node.get("publisher"))
        )


def find_jsonld_site_names(page: HtmlDocument) -> Iterator[ScoredName]:
    for node in page.jsonld_nodes:
        if jsonld.read_jsonld_types(node) & JSONLD_WEBSITE_TYPES:
            yield from ((text, 0.85, "jsonld.WebSite.name") for text in read_jsonld_node_name(node))


def find_jsonld_organization_names(page: HtmlDocument) -> Iterator[ScoredName]:
    """Yield the names of organizations in a page's JSON-LD, each with confidence and rule.

    If all have the same name, it counts. Of several names, only those count that equal the host's label or a
    part of the title; there may be none.
    """
    nodes = [node for node in page.jsonld_nodes if is_organization_node(node)]
    is_single = (
        len({fold_text(split_name_and_tagline(text)[0]) for node in nodes for text in read_jsonld_node_name(node)}) == 1
    )
    for node in nodes:
        confidence, rule = rate_jsonld_maker_name(node, 0.75, "jsonld.Organization.name")
        yield from (
            (text, confidence, rule)
            for text in read_jsonld_node_name(node)
            if is_single or does_name_match_host_or_title(text, page)
        )


def rate_jsonld_maker_name(node: jsonld.JsonLdNode, confidence: float, rule: str) -> tuple[float, str]:
    return (PERSON_PUBLISHER_NAME_CONFIDENCE, "jsonld.Person.name") if is_person_node(node) else (confidence, rule)


def does_name_match_host_or_title(value: str, page: HtmlDocument) -> bool:
    name = fold_text(clean_text_line(value))
    return name == fold_text(page.domain_label) or name in map(fold_text, split_title(page.title))


def read_jsonld_node_name(node: jsonld.JsonLdNode) -> list[str]:
    return jsonld.unwrap_jsonld_texts(node.get("name"), "name")[:1]
