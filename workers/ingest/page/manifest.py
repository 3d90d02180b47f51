"""A web app's manifest (W3C): what a site calls itself where a phone installs it."""

import json
from collections.abc import Iterator
from typing import Any

from schemas.brand import Candidate, Field, Value
from workers.ingest import detection
from workers.ingest.page.keywords import distinct
from workers.ingest.page.names import PART_LIMIT, is_name, parted
from workers.ingest.page.text import clean, cut
from workers.ingest.shapes import Manifest, Reading

LIMIT = 500
#: Half of what a page's own declaration is worth: manifests are copied from templates, language and all.
LANGUAGE = 0.5


def read(manifest: Manifest) -> Reading:
    """Nothing from what is no JSON object: a manifest is optional, and so is each of its members."""
    try:
        said = json.loads(manifest.body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        said = None
    members = said if isinstance(said, dict) else {}
    return Reading(
        candidates=[
            Candidate(field=field, value=value, confidence=confidence, rule=rule, url=manifest.url)
            for field, value, confidence, rule in ladder(members)
        ]
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
    """A long name is a title, and then the short one is the brand's."""
    for key in ("name", "short_name"):
        name, _ = parted(words(members, key))
        if is_name(name) and len(name) <= PART_LIMIT:
            yield "appName", name, 0.80, f"manifest.{key}"
            return


def words(members: dict[str, Any], key: str) -> str:
    value = members.get(key)
    return clean(value) if isinstance(value, str) else ""
