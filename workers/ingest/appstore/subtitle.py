"""Subtitle on an App Store page, which the lookup lacks. It is read in the parsing process.

Apple has built the page in three ways, each with its data as JSON in a script. They are a store of
documents, a cache of its API's answers (JSON inside JSON), and since 2025 the server's own data. Every
page lists many other apps, so only objects with our app's id count.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

from workers.ingest.appstore.shapes import FetchedAppStoreWebPage
from workers.ingest.page import jsonld
from workers.ingest.page.decode import decode_bytes_like_browser
from workers.ingest.page.document import HtmlDocument, read_tag_attribute, read_tag_text
from workers.ingest.page.text import clean_text_line
from workers.ingest.shapes import ParsedNonPageDoc, Passage

APP_STORE_DATA_SCRIPT_IDS = {"shoebox-ember-data-store", "shoebox-media-api-cache-apps", "serialized-server-data"}
APP_SUBTITLE_HEADING_CLASSES = {"subtitle", "product-header__subtitle"}
MAX_APP_SUBTITLE_LEN = 120
#: Objects of one script; further ones are ignored.
MAX_APP_STORE_SCRIPT_OBJECTS = 50_000
MAX_APP_STORE_HEADINGS_CHECKED = 20


def parse_app_subtitle_page(store_page: FetchedAppStoreWebPage) -> ParsedNonPageDoc:
    page = HtmlDocument(decode_bytes_like_browser(store_page.body, store_page.content_type), url=store_page.url)
    subtitle_texts = chain(
        find_app_subtitles_in_scripts(page, store_page.track_id),
        find_app_subtitles_in_headings(page, store_page.track_id),
    )
    text = next((text for text in map(clean_text_line, subtitle_texts) if 0 < len(text) <= MAX_APP_SUBTITLE_LEN), None)
    if text is None:
        return ParsedNonPageDoc(candidates=[])
    return ParsedNonPageDoc(
        candidates=[page.build_candidate("tagline", text, 0.95, "appStore.subtitle")],
        passages=[Passage(text=text, kind="heading", url=page.url)],
    )


def find_app_subtitles_in_scripts(page: HtmlDocument, track_id: int) -> Iterator[str]:
    for script in page.tags["script"]:
        if read_tag_attribute(script, "id") in APP_STORE_DATA_SCRIPT_IDS:
            data = jsonld.read_first_json_value(script.get_text())
            for node in islice(walk_json_objects(data), MAX_APP_STORE_SCRIPT_OBJECTS):
                if str(node.get("adamId") or node.get("id")) == str(track_id):
                    yield from find_app_subtitles_in_object(node)


def walk_json_objects(data: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in decoded JSON, outer ones first; the strings of a top-level object are decoded before."""
    if isinstance(data, dict):
        data = {
            key: jsonld.read_first_json_value(value) if isinstance(value, str) else value for key, value in data.items()
        }
    pending = [data] if isinstance(data, dict | list) else []
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            yield current
        children = current.values() if isinstance(current, dict) else current
        pending += [child for child in reversed([*children]) if isinstance(child, dict | list)]


def find_app_subtitles_in_object(node: dict[str, Any]) -> Iterator[str]:
    """Yield the subtitles in an app's JSON object: its own, that of its attributes, and those of each platform."""
    attributes = dict_or_empty(node.get("attributes"))
    platforms = dict_or_empty(attributes.get("platformAttributes")).values()
    for holder in (node, attributes, *map(dict_or_empty, platforms)):
        if isinstance(text := holder.get("subtitle"), str):
            yield text


def dict_or_empty(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def find_app_subtitles_in_headings(page: HtmlDocument, track_id: int) -> Iterator[str]:
    """Yield the texts of the `<h2>` headings with a subtitle's class on an App Store page.

    Yield nothing if a redirect led to the page of another app than `track_id`.
    """
    if urlsplit(page.url).path.rstrip("/").endswith(f"/id{track_id}"):
        for heading in page.tags["h2"][:MAX_APP_STORE_HEADINGS_CHECKED]:
            if APP_SUBTITLE_HEADING_CLASSES & set(read_tag_attribute(heading, "class").split()):
                yield read_tag_text(heading)
