"""Subtitle on an App Store page, which the lookup lacks. It is read in the parsing process.

Apple has built the page in three ways, each with its data as JSON in a script. They are a store of
documents, a cache of its API's answers (JSON inside JSON), and since 2025 the server's own data. Every
page lists many other apps, so only objects with our app's id count.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

from workers.ingest.appstore.shapes import StorePage
from workers.ingest.page import jsonld
from workers.ingest.page.decode import decode
from workers.ingest.page.document import Document, attribute, text_of
from workers.ingest.page.text import clean
from workers.ingest.shapes import ParsedDocument, Passage

DATA_SCRIPTS = {"shoebox-ember-data-store", "shoebox-media-api-cache-apps", "serialized-server-data"}
HEADING_CLASSES = {"subtitle", "product-header__subtitle"}
MAX_SUBTITLE_CHARS = 120
#: Objects of one script; further ones are ignored.
MAX_OBJECTS = 50_000
MAX_HEADINGS = 20


def read_subtitle_page(store_page: StorePage) -> ParsedDocument:
    page = Document(decode(store_page.body, store_page.content_type), url=store_page.url)
    subtitle_texts = chain(
        subtitles_in_data(page, store_page.track_id), subtitles_in_headings(page, store_page.track_id)
    )
    text = next((text for text in map(clean, subtitle_texts) if 0 < len(text) <= MAX_SUBTITLE_CHARS), None)
    if text is None:
        return ParsedDocument(candidates=[])
    return ParsedDocument(
        candidates=[page.candidate("tagline", text, 0.95, "appStore.subtitle")],
        passages=[Passage(text=text, kind="heading", url=page.url)],
    )


def subtitles_in_data(page: Document, track_id: int) -> Iterator[str]:
    for script in page.tags["script"]:
        if attribute(script, "id") in DATA_SCRIPTS:
            data = jsonld.first_value(script.get_text())
            for node in islice(walk_objects(data), MAX_OBJECTS):
                if str(node.get("adamId") or node.get("id")) == str(track_id):
                    yield from store_subtitles(node)


def walk_objects(data: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects, outer ones first; a top-level string with JSON is decoded."""
    if isinstance(data, dict):
        data = {
            key: jsonld.first_value(value) if isinstance(value, str) else value for key, value in data.items()
        }
    pending = [data] if isinstance(data, dict | list) else []
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            yield current
        children = current.values() if isinstance(current, dict) else current
        pending += [child for child in reversed([*children]) if isinstance(child, dict | list)]


def store_subtitles(node: dict[str, Any]) -> Iterator[str]:
    """Yield subtitles of an object: its own, in its attributes, or in the attributes of each platform."""
    attributes = as_mapping(node.get("attributes"))
    platforms = as_mapping(attributes.get("platformAttributes")).values()
    for holder in (node, attributes, *map(as_mapping, platforms)):
        if isinstance(text := holder.get("subtitle"), str):
            yield text


def as_mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def subtitles_in_headings(page: Document, track_id: int) -> Iterator[str]:
    """Yield subtitles on the app's own page; a redirect may have led to another page."""
    if urlsplit(page.url).path.rstrip("/").endswith(f"/id{track_id}"):
        for heading in page.tags["h2"][:MAX_HEADINGS]:
            if HEADING_CLASSES & set(attribute(heading, "class").split()):
                yield text_of(heading)
