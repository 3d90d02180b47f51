"""What an ingest in a sandbox reads: the same for the same address, and nothing from the network.

The magic addresses of api.md 1 are `https://example.test/{ok,slow,blocked,not-html,too-large}`; another
page of that host is not found, and every other address reads as a page that only its host names.
"""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from schemas.brand import Extraction, Field, Finding, Value
from schemas.errors import FetchBlocked, NotHtml, SourceError, SourceNotFound, TooLarge
from workers.ingest.perform import Report

HOST = "example.test"
SLOW_S, STEPS = 5.0, 10

REFUSED: dict[str, Callable[[str], SourceError]] = {
    "/blocked": FetchBlocked,
    "/not-html": NotHtml,
    "/too-large": TooLarge,
}
ANSWERED = {"", "/", "/ok", "/slow"}

BRAND: dict[Field, Value] = {
    "appName": "Example",
    "appDescription": "Example keeps a small team's plans, notes and decisions in one place.",
    "tagline": "Everything your team decided, in one place",
    "keywords": ["planning", "notes", "decisions"],
    "primaryLanguage": "en",
    "logoUrl": "https://example.test/logo.png",
}


async def ingest(*, url: str, report: Report) -> Extraction:
    """Goes through a real one's stages; `/slow` takes `SLOW_S`, so that it can be watched or canceled."""
    await report("fetching", 0.1)
    if is_magic(url, "/slow"):
        for step in range(STEPS):
            await asyncio.sleep(SLOW_S / STEPS)
            await report("fetching", 0.1 + 0.4 * (step + 1) / STEPS)
    await report("analyzing", 0.6)
    return read(url)


def read(url: str) -> Extraction:
    parts = urlsplit(url)
    if parts.hostname != HOST:
        return extraction(url, {"appName": (parts.hostname or "").removeprefix("www.").split(".")[0].title()})
    if parts.path in REFUSED:
        raise REFUSED[parts.path](f"{HOST}{parts.path} is the sandbox's example of this failure")
    if parts.path not in ANSWERED:
        raise SourceNotFound(f"{HOST} has no such page; use one of ok, slow, blocked, not-html, too-large")
    return extraction(url, BRAND)


def is_magic(url: str, path: str) -> bool:
    parts = urlsplit(url)
    return (parts.hostname, parts.path) == (HOST, path)


def extraction(url: str, values: dict[Field, Value]) -> Extraction:
    fields = {
        field: Finding(value=value, confidence=0.9, rule="sandbox", url=url)
        for field, value in values.items()
    }
    return Extraction(url=url, title=None, fields=fields)
