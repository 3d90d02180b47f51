"""Candidate images that a page names for display elsewhere: its logos, an app's screenshots, previews.

Images in its text are left out: tracking pixels and badges are among them.
"""

import re
from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any
from urllib.parse import urlsplit

from schemas.pictures import PictureKind
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document, absolute
from workers.ingest.page.kinds import is_app, is_brand, is_offer
from workers.ingest.page.logos import PREVIEWS, ladder, pictures
from workers.ingest.page.text import clean, cut
from workers.ingest.shapes import Sighting

#: Images of each kind that are taken from one page, and characters of an image's description.
MOST, ALT = 10, 300

#: An address as written, its place, and its description.
Named = tuple[str, str, str]


def sightings(page: Document) -> list[Sighting]:
    logos = ((url, rule, "") for url, _, rule in sorted(ladder(page), key=lambda one: -one[1]))
    named: dict[PictureKind, Iterator[Named]] = {
        "logo": (one for one in logos if one[1] not in PREVIEWS),
        "screenshot": screenshots(page),
        "image": chain(previews(page), images(page)),
    }
    return [one for kind, found in named.items() for one in first(page, kind, found)]


def first(page: Document, kind: PictureKind, named: Iterator[Named]) -> list[Sighting]:
    """Return the candidates with a usable address, each once."""
    once: dict[str, Sighting] = {}
    for address, rule, shows in named:
        url = page.link(address)
        if url and urlsplit(url).path.strip("/"):
            once.setdefault(url, Sighting(kind=kind, url=url, rule=rule, page=page.url, alt=alt(shows)))
    return list(once.values())[:MOST]


def alt(text: str) -> str | None:
    """Return an image's description; None for an empty one."""
    return cut(clean(text), ALT) or None


def screenshots(page: Document) -> Iterator[Named]:
    for node in filter(is_app, page.nodes):
        yield from ((url, "jsonld.screenshot", "") for url in pictures(node.get("screenshot")))


def previews(page: Document) -> Iterator[Named]:
    """Yield preview images for social networks, each with its description."""
    for name, copies in (("og:image", ("og:image:url", "og:image:secure_url")), ("twitter:image", ())):
        addresses = chain.from_iterable(page.metas.get(one, []) for one in (name, *copies))
        for address, shows in zip_longest(addresses, page.metas.get(f"{name}:alt", []), fillvalue=""):
            yield address, f"html.{name}", shows


def images(page: Document) -> Iterator[Named]:
    """Yield images of the brand and of its offers; an app's image is its logo."""
    for node in page.nodes:
        if (is_brand(node) or is_offer(node)) and not is_app(node):
            yield from (
                (url, "jsonld.image", "") for url in jsonld.texts(node.get("image"), "url", "contentUrl")
            )


def of_manifest(url: str, members: dict[str, Any]) -> Iterator[Sighting]:
    """Yield images of a web app manifest: its largest icon, and its screenshots with their labels."""
    icons = [one for one in objects(members, "icons") if said(one, "purpose") != "monochrome"]
    yield from in_manifest(url, "logo", sorted(icons, key=largest)[-1:], "manifest.icons")
    shots = objects(members, "screenshots")[:MOST]
    yield from in_manifest(url, "screenshot", shots, "manifest.screenshots")


def in_manifest(url: str, kind: PictureKind, found: list[dict[str, Any]], rule: str) -> Iterator[Sighting]:
    for one in found:
        if address := absolute(url, said(one, "src")):
            yield Sighting(kind=kind, url=address, rule=rule, page=url, alt=alt(said(one, "label")))


def objects(members: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of a list; an empty list for any other value."""
    found = members.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def said(member: dict[str, Any], key: str) -> str:
    value = member.get(key)
    return value if isinstance(value, str) else ""


def largest(icon: dict[str, Any]) -> int:
    """Return the longest of its sides in pixels."""
    return max(map(int, re.findall(r"\d{1,5}", said(icon, "sizes"))), default=0)
