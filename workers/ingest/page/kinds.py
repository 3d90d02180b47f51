"""Kinds of JSON-LD's nodes: apps, sites, organizations, people."""

from importlib.resources import files

from workers.ingest.page import jsonld

APP_TYPES = frozenset({"SoftwareApplication", "MobileApplication", "WebApplication", "VideoGame"})
SITE_TYPES = frozenset({"WebSite"})
#: `Organization` and all types below it in schema.org's tree, those of `LocalBusiness` among them.
ORGANIZATION_TYPES = frozenset(files(__package__).joinpath("organizations.txt").read_text("ascii").split())
OFFER_TYPES = frozenset({"Service", "Course", "Product"})


def is_app(node: jsonld.Node) -> bool:
    return bool(jsonld.types(node) & APP_TYPES)


def is_organization(node: jsonld.Node) -> bool:
    """Return whether it is an organization or a brand; a type of another vocabulary may have such a name."""
    return any(
        kind in ORGANIZATION_TYPES or kind == "Brand" or kind.endswith("Organization")
        for kind in jsonld.types(node)
    )


def is_person(node: jsonld.Node) -> bool:
    """Return whether it is a person, such as the publisher of a personal site. A node may be both types."""
    return "Person" in jsonld.types(node)


def is_brand(node: jsonld.Node) -> bool:
    """Return whether the node is an app or its maker, not the page or a thing on it."""
    return is_app(node) or is_organization(node)


def is_offer(node: jsonld.Node) -> bool:
    return bool(jsonld.types(node) & OFFER_TYPES)
