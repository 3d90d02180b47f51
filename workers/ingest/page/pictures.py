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
from workers.ingest.page.document import HtmlDocument, resolve_http_url
from workers.ingest.page.kinds import is_app_node, is_brand_node, is_product_or_service_node
from workers.ingest.page.logos import OG_IMAGE_RULE_NAMES, find_scored_logos, read_jsonld_image_urls
from workers.ingest.page.text import clean_text_line, truncate_text
from workers.ingest.shapes import CandidateImage

MAX_PAGE_IMAGES_PER_KIND = 10
MAX_IMAGE_ALT_CHARS = 300

#: An address as written, its place, and its description.
NamedImage = tuple[str, str, str]


def find_page_images(page: HtmlDocument) -> list[CandidateImage]:
    logos = ((url, rule, "") for url, _, rule in sorted(find_scored_logos(page), key=lambda image: -image[1]))
    by_kind: dict[PictureKind, Iterator[NamedImage]] = {
        "logo": (image for image in logos if image[1] not in OG_IMAGE_RULE_NAMES),
        "screenshot": find_jsonld_screenshots(page),
        "image": chain(find_social_preview_images(page), find_jsonld_brand_images(page)),
    }
    return [image for kind, named_images in by_kind.items() for image in dedupe_images_by_url(page, kind, named_images)]


def dedupe_images_by_url(
    page: HtmlDocument, kind: PictureKind, named_images: Iterator[NamedImage]
) -> list[CandidateImage]:
    """Return the candidate images with a usable address, each once, at most `MAX_PAGE_IMAGES_PER_KIND`."""
    by_url: dict[str, CandidateImage] = {}
    for address, rule, description in named_images:
        url = page.resolve_link(address)
        if url and urlsplit(url).path.strip("/"):
            by_url.setdefault(
                url,
                CandidateImage(
                    kind=kind, url=url, rule=rule, page=page.url, alt=truncate_ingest_image_alt(description)
                ),
            )
    return list(by_url.values())[:MAX_PAGE_IMAGES_PER_KIND]


def truncate_ingest_image_alt(text: str) -> str | None:
    """Return an image's description, cut to `MAX_IMAGE_ALT_CHARS` characters; None for an empty one."""
    return truncate_text(clean_text_line(text), MAX_IMAGE_ALT_CHARS) or None


def find_jsonld_screenshots(page: HtmlDocument) -> Iterator[NamedImage]:
    for node in filter(is_app_node, page.jsonld_nodes):
        yield from ((url, "jsonld.screenshot", "") for url in read_jsonld_image_urls(node.get("screenshot")))


def find_social_preview_images(page: HtmlDocument) -> Iterator[NamedImage]:
    """Yield the images in `og:image` and `twitter:image`, each with its rule and alternative text, or ""."""
    for name, copies in (("og:image", ("og:image:url", "og:image:secure_url")), ("twitter:image", ())):
        addresses = chain.from_iterable(page.meta_contents_by_name.get(key, []) for key in (name, *copies))
        for address, description in zip_longest(
            addresses, page.meta_contents_by_name.get(f"{name}:alt", []), fillvalue=""
        ):
            yield address, f"html.{name}", description


def find_jsonld_brand_images(page: HtmlDocument) -> Iterator[NamedImage]:
    """Yield the images of organizations and offers in a page's JSON-LD, not of apps: an app's image is its logo."""
    for node in page.jsonld_nodes:
        if (is_brand_node(node) or is_product_or_service_node(node)) and not is_app_node(node):
            yield from (
                (url, "jsonld.image", "") for url in jsonld.unwrap_jsonld_texts(node.get("image"), "url", "contentUrl")
            )


def find_manifest_icons_and_screenshots(url: str, members: dict[str, Any]) -> Iterator[CandidateImage]:
    """Yield a web app manifest's largest icon that isn't monochrome, as a logo, and its first screenshots."""
    icons = [
        member
        for member in list_manifest_objects_at_key(members, "icons")
        if read_json_text_at_key(member, "purpose") != "monochrome"
    ]
    yield from build_manifest_images(url, "logo", sorted(icons, key=read_manifest_icon_side_px)[-1:], "manifest.icons")
    shots = list_manifest_objects_at_key(members, "screenshots")[:MAX_PAGE_IMAGES_PER_KIND]
    yield from build_manifest_images(url, "screenshot", shots, "manifest.screenshots")


def build_manifest_images(
    url: str, kind: PictureKind, members: list[dict[str, Any]], rule: str
) -> Iterator[CandidateImage]:
    for member in members:
        if address := resolve_http_url(url, read_json_text_at_key(member, "src")):
            yield CandidateImage(
                kind=kind,
                url=address,
                rule=rule,
                page=url,
                alt=truncate_ingest_image_alt(read_json_text_at_key(member, "label")),
            )


def list_manifest_objects_at_key(members: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects in the list at `key` of a JSON object; an empty list for any other value."""
    value = members.get(key)
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []


def read_json_text_at_key(member: dict[str, Any], key: str) -> str:
    value = member.get(key)
    return value if isinstance(value, str) else ""


def read_manifest_icon_side_px(icon: dict[str, Any]) -> int:
    """Return the longest side that an icon's `sizes` declares, in pixels; 0 if it declares none."""
    return max(map(int, re.findall(r"\d{1,5}", read_json_text_at_key(icon, "sizes"))), default=0)
