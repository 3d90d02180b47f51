"""Declared names of a brand: in a page's head and its JSON-LD."""

from collections.abc import Iterator

from workers.ingest.page import jsonld
from workers.ingest.page.document import Document
from workers.ingest.page.kinds import APPS, SITES, is_organization, is_person
from workers.ingest.page.names import parted
from workers.ingest.page.text import clean, segments, squash

#: A name, its confidence, and the rule of its place.
Scored = tuple[str, float, str]

#: Confidence of a person who publishes a site: a personal site often has a name of its own.
PERSON = 0.60
META_NAMES = (
    "application-name",
    "apple-mobile-web-app-title",
    "al:ios:app_name",
    "al:android:app_name",
    "twitter:app:name:iphone",
    "twitter:app:name:ipad",
    "twitter:app:name:googleplay",
)


def declared(page: Document) -> Iterator[Scored]:
    yield from apps(page)
    yield from publishers(page)
    yield from ((text, 0.90, "html.og:site_name") for _, text in page.meta("og:site_name"))
    yield from sites(page)
    yield from ((text, 0.80, f"html.{name}") for name, text in page.meta(*META_NAMES))
    yield from organizations(page)


def apps(page: Document) -> Iterator[Scored]:
    """Yield names of apps: the only app's name, or of many the name in the host or the title."""
    found = [
        (text, f"jsonld.{min(kinds)}.name")
        for node in page.nodes
        if (kinds := jsonld.types(node) & APPS)
        for text in name_of(node)
    ]
    yield from ((text, 0.95, rule) for text, rule in found if len(found) == 1 or belongs(text, page))


def publishers(page: Document) -> Iterator[Scored]:
    """Yield names of publishers: nodes, references to nodes, or plain names."""
    for node in page.nodes:
        for publisher in jsonld.linked(node, "publisher", page.nodes):
            confidence, rule = maker(publisher, 0.90, "jsonld.publisher.name")
            yield from ((text, confidence, rule) for text in name_of(publisher))
        yield from ((text, 0.90, "jsonld.publisher.name") for text in jsonld.plain(node.get("publisher")))


def sites(page: Document) -> Iterator[Scored]:
    for node in page.nodes:
        if jsonld.types(node) & SITES:
            yield from ((text, 0.85, "jsonld.WebSite.name") for text in name_of(node))


def organizations(page: Document) -> Iterator[Scored]:
    """Yield names of organizations: a single one's, or of many the name in the host or the title."""
    nodes = [node for node in page.nodes if is_organization(node)]
    alone = len({squash(parted(text)[0]) for node in nodes for text in name_of(node)}) == 1
    for node in nodes:
        confidence, rule = maker(node, 0.75, "jsonld.Organization.name")
        yield from ((text, confidence, rule) for text in name_of(node) if alone or belongs(text, page))


def maker(node: jsonld.Node, confidence: float, rule: str) -> tuple[float, str]:
    return (PERSON, "jsonld.Person.name") if is_person(node) else (confidence, rule)


def belongs(value: str, page: Document) -> bool:
    name = squash(clean(value))
    return name == squash(page.label) or name in map(squash, segments(page.title))


def name_of(node: jsonld.Node) -> list[str]:
    return jsonld.texts(node.get("name"), "name")[:1]
