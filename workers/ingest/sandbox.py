"""What an ingest in a sandbox reads: the same for the same address, and nothing from the network.

The magic addresses of api.md 1 are `https://example.test/{ok,slow,blocked,not-html,too-large}`; another
page of that host is not found, and every other address reads as a page that only its host names.
Apps have magic names of the same kind, `test.example.{ok,slow,missing,throttled}`, at Apple and at Google,
and so have repositories: `example/{ok,slow,missing,empty}`.
"""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from domain.brand.store_listings import InAppStore, Listing
from schemas.brand import Extraction, Field, Finding, Value
from schemas.errors import (
    FetchBlocked,
    NotHtml,
    ScrapeFailed,
    SourceError,
    SourceNotFound,
    SourceRateLimited,
    TooLarge,
)
from workers.ingest.perform import Progress

HOST = "example.test"
SLOW_S, STEPS = 5.0, 10

REFUSED: dict[str, Callable[[str], SourceError]] = {
    "/blocked": FetchBlocked,
    "/not-html": NotHtml,
    "/too-large": TooLarge,
}
ANSWERED = {"", "/", "/ok", "/slow"}
APPS = "test.example."
REPOSITORIES = "example/"

BRAND: dict[Field, Value] = {
    "appName": "Example",
    "appDescription": "Example keeps a small team's plans, notes and decisions in one place.",
    "tagline": "Everything your team decided, in one place",
    "audience": "Small teams",
    "icp": "Businesses (B2B): small teams, to “keep plans and notes in one place”.",
    "brandVoice": "Matter-of-fact, speaks to the reader as “you”, in short plain sentences.",
    "keywords": ["planning", "notes", "decisions"],
    "primaryLanguage": "en",
    "logoUrl": "https://example.test/logo.png",
}


async def ingest(*, url: str, progress: Progress) -> Extraction:
    await go_through_stages(report, slow=is_magic(url, "/slow"))
    return read(url)


async def ingest_app(*, listing: Listing, progress: Progress) -> Extraction:
    name = listing.value if isinstance(listing, InAppStore) else listing.package
    await go_through_stages(report, slow=name == f"{APPS}slow")
    return read_app(name)


async def ingest_repository(*, repo: str, progress: Progress) -> Extraction:
    await go_through_stages(report, slow=repo == f"{REPOSITORIES}slow")
    return read_repository(repo)


async def go_through_stages(progress: Progress, *, slow: bool) -> None:
    """Those of a real one; a slow one takes `SLOW_S`, so that it can be watched or canceled."""
    await progress("fetching", 0.1)
    if slow:
        for step in range(STEPS):
            await asyncio.sleep(SLOW_S / STEPS)
            await progress("fetching", 0.1 + 0.4 * (step + 1) / STEPS)
    await progress("analyzing", 0.6)


def read(url: str) -> Extraction:
    parts = urlsplit(url)
    if parts.hostname != HOST:
        return extraction(url, {"appName": (parts.hostname or "").removeprefix("www.").split(".")[0].title()})
    if parts.path in REFUSED:
        raise REFUSED[parts.path](f"{HOST}{parts.path} is the sandbox's example of this failure")
    if parts.path not in ANSWERED:
        raise SourceNotFound(f"{HOST} has no such page; use one of ok, slow, blocked, not-html, too-large")
    return extraction(url, BRAND)


def read_app(name: str) -> Extraction:
    url = f"https://{HOST}/apps/{name}"
    if not name.startswith(APPS):
        return extraction(url, {"appName": name.rpartition(".")[2].title()})
    magic = name.removeprefix(APPS)
    if magic == "throttled":
        raise SourceRateLimited(f"{name} is the sandbox's example of a store that is asked too often")
    if magic not in {"ok", "slow"}:
        raise SourceNotFound(f"no app {name} in the sandbox; use {APPS}ok, slow, missing or throttled")
    return extraction(url, BRAND)


def read_repository(repo: str) -> Extraction:
    url = f"https://github.com/{repo}"
    if not repo.startswith(REPOSITORIES):
        return extraction(url, {"appName": repo.partition("/")[2].replace("-", " ").title()})
    magic = repo.removeprefix(REPOSITORIES)
    if magic == "empty":
        raise ScrapeFailed(f"{repo} is the sandbox's example of a repository without a commit")
    if magic not in {"ok", "slow"}:
        raise SourceNotFound(
            f"no repository {repo} in the sandbox; use {REPOSITORIES}ok, slow, missing or empty"
        )
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
