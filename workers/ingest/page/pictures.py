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
from workers.ingest.page.logos import PREVIEW_RULES, image_urls, scored_logos
from workers.ingest.page.text import clean, truncate
from workers.ingest.shapes import CandidateImage

MAX_PER_KIND = 10
MAX_ALT_CHARS = 300

#: An address as written, its place, and its description.
NamedImage = tuple[str, str, str]


def candidate_images(page: Document) -> list[CandidateImage]:
    logos = ((url, rule, "") for url, _, rule in sorted(scored_logos(page), key=lambda image: -image[1]))
    by_kind: dict[PictureKind, Iterator[NamedImage]] = {
        "logo": (image for image in logos if image[1] not in PREVIEW_RULES),
        "screenshot": screenshots(page),
        "image": chain(previews(page), images(page)),
    }
    return [
        image for kind, named_images in by_kind.items() for image in first_usable(page, kind, named_images)
    ]


def first_usable(
    page: Document, kind: PictureKind, named_images: Iterator[NamedImage]
) -> list[CandidateImage]:
    """Return the candidates with a usable address, each once."""
    by_url: dict[str, CandidateImage] = {}
    for address, rule, description in named_images:
        url = page.link(address)
        if url and urlsplit(url).path.strip("/"):
            by_url.setdefault(
                url, CandidateImage(kind=kind, url=url, rule=rule, page=page.url, alt=clean_alt(description))
            )
    return list(by_url.values())[:MAX_PER_KIND]


def clean_alt(text: str) -> str | None:
    """Return an image's description; None for an empty one."""
    return truncate(clean(text), MAX_ALT_CHARS) or None


def screenshots(page: Document) -> Iterator[NamedImage]:
    for node in filter(is_app, page.nodes):
        yield from ((url, "jsonld.screenshot", "") for url in image_urls(node.get("screenshot")))


def previews(page: Document) -> Iterator[NamedImage]:
    """Yield preview images for social networks, each with its description."""
    for name, copies in (("og:image", ("og:image:url", "og:image:secure_url")), ("twitter:image", ())):
        addresses = chain.from_iterable(page.metas.get(key, []) for key in (name, *copies))
        for address, description in zip_longest(addresses, page.metas.get(f"{name}:alt", []), fillvalue=""):
            yield address, f"html.{name}", description


def images(page: Document) -> Iterator[NamedImage]:
    """Yield images of the brand and of its offers; an app's image is its logo."""
    for node in page.nodes:
        if (is_brand(node) or is_offer(node)) and not is_app(node):
            yield from (
                (url, "jsonld.image", "") for url in jsonld.texts(node.get("image"), "url", "contentUrl")
            )


def manifest_images(url: str, members: dict[str, Any]) -> Iterator[CandidateImage]:
    """Yield images of a web app manifest: its largest icon, and its screenshots with their labels."""
    icons = [
        member for member in object_list(members, "icons") if text_member(member, "purpose") != "monochrome"
    ]
    yield from images_of_members(url, "logo", sorted(icons, key=longest_side)[-1:], "manifest.icons")
    shots = object_list(members, "screenshots")[:MAX_PER_KIND]
    yield from images_of_members(url, "screenshot", shots, "manifest.screenshots")


def images_of_members(
    url: str, kind: PictureKind, members: list[dict[str, Any]], rule: str
) -> Iterator[CandidateImage]:
    for member in members:
        if address := absolute(url, text_member(member, "src")):
            yield CandidateImage(
                kind=kind, url=address, rule=rule, page=url, alt=clean_alt(text_member(member, "label"))
            )


def object_list(members: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of a list; an empty list for any other value."""
    value = members.get(key)
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []


def text_member(member: dict[str, Any], key: str) -> str:
    value = member.get(key)
    return value if isinstance(value, str) else ""


def longest_side(icon: dict[str, Any]) -> int:
    """Return the longest of its sides in pixels."""
    return max(map(int, re.findall(r"\d{1,5}", text_member(icon, "sizes"))), default=0)
