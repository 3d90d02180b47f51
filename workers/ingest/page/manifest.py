"""Reader of a web app manifest (w3.org/TR/appmanifest): the site's name and texts as an app."""

import json
from collections.abc import Iterator
from typing import Any

from schemas.brand import Field, Value
from workers.ingest import detection
from workers.ingest.page.address import stem
from workers.ingest.page.colors import Scored, colored
from workers.ingest.page.keywords import distinct
from workers.ingest.page.names import PART_LIMIT, is_name, parted
from workers.ingest.page.pictures import of_manifest
from workers.ingest.page.text import clean, cut
from workers.ingest.shapes import Manifest, Reading, candidates_of

LIMIT = 500
#: Confidence factor of its language: manifests are copied from templates, language included.
LANGUAGE = 0.5
#: Confidence of a domain as a name: with the host, which it repeats, still less than any part of a title.
DOMAIN = 0.29


def read(manifest: Manifest) -> Reading:
    """Return the manifest's candidates; an empty reading if it is no JSON object."""
    try:
        found = json.loads(manifest.body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        found = None
    members = found if isinstance(found, dict) else {}
    return Reading(
        candidates=[*candidates_of(manifest.url, ladder(members)), *colored(manifest.url, colors(members))],
        pictures=list(of_manifest(manifest.url, members)),
    )


def ladder(members: dict[str, Any]) -> Iterator[tuple[Field, Value, float, str]]:
    yield from called(members)
    if text := words(members, "description"):
        yield "appDescription", cut(text, LIMIT), 0.75, "manifest.description"
    for tag, confidence, rule in detection.weigh("", [(words(members, "lang"), "manifest.lang")]):
        yield "primaryLanguage", tag, confidence * LANGUAGE, rule
    categories = members.get("categories")
    named = [one for one in categories if isinstance(one, str)] if isinstance(categories, list) else []
    if keywords := distinct(named):
        yield "keywords", keywords, 0.60, "manifest.categories"


def called(members: dict[str, Any]) -> Iterator[tuple[Field, Value, float, str]]:
    """Yield the name, or the short name if the name is as long as a title."""
    for key in ("name", "short_name"):
        name, _ = parted(words(members, key))
        if is_name(name) and len(name) <= PART_LIMIT:
            yield "appName", name, 0.80 if stem(name) == name else DOMAIN, f"manifest.{key}"
            return


def colors(members: dict[str, Any]) -> Iterator[Scored]:
    yield words(members, "theme_color"), "primary", 0.50, "manifest.theme_color"
    yield words(members, "background_color"), "background", 0.40, "manifest.background_color"


def words(members: dict[str, Any], key: str) -> str:
    value = members.get(key)
    return clean(value) if isinstance(value, str) else ""
