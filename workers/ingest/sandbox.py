"""Sandbox of the ingests: the same extraction for the same address, without the network.

Each kind of source has magic names: `https://example.test/{ok,slow,blocked,not-html,too-large}` for pages,
`test.example.{ok,slow,missing,throttled}` for apps and `example/{ok,slow,missing,empty}` for repositories.
Any other name gives an extraction with the name alone (docs/reference/sandbox.md).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from domain.brand.store_listings import InAppStore, Listing
from schemas.brand import BrandColor, BrandPart, Extraction, Field, FieldFinding, Value
from schemas.errors import (
    FetchBlocked,
    NotHtml,
    ScrapeFailed,
    SourceError,
    SourceNotFound,
    SourceRateLimited,
    TooLarge,
)
from schemas.pictures import Picture, PictureKind
from workers.ingest.perform import Progress

HOST = "example.test"
SLOW_S = 5.0
#: Progress reports of a slow ingest.
STEPS = 10


class MagicNames(NamedTuple):
    """Magic names of a kind of source: the text after `prefix` is in `ok` or is a key of `errors`."""

    prefix: str
    ok: frozenset[str]
    errors: Mapping[str, tuple[type[SourceError], str]]
    missing: str


PAGES = MagicNames(
    f"{HOST}/",
    frozenset({"", "ok", "slow"}),
    {
        name: (error, "this failure")
        for name, error in (("blocked", FetchBlocked), ("not-html", NotHtml), ("too-large", TooLarge))
    },
    f"{HOST} has no such page; use one of ok, slow, blocked, not-html, too-large",
)
APPS = MagicNames(
    "test.example.",
    frozenset({"ok", "slow"}),
    {"throttled": (SourceRateLimited, "a store that is asked too often")},
    "no app {name} in the sandbox; use test.example.ok, slow, missing or throttled",
)
REPOSITORIES = MagicNames(
    "example/",
    frozenset({"ok", "slow"}),
    {"empty": (ScrapeFailed, "a repository without a commit")},
    "no repository {name} in the sandbox; use example/ok, slow, missing or empty",
)

BRAND: dict[Field, Value] = {
    "appName": "Example",
    "appDescription": "Example keeps a small team's plans, notes and decisions in one place.",
    "tagline": "Everything your team decided, in one place",
    "audience": "Small teams",
    "icp": "Small teams, who want to “keep plans and notes in one place”.",
    "brandVoice": "Casual: contractions and questions; speaks to the reader as “you”; short plain sentences.",
    "keywords": ["planning", "notes", "decisions"],
    "primaryLanguage": "en",
    "logoUrl": "https://example.test/logo.png",
    "colors": ["#1f6f5c", "#f2a541", "#fbfaf7"],
}
NEED = "keep plans and notes in one place"
PARTS = {
    "icp": [
        BrandPart(part="organization", value="small teams", quote="Made for small teams."),
        BrandPart(part="need", value=NEED, quote=f"Example helps you {NEED}."),
    ]
}
SITE = f"https://{HOST}/"
COLORS = [
    BrandColor(color="#1f6f5c", role="primary", rule="html.theme-color+logo", url=SITE),
    BrandColor(color="#f2a541", role="accent", rule="css.--accent", url=f"{SITE}site.css"),
    BrandColor(
        color="#fbfaf7", role="background", rule="manifest.background_color", url=f"{SITE}manifest.json"
    ),
]


def image(kind: PictureKind, name: str, width: int, height: int) -> Picture:
    url = f"{SITE}{name}.png"
    return Picture(
        kind=kind, url=url, width=width, height=height, type="image/png", rule="sandbox", page=SITE
    )


MEDIA = [
    image("logo", "logo", 512, 512),
    *(image("screenshot", name, 1080, 1920) for name in ("screen", "today", "notes")),
    image("image", "preview", 1200, 630),
]


async def ingest(*, url: str, progress: Progress) -> Extraction:
    parts = urlsplit(url)
    host = parts.hostname or ""
    name, brand = f"{host}/{parts.path.removeprefix('/')}", host.removeprefix("www.").split(".")[0]
    return await read_magic_name(PAGES, name, url=url, brand=brand, progress=progress)


async def ingest_app(*, listing: Listing, progress: Progress) -> Extraction:
    name = listing.value if isinstance(listing, InAppStore) else listing.package
    url, brand = f"https://{HOST}/apps/{name}", name.rpartition(".")[2]
    return await read_magic_name(APPS, name, url=url, brand=brand, progress=progress)


async def ingest_repository(*, repo: str, progress: Progress) -> Extraction:
    url, brand = f"https://github.com/{repo}", repo.partition("/")[2].replace("-", " ")
    return await read_magic_name(REPOSITORIES, repo, url=url, brand=brand, progress=progress)


async def read_magic_name(
    source: MagicNames, name: str, *, url: str, brand: str, progress: Progress
) -> Extraction:
    """Report the stages and return the sandbox's extraction for a magic name.

    Any other name gives an extraction with the name `brand` alone. Raises the magic name's `SourceError`.
    """
    magic = name.removeprefix(source.prefix) if name.startswith(source.prefix) else None
    await report_stages(progress, slow=magic == "slow")
    if magic is None:
        return extraction(url, {"appName": brand.title()})
    if magic in source.errors:
        error, example = source.errors[magic]
        raise error(f"{name} is the sandbox's example of {example}")
    if magic not in source.ok:
        raise SourceNotFound(source.missing.format(name=name))
    return extraction(url, BRAND, MEDIA)


async def report_stages(progress: Progress, *, slow: bool) -> None:
    """Report the stages of a real ingest. A slow one takes `SLOW_S`, so that it can be canceled."""
    await progress("fetching", 0.1)
    if slow:
        for step in range(STEPS):
            await asyncio.sleep(SLOW_S / STEPS)
            await progress("fetching", 0.1 + 0.4 * (step + 1) / STEPS)
    await progress("analyzing", 0.6)


def extraction(url: str, values: dict[Field, Value], media: Sequence[Picture] = ()) -> Extraction:
    fields = {
        field: FieldFinding(
            value=value,
            confidence=0.9,
            rule="sandbox",
            url=url,
            parts=PARTS.get(field, []),
            colors=COLORS if field == "colors" else [],
        )
        for field, value in values.items()
    }
    return Extraction(url=url, title=None, fields=fields, media=[*media])
