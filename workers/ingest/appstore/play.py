"""Page of an app on Google Play: its JSON-LD and its whole description. Read in the parsing process."""

from typing import Any

from bs4.element import Tag

from workers.ingest.appstore import app
from workers.ingest.appstore.address import host_of_url
from workers.ingest.appstore.app import StoreListing
from workers.ingest.appstore.shapes import FetchedGooglePlayWebPage
from workers.ingest.page import jsonld
from workers.ingest.page.decode import decode_bytes_like_browser
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.page.kinds import is_app_node
from workers.ingest.page.text import clean_text_line
from workers.ingest.shapes import ParsedNonPageDoc

GOOGLE_PLAY_LINK_NAME = "googlePlay"
#: Characters of a short description. Google allows 80; older pages have the whole description there.
MAX_PLAY_SHORT_DESCRIPTION_CHARS = 120


def extract_brand_candidates_of_play_page(play_page: FetchedGooglePlayWebPage) -> ParsedNonPageDoc:
    """Read an app's Google Play page: return its candidates, passages and images.

    Return a document without candidates if the page describes no app.
    """
    page = HtmlDocument(decode_bytes_like_browser(play_page.body, play_page.content_type), url=play_page.url)
    node = next(filter(is_app_node, page.jsonld_nodes), None)
    if node is None:
        return ParsedNonPageDoc(candidates=[])
    return app.extract_listing_candidates(build_listing_from_jsonld(play_page, page, node))


def build_listing_from_jsonld(
    play_page: FetchedGooglePlayWebPage, page: HtmlDocument, node: jsonld.JsonLdNode
) -> StoreListing:
    declared_text = first_jsonld_text(node.get("description"))
    short = declared_text if len(clean_text_line(declared_text)) <= MAX_PLAY_SHORT_DESCRIPTION_CHARS else ""
    return StoreListing(
        store=GOOGLE_PLAY_LINK_NAME,
        platform="android",
        url=play_page.url,
        country=play_page.country,
        title=first_jsonld_text(node.get("name")),
        seller=first_jsonld_text(node.get("author"), "name"),
        website=read_developer_website(node),
        short=short,
        description=read_google_play_description(page) or ("" if short else declared_text),
        genres=split_play_category_into_genres(first_jsonld_text(node.get("applicationCategory"))),
        icon=first_jsonld_text(node.get("image"), "url"),
        screenshots=[
            (address, "screenshots") for tag in page.tags["img"] if (address := read_play_screenshot_url(tag))
        ],
    )


def read_play_screenshot_url(tag: Tag) -> str:
    """Return the address of a Google Play screenshot in an `<img>` tag; "" for any other image.

    The first address of `srcset`, for high-density screens, has precedence over `src`.
    """
    if not read_tag_attribute(tag, "data-screenshot-index"):
        return ""
    return read_tag_attribute(tag, "srcset").partition(",")[0].partition(" ")[0] or read_tag_attribute(tag, "src")


def first_jsonld_text(value: Any, *keys: str) -> str:
    return next(iter(jsonld.unwrap_jsonld_texts(value, *keys)), "")


def read_developer_website(node: jsonld.JsonLdNode) -> str:
    """Return the author's web address in an app's JSON-LD; empty without one, or for a page of Google."""
    address = first_jsonld_text(node.get("author"), "url")
    return "" if f".{host_of_url(address)}".endswith(".google.com") else address


def read_google_play_description(page: HtmlDocument) -> str:
    marked = (tag for tag in page.tags["div"] if read_tag_attribute(tag, "data-g-id") == "description")
    return next((tag.get_text("\n") for tag in marked), "")


def split_play_category_into_genres(category: str) -> list[str]:
    """Return the genres in a Google Play category: `games` and `puzzle` of `GAME_PUZZLE`.

    A category other than a game's has one genre: `health and fitness` of `HEALTH_AND_FITNESS`.
    """
    name = category.lower()
    parts = ["games", name.removeprefix("game_")] if name.startswith("game_") else [name]
    return [part.replace("_", " ") for part in parts]
