"""Subtitle on an App Store page, which the look-up lacks. It is read in the parsing process.

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
from workers.ingest.shapes import Passage, Reading

DATA = {"shoebox-ember-data-store", "shoebox-media-api-cache-apps", "serialized-server-data"}
HEADINGS = {"subtitle", "product-header__subtitle"}
LIMIT = 120
#: Objects of one script and headings of a page that are checked.
OBJECTS, FIRST = 50_000, 20


def read(question: StorePage) -> Reading:
    page = Document(decode(question.body, question.content_type), url=question.url)
    found = chain(in_data(page, question.track_id), in_headings(page, question.track_id))
    text = next((text for text in map(clean, found) if 0 < len(text) <= LIMIT), None)
    if text is None:
        return Reading(candidates=[])
    return Reading(
        candidates=[page.candidate("tagline", text, 0.95, "appStore.subtitle")],
        passages=[Passage(text=text, kind="heading", url=page.url)],
    )


def in_data(page: Document, track_id: int) -> Iterator[str]:
    for script in page.tags["script"]:
        if attribute(script, "id") in DATA:
            data = jsonld.first_value(script.get_text())
            for one in islice(objects(data), OBJECTS):
                if str(one.get("adamId") or one.get("id")) == str(track_id):
                    yield from subtitles(one)


def objects(data: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects, outer ones first; a top-level string with JSON is decoded."""
    if isinstance(data, dict):
        data = {
            key: jsonld.first_value(value) if isinstance(value, str) else value for key, value in data.items()
        }
    waiting = [data] if isinstance(data, dict | list) else []
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
        children = one.values() if isinstance(one, dict) else one
        waiting += [child for child in reversed([*children]) if isinstance(child, dict | list)]


def subtitles(one: dict[str, Any]) -> Iterator[str]:
    """Yield subtitles of an object: its own, in its attributes, or in the attributes of each platform."""
    attributes = mapping(one.get("attributes"))
    platforms = mapping(attributes.get("platformAttributes")).values()
    for found in (one, attributes, *map(mapping, platforms)):
        if isinstance(text := found.get("subtitle"), str):
            yield text


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def in_headings(page: Document, track_id: int) -> Iterator[str]:
    """Yield subtitles on the app's own page; a redirect may have led to another page."""
    if urlsplit(page.url).path.rstrip("/").endswith(f"/id{track_id}"):
        for heading in page.tags["h2"][:FIRST]:
            if HEADINGS & set(attribute(heading, "class").split()):
                yield text_of(heading)
