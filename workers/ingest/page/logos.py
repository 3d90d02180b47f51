"""Ladder of `logoUrl`: https addresses of the brand's images, as the page names them."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from bs4.element import Tag

from schemas.brand import FieldCandidate
from workers.ingest.page import jsonld
from workers.ingest.page.address import is_home_page_url, site_of_url
from workers.ingest.page.brand_names import is_image_linked_offsite, is_logo_image
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.page.kinds import is_app_node

#: Pictures at a page's beginning among which its logo is; the tags around a picture that are checked.
MAX_HEADER_IMAGES_CHECKED = 10
MAX_HEADER_LOGO_ANCESTORS = 8
#: Attributes with a picture's address: lazy loading replaces `src` by a placeholder.
IMAGE_SOURCE_ATTRIBUTES = ("data-src", "data-lazy-src", "src")
HEADER_CLASS_PATTERN = re.compile(
    r"(?<![\w-])(?:site-|main-|page-|top-?)?(?:header|navbar|masthead|topbar)(?![\w-])", re.IGNORECASE
)
BRAND_CLASS_PATTERN = re.compile(r"(?<![\w])(?:navbar-brand|brand|site-branding)(?![\w])", re.IGNORECASE)
#: Preview images with any content: they replace a logo only if there is no other.
OG_IMAGE_RULE_NAMES = frozenset({"html.og:image", "html.twitter:image"})


def find_logo_candidates(page: HtmlDocument) -> Iterator[FieldCandidate]:
    for address, confidence, rule in find_scored_logos(page):
        if url := resolve_logo_url(page, address):
            yield page.build_candidate("logoUrl", url, confidence, rule)


def resolve_logo_url(page: HtmlDocument, address: str) -> str | None:
    url = page.resolve_link(address)
    return url if url and url.startswith("https://") and urlsplit(url).path.strip("/") else None


def find_scored_logos(page: HtmlDocument) -> Iterator[tuple[str, float, str]]:
    for node in page.jsonld_nodes:
        yield from ((url, 0.90, "jsonld.logo") for url in read_jsonld_image_urls(node.get("logo"))[:1])
        for publisher in jsonld.resolve_jsonld_nodes(node, "publisher", page.jsonld_nodes):
            yield from (
                (url, 0.90, "jsonld.publisher.logo") for url in read_jsonld_image_urls(publisher.get("logo"))[:1]
            )
        if is_app_node(node):
            yield from ((url, 0.80, "jsonld.image") for url in read_jsonld_image_urls(node.get("image"))[:1])
    yield from ((url, 0.85, "html.og:logo") for _, url in page.read_first_meta_texts("og:logo"))
    yield from find_header_logo(page)
    yield from find_page_icons(page)
    yield from ((url, 0.30, f"html.{name}") for name, url in page.read_first_meta_texts("og:image", "twitter:image"))


def read_jsonld_image_urls(value: object) -> list[str]:
    return jsonld.unwrap_jsonld_texts(value, "url", "contentUrl", "@id")


def find_header_logo(page: HtmlDocument) -> Iterator[tuple[str, float, str]]:
    """Yield the address of the logo that visitors see: the first picture in the header that is named or linked as one.

    A link to the home page, or a class such as `navbar-brand`, marks it too.
    """
    for image in page.tags["img"][:MAX_HEADER_IMAGES_CHECKED]:
        parents = [*islice(image.parents, MAX_HEADER_LOGO_ANCESTORS)]
        is_marked = is_logo_image(image) or any(is_home_link_or_brand(tag, page) for tag in parents[:2])
        if is_marked and any(map(is_page_header, parents)) and not is_image_linked_offsite(image, page):
            sources = (read_tag_attribute(image, name) for name in IMAGE_SOURCE_ATTRIBUTES)
            if address := next((source for source in sources if source and not source.startswith("data:")), ""):
                yield address, 0.75, "html.header"
                return


def is_page_header(tag: Tag) -> bool:
    """Return whether a tag is a page's header or navigation, by its name or by a class or id."""
    texts = " ".join(read_tag_attribute(tag, key) for key in ("class", "id"))
    return tag.name in {"header", "nav"} or (
        tag.name not in {"html", "body"} and HEADER_CLASS_PATTERN.search(texts) is not None
    )


def is_home_link_or_brand(tag: Tag, page: HtmlDocument) -> bool:
    if BRAND_CLASS_PATTERN.search(read_tag_attribute(tag, "class")):
        return True
    href = read_tag_attribute(tag, "href") if tag.name == "a" else ""
    url = page.resolve_link(href) if href and not href.startswith("#") else None
    return url is not None and is_home_page_url(url) and site_of_url(url) == site_of_url(page.url)


def find_page_icons(page: HtmlDocument) -> Iterator[tuple[str, float, str]]:
    """Yield the addresses of a page's Apple icon, then of its other icon, with confidence and rule.

    Each is the largest or a scalable one. Apple's icon has more confidence, since it has a background.
    """
    links = [(read_tag_attribute(tag, "rel").lower().split(), tag) for tag in page.tags["link"]]
    apple = [tag for rels, tag in links if any(rel.startswith("apple-touch-icon") for rel in rels)]
    plain = [tag for rels, tag in links if "icon" in rels]
    for tags, confidence, rule in ((apple, 0.70, "html.apple-touch-icon"), (plain, 0.50, "html.icon")):
        if tags:
            yield read_tag_attribute(max(tags, key=read_linked_icon_side_px), "href"), confidence, rule


def read_linked_icon_side_px(tag: Tag) -> int:
    """Return the larger side in pixels that an icon's `<link>` declares, 0 without one; an SVG counts as largest."""
    if read_tag_attribute(tag, "type") == "image/svg+xml" or read_tag_attribute(tag, "href").partition("?")[0].endswith(
        ".svg"
    ):
        return 1 << 20
    return max((int(number) for number in re.findall(r"\d{1,5}", read_tag_attribute(tag, "sizes"))), default=0)
