"""Page of an app on Google Play: its JSON-LD and its whole description. Read in the parsing process."""

from typing import Any

from bs4.element import Tag

from workers.ingest.appstore import app
from workers.ingest.appstore.address import host
from workers.ingest.appstore.app import StoreListing
from workers.ingest.appstore.shapes import PlayPage
from workers.ingest.page import jsonld
from workers.ingest.page.decode import decode
from workers.ingest.page.document import Document, attribute
from workers.ingest.page.kinds import is_app
from workers.ingest.page.text import clean
from workers.ingest.shapes import ParsedDocument

STORE = "googlePlay"
#: Characters of a short description. Google allows 80; older pages have the whole description there.
MAX_SHORT_CHARS = 120


def read_play_page(play_page: PlayPage) -> ParsedDocument:
    """Return the app's candidates; an empty reading if the page describes no app."""
    page = Document(decode(play_page.body, play_page.content_type), url=play_page.url)
    node = next(filter(is_app, page.nodes), None)
    return (
        ParsedDocument(candidates=[])
        if node is None
        else app.read_store_app(listing_of_node(play_page, page, node))
    )


def listing_of_node(play_page: PlayPage, page: Document, node: jsonld.Node) -> StoreListing:
    declared_text = text(node.get("description"))
    short = declared_text if len(clean(declared_text)) <= MAX_SHORT_CHARS else ""
    return StoreListing(
        store=STORE,
        url=play_page.url,
        country=play_page.country,
        title=text(node.get("name")),
        seller=text(node.get("author"), "name"),
        website=website(node),
        short=short,
        description=whole_description(page) or ("" if short else declared_text),
        genres=genres(text(node.get("applicationCategory"))),
        icon=text(node.get("image"), "url"),
        screenshots=[(address, "screenshots") for tag in page.tags["img"] if (address := screenshot(tag))],
    )


def screenshot(tag: Tag) -> str:
    """Return the address of a screenshot, for high-density screens if possible; empty for other images."""
    if not attribute(tag, "data-screenshot-index"):
        return ""
    return attribute(tag, "srcset").partition(",")[0].partition(" ")[0] or attribute(tag, "src")


def text(value: Any, *keys: str) -> str:
    return next(iter(jsonld.texts(value, *keys)), "")


def website(node: jsonld.Node) -> str:
    """Return the author's address, unless it is a page of the store."""
    address = text(node.get("author"), "url")
    return "" if f".{host(address)}".endswith(".google.com") else address


def whole_description(page: Document) -> str:
    marked = (tag for tag in page.tags["div"] if attribute(tag, "data-g-id") == "description")
    return next((tag.get_text("\n") for tag in marked), "")


def genres(category: str) -> list[str]:
    """Return the genres of a category: two of `GAME_PUZZLE`, one of `HEALTH_AND_FITNESS`."""
    name = category.lower()
    parts = ["games", name.removeprefix("game_")] if name.startswith("game_") else [name]
    return [part.replace("_", " ") for part in parts]
