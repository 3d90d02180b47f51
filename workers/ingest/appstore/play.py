"""An app's page on Google Play, in the parsing process: its JSON-LD, and the whole description beside it."""

from typing import Any

from workers.ingest.appstore import app
from workers.ingest.appstore.address import host
from workers.ingest.appstore.app import App
from workers.ingest.appstore.shapes import PlayPage
from workers.ingest.page import jsonld
from workers.ingest.page.decode import decode
from workers.ingest.page.document import Document, attribute
from workers.ingest.page.names import APPS
from workers.ingest.page.text import clean
from workers.ingest.shapes import Reading

STORE = "googlePlay"
#: Google's limit for the short description is 80 characters; older pages put the whole one there.
SHORT = 120


def read(question: PlayPage) -> Reading:
    """Nothing where the page describes no app."""
    page = Document(decode(question.body, question.content_type), url=question.url)
    node = next((node for node in page.nodes if jsonld.types(node) & APPS), None)
    return Reading(candidates=[]) if node is None else app.read(described(question, page, node))


def described(question: PlayPage, page: Document, node: jsonld.Node) -> App:
    said = text(node.get("description"))
    short = said if len(clean(said)) <= SHORT else ""
    return App(
        store=STORE,
        url=question.url,
        country=question.country,
        title=text(node.get("name")),
        seller=text(node.get("author"), "name"),
        website=website(node),
        short=short,
        description=whole_description(page) or ("" if short else said),
        genres=genres(text(node.get("applicationCategory"))),
        icon=text(node.get("image"), "url"),
    )


def text(value: Any, *keys: str) -> str:
    return next(iter(jsonld.texts(value, *keys)), "")


def website(node: jsonld.Node) -> str:
    """The author's own; a page of the store is none."""
    address = text(node.get("author"), "url")
    return "" if f".{host(address)}".endswith(".google.com") else address


def whole_description(page: Document) -> str:
    marked = (tag for tag in page.tags["div"] if attribute(tag, "data-g-id") == "description")
    return next((tag.get_text("\n") for tag in marked), "")


def genres(category: str) -> list[str]:
    """`GAME_PUZZLE` is a game and a puzzle; `HEALTH_AND_FITNESS` is one thing."""
    name = category.lower()
    parts = ["games", name.removeprefix("game_")] if name.startswith("game_") else [name]
    return [part.replace("_", " ") for part in parts]
