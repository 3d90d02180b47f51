"""Reader of a web app manifest (w3.org/TR/appmanifest): the site's name and texts as an app."""

import json
from collections.abc import Iterator
from typing import Any

from schemas.brand import BrandFieldName, BrandFieldValue
from workers.ingest import detection
from workers.ingest.page.address import strip_domain_ending
from workers.ingest.page.colors import ScoredColor, build_candidates_of_scored_colors
from workers.ingest.page.keywords import split_unique_keywords
from workers.ingest.page.names import (
    MAX_TITLE_PART_NAME_CHARS,
    is_line_about_brand,
    is_possible_brand_name,
    split_name_and_tagline,
)
from workers.ingest.page.pictures import find_manifest_icons_and_screenshots
from workers.ingest.page.platforms import find_manifest_platforms
from workers.ingest.page.text import MAX_DESCRIPTION_CHARS, clean_text_line, truncate_text
from workers.ingest.shapes import FetchedWebManifest, ParsedNonPageDoc, build_candidates_of_scored_values

#: Confidence factor of its language: manifests are copied from templates, language included.
MANIFEST_LANG_TAG_CONFIDENCE_FACTOR = 0.5
#: Confidence of a domain as a name: with the host, which it repeats, still less than any part of a title.
CONFIDENCE_OF_DOMAIN_AS_MANIFEST_NAME = 0.29


def parse_web_manifest(manifest: FetchedWebManifest) -> ParsedNonPageDoc:
    """Return the candidates and images of a web app manifest; an empty document if it is no JSON object."""
    try:
        document = json.loads(manifest.body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        document = None
    members = document if isinstance(document, dict) else {}
    return ParsedNonPageDoc(
        candidates=[
            *build_candidates_of_scored_values(manifest.url, find_scored_web_manifest_values(members)),
            *build_candidates_of_scored_colors(manifest.url, read_web_manifest_colors(members)),
        ],
        pictures=list(find_manifest_icons_and_screenshots(manifest.url, members)),
    )


def find_scored_web_manifest_values(
    members: dict[str, Any],
) -> Iterator[tuple[BrandFieldName, BrandFieldValue, float, str]]:
    yield from read_web_manifest_app_name(members)
    if text := read_web_manifest_text(members, "description"):
        yield "appDescription", truncate_text(text, MAX_DESCRIPTION_CHARS), 0.75, "manifest.description"
    for tag, confidence, rule in detection.find_language_tag_candidates(
        "", [(read_web_manifest_text(members, "lang"), "manifest.lang")]
    ):
        yield "primaryLanguage", tag, confidence * MANIFEST_LANG_TAG_CONFIDENCE_FACTOR, rule
    categories = members.get("categories")
    listed = categories if isinstance(categories, list) else []
    if keywords := split_unique_keywords(category for category in listed if isinstance(category, str)):
        yield "keywords", keywords, 0.60, "manifest.categories"
    for platform, confidence, rule in find_manifest_platforms(members):
        yield "platforms", [platform], confidence, rule


def read_web_manifest_app_name(members: dict[str, Any]) -> Iterator[tuple[BrandFieldName, BrandFieldValue, float, str]]:
    """Yield the app name of a web app manifest with confidence and rule: its `name`, else its `short_name`.

    A name that is too long, a line about the brand, or no possible name doesn't count. Yield nothing if neither counts.
    """
    for key in ("name", "short_name"):
        name, _ = split_name_and_tagline(read_web_manifest_text(members, key))
        is_short = len(name) <= MAX_TITLE_PART_NAME_CHARS and not is_line_about_brand(name)
        if is_short and is_possible_brand_name(name):
            confidence = 0.80 if strip_domain_ending(name) == name else CONFIDENCE_OF_DOMAIN_AS_MANIFEST_NAME
            yield "appName", name, confidence, f"manifest.{key}"
            return


def read_web_manifest_colors(members: dict[str, Any]) -> Iterator[ScoredColor]:
    yield read_web_manifest_text(members, "theme_color"), "primary", 0.50, "manifest.theme_color"
    yield read_web_manifest_text(members, "background_color"), "background", 0.40, "manifest.background_color"


def read_web_manifest_text(members: dict[str, Any], key: str) -> str:
    value = members.get(key)
    return clean_text_line(value) if isinstance(value, str) else ""
