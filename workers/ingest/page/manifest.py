"""Reader of a web app manifest (w3.org/TR/appmanifest): the site's name and texts as an app."""

import json
from collections.abc import Iterator
from typing import Any

from schemas.brand import Field, Value
from workers.ingest import detection
from workers.ingest.page.address import strip_domain_ending
from workers.ingest.page.colors import Scored, color_candidates
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.names import MAX_PART_CHARS, is_name, split_name
from workers.ingest.page.pictures import manifest_images
from workers.ingest.page.text import MAX_DESCRIPTION_CHARS, clean, truncate
from workers.ingest.shapes import Manifest, ParsedDocument, candidates_of

#: Confidence factor of its language: manifests are copied from templates, language included.
LANGUAGE_FACTOR = 0.5
#: Confidence of a domain as a name: with the host, which it repeats, still less than any part of a title.
DOMAIN_CONFIDENCE = 0.29


def read_manifest_file(manifest: Manifest) -> ParsedDocument:
    """Return the manifest's candidates; an empty reading if it is no JSON object."""
    try:
        document = json.loads(manifest.body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        document = None
    members = document if isinstance(document, dict) else {}
    return ParsedDocument(
        candidates=[
            *candidates_of(manifest.url, scored_manifest_values(members)),
            *color_candidates(manifest.url, colors(members)),
        ],
        pictures=list(manifest_images(manifest.url, members)),
    )


def scored_manifest_values(members: dict[str, Any]) -> Iterator[tuple[Field, Value, float, str]]:
    yield from app_name(members)
    if text := text_member(members, "description"):
        yield "appDescription", truncate(text, MAX_DESCRIPTION_CHARS), 0.75, "manifest.description"
    for tag, confidence, rule in detection.weigh_languages(
        "", [(text_member(members, "lang"), "manifest.lang")]
    ):
        yield "primaryLanguage", tag, confidence * LANGUAGE_FACTOR, rule
    categories = members.get("categories")
    listed = categories if isinstance(categories, list) else []
    if keywords := distinct_keywords(category for category in listed if isinstance(category, str)):
        yield "keywords", keywords, 0.60, "manifest.categories"


def app_name(members: dict[str, Any]) -> Iterator[tuple[Field, Value, float, str]]:
    """Yield the name, or the short name if the name is as long as a title."""
    for key in ("name", "short_name"):
        name, _ = split_name(text_member(members, key))
        if is_name(name) and len(name) <= MAX_PART_CHARS:
            confidence = 0.80 if strip_domain_ending(name) == name else DOMAIN_CONFIDENCE
            yield "appName", name, confidence, f"manifest.{key}"
            return


def colors(members: dict[str, Any]) -> Iterator[Scored]:
    yield text_member(members, "theme_color"), "primary", 0.50, "manifest.theme_color"
    yield text_member(members, "background_color"), "background", 0.40, "manifest.background_color"


def text_member(members: dict[str, Any], key: str) -> str:
    value = members.get(key)
    return clean(value) if isinstance(value, str) else ""
