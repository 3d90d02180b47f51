"""Corpora of real pages and files, in a folder next to the checkout or at TENANTRY_CORPORA."""

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from workers.ingest.shapes import FetchedPage

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpora"


def corpus(name: str) -> Path:
    """Return a folder of the corpora; skip the test with a message if there are none."""
    folder = Path(os.environ.get("TENANTRY_CORPORA", BESIDE)) / name
    if not folder.is_dir():
        pytest.skip(f"no corpus at {folder}: set TENANTRY_CORPORA")
    return folder


@cache
def website_pages() -> list[tuple[dict[str, Any], FetchedPage]]:
    """Return each case of the website corpus, with its page."""
    folder = corpus("website")
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
    bodies = (gzip.decompress((folder / "pages" / case["file"]).read_bytes()) for case in cases)
    return [(case, FetchedPage(url=case["url"], body=body)) for case, body in zip(cases, bodies, strict=True)]


def store_texts() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield repository and platform, locale, and texts of each store listing of the repositories."""
    for expected in sorted(corpus("github").glob("*/expected.json")):
        for platform, locales in json.loads(expected.read_text()).items():
            for locale, listing in locales.items():
                yield f"{expected.parent.name}/{platform}", locale, listing


def store_description(listing: dict[str, str]) -> str:
    return listing.get("description") or listing.get("full_description") or ""
