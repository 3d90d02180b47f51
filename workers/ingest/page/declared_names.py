"""Declared names of a brand: in a page's head and its JSON-LD."""

from collections.abc import Iterator

from workers.ingest.corroboration import APP_METAS
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document
from workers.ingest.page.kinds import APP_TYPES, SITE_TYPES, is_organization, is_person
from workers.ingest.page.names import split_name
from workers.ingest.page.text import clean, split_title, squash

#: A name, its confidence, and the rule of its place.
Scored = tuple[str, float, str]

#: Confidence of a person who publishes a site: a personal site often has a name of its own.
PERSON_CONFIDENCE = 0.60


def declared_names(page: Document) -> Iterator[Scored]:
    yield from app_names(page)
    yield from publisher_names(page)
    yield from ((text, 0.90, "html.og:site_name") for _, text in page.meta("og:site_name"))
    yield from site_names(page)
    yield from ((text, 0.80, f"html.{name}") for name, text in page.meta(*APP_METAS))
    yield from organization_names(page)


def app_names(page: Document) -> Iterator[Scored]:
    """Yield names of apps: the only app's name, or of many the name in the host or the title."""
    names = [
        (text, f"jsonld.{min(kinds)}.name")
        for node in page.nodes
        if (kinds := jsonld.types(node) & APP_TYPES)
        for text in names_of_node(node)
    ]
    yield from (
        (text, 0.95, rule) for text, rule in names if len(names) == 1 or is_in_host_or_title(text, page)
    )


def publisher_names(page: Document) -> Iterator[Scored]:
    """Yield names of publishers: nodes, references to nodes, or plain names."""
    for node in page.nodes:
        for publisher in jsonld.linked_nodes(node, "publisher", page.nodes):
            confidence, rule = confidence_of_maker(publisher, 0.90, "jsonld.publisher.name")
            yield from ((text, confidence, rule) for text in names_of_node(publisher))
        yield from (
            (text, 0.90, "jsonld.publisher.name") for text in jsonld.plain_texts(node.get("publisher"))
        )


def site_names(page: Document) -> Iterator[Scored]:
    for node in page.nodes:
        if jsonld.types(node) & SITE_TYPES:
            yield from ((text, 0.85, "jsonld.WebSite.name") for text in names_of_node(node))


def organization_names(page: Document) -> Iterator[Scored]:
    """Yield names of organizations: a single one's, or of many the name in the host or the title."""
    nodes = [node for node in page.nodes if is_organization(node)]
    is_single = len({squash(split_name(text)[0]) for node in nodes for text in names_of_node(node)}) == 1
    for node in nodes:
        confidence, rule = confidence_of_maker(node, 0.75, "jsonld.Organization.name")
        yield from (
            (text, confidence, rule)
            for text in names_of_node(node)
            if is_single or is_in_host_or_title(text, page)
        )


def confidence_of_maker(node: jsonld.Node, confidence: float, rule: str) -> tuple[float, str]:
    return (PERSON_CONFIDENCE, "jsonld.Person.name") if is_person(node) else (confidence, rule)


def is_in_host_or_title(value: str, page: Document) -> bool:
    name = squash(clean(value))
    return name == squash(page.label) or name in map(squash, split_title(page.title))


def names_of_node(node: jsonld.Node) -> list[str]:
    return jsonld.texts(node.get("name"), "name")[:1]
