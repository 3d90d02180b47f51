"""Kinds of JSON-LD's nodes: apps, sites, organizations, people."""

from importlib.resources import files

from workers.ingest.page import jsonld

JSONLD_APP_TYPES = frozenset({"SoftwareApplication", "MobileApplication", "WebApplication", "VideoGame"})
JSONLD_WEBSITE_TYPES = frozenset({"WebSite"})
#: `Organization` and all types below it in schema.org's tree, those of `LocalBusiness` among them.
JSONLD_ORGANIZATION_TYPES = frozenset(files(__package__).joinpath("organizations.txt").read_text("ascii").split())
JSONLD_PRODUCT_OR_SERVICE_TYPES = frozenset({"Service", "Course", "Product"})


def is_app_node(node: jsonld.JsonLdNode) -> bool:
    return bool(jsonld.read_jsonld_types(node) & JSONLD_APP_TYPES)


def is_organization_node(node: jsonld.JsonLdNode) -> bool:
    """Return whether a JSON-LD node is an organization or a brand, by its types.

    A type of another vocabulary counts if its name ends in `Organization`.
    """
    return any(
        kind in JSONLD_ORGANIZATION_TYPES or kind == "Brand" or kind.endswith("Organization")
        for kind in jsonld.read_jsonld_types(node)
    )


def is_person_node(node: jsonld.JsonLdNode) -> bool:
    """Return whether a JSON-LD node is a person, such as the publisher of a personal site.

    A node may be a person and an organization.
    """
    return "Person" in jsonld.read_jsonld_types(node)


def is_brand_node(node: jsonld.JsonLdNode) -> bool:
    """Return whether a JSON-LD node is an app, an organization or a brand, and not the page or a thing on it."""
    return is_app_node(node) or is_organization_node(node)


def is_product_or_service_node(node: jsonld.JsonLdNode) -> bool:
    return bool(jsonld.read_jsonld_types(node) & JSONLD_PRODUCT_OR_SERVICE_TYPES)
