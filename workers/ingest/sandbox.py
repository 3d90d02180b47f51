"""Sandbox of the ingests: the same extraction for the same address, without the network.

Each kind of source has magic names: `https://example.test/{ok,slow,blocked,not-html,too-large}` for pages,
`test.example.{ok,slow,missing,throttled}` for apps and `example/{ok,slow,missing,empty}` for repositories.
Any other name gives an extraction with the name alone (docs/reference/sandbox.md).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from domain.brand.store_listings import AppStoreListingRef, RequestedStoreListing
from schemas.brand import BrandColor, BrandExtraction, BrandFieldName, BrandFieldValue, BrandPart, SourceFieldFinding
from schemas.errors import (
    FetchAddressNotAllowed,
    FetchedSourceUnusable,
    SourceError,
    SourceNotFound,
    SourceNotHtml,
    SourceRateLimited,
    SourceTooLarge,
)
from schemas.pictures import PictureFoundByIngest, PictureKind
from workers.ingest.perform import ReportProgress

SANDBOX_SITE_HOST = "example.test"
SLOW_SANDBOX_INGEST_S = 5.0
#: Progress reports of a slow ingest.
PROGRESS_REPORTS_PER_SLOW_INGEST = 10


class SandboxMagicNames(NamedTuple):
    """Magic names of a kind of source: the text after `prefix` is in `ok` or is a key of `errors`."""

    prefix: str
    ok: frozenset[str]
    errors: Mapping[str, tuple[type[SourceError], str]]
    missing: str


SANDBOX_MAGIC_PAGE_NAMES = SandboxMagicNames(
    f"{SANDBOX_SITE_HOST}/",
    frozenset({"", "ok", "slow"}),
    {
        name: (error, "this failure")
        for name, error in (
            ("blocked", FetchAddressNotAllowed),
            ("not-html", SourceNotHtml),
            ("too-large", SourceTooLarge),
        )
    },
    f"{SANDBOX_SITE_HOST} has no such page; use one of ok, slow, blocked, not-html, too-large",
)
SANDBOX_MAGIC_APP_NAMES = SandboxMagicNames(
    "test.example.",
    frozenset({"ok", "slow"}),
    {"throttled": (SourceRateLimited, "a store that is asked too often")},
    "no app {name} in the sandbox; use test.example.ok, slow, missing or throttled",
)
SANDBOX_MAGIC_REPOSITORY_NAMES = SandboxMagicNames(
    "example/",
    frozenset({"ok", "slow"}),
    {"empty": (FetchedSourceUnusable, "a repository without a commit")},
    "no repository {name} in the sandbox; use example/ok, slow, missing or empty",
)

SANDBOX_BRAND_VALUES: dict[BrandFieldName, BrandFieldValue] = {
    "appName": "Example",
    "appDescription": "Example keeps a small team's plans, notes and decisions in one place.",
    "tagline": "Everything your team decided, in one place",
    "audience": "Small teams",
    "icp": "Small teams, who want to “keep plans and notes in one place”.",
    "brandVoice": (
        "Addresses the reader as “you”.\n"
        "Speaks of itself as “we”.\n"
        "Short sentences (words: 8, usual: 11).\n"
        "Often asks questions.\n"
        "✓ Open with a question to the reader.\n"
        "✓ Stay with “you”.\n"
        "✗ No exclamation marks."
    ),
    "keywords": ["planning", "notes", "decisions"],
    "primaryLanguage": "en",
    "logoUrl": "https://example.test/logo.png",
    "colors": ["#1f6f5c", "#f2a541", "#fbfaf7"],
    "platforms": ["ios", "android"],
}
SANDBOX_PRODUCT_USE = "keep plans and notes in one place"
SANDBOX_CUSTOMER_PART = BrandPart(part="organization", value="small teams", quote="Made for small teams.")
SANDBOX_PARTS_BY_BRAND_FIELD = {
    "audience": [SANDBOX_CUSTOMER_PART],
    "icp": [
        SANDBOX_CUSTOMER_PART,
        BrandPart(part="use", value=SANDBOX_PRODUCT_USE, quote=f"Example helps you {SANDBOX_PRODUCT_USE}."),
    ],
}
SANDBOX_SITE_URL = f"https://{SANDBOX_SITE_HOST}/"
SANDBOX_BRAND_COLORS = [
    BrandColor(color="#1f6f5c", role="primary", rule="html.theme-color+logo", url=SANDBOX_SITE_URL),
    BrandColor(color="#f2a541", role="accent", rule="css.--accent", url=f"{SANDBOX_SITE_URL}site.css"),
    BrandColor(
        color="#fbfaf7", role="background", rule="manifest.background_color", url=f"{SANDBOX_SITE_URL}manifest.json"
    ),
]


def build_sandbox_picture(kind: PictureKind, name: str, width: int, height: int) -> PictureFoundByIngest:
    url = f"{SANDBOX_SITE_URL}{name}.png"
    return PictureFoundByIngest(
        kind=kind, url=url, width=width, height=height, type="image/png", rule="sandbox", page=SANDBOX_SITE_URL
    )


SANDBOX_INGEST_PICTURES = [
    build_sandbox_picture("logo", "logo", 512, 512),
    *(build_sandbox_picture("screenshot", name, 1080, 1920) for name in ("screen", "today", "notes")),
    build_sandbox_picture("image", "preview", 1200, 630),
]


async def ingest_sandbox_page(*, url: str, progress: ReportProgress) -> BrandExtraction:
    parts = urlsplit(url)
    host = parts.hostname or ""
    name, brand = f"{host}/{parts.path.removeprefix('/')}", host.removeprefix("www.").split(".")[0]
    return await extract_sandbox_brand(SANDBOX_MAGIC_PAGE_NAMES, name, url=url, brand=brand, progress=progress)


async def ingest_sandbox_app(*, listing: RequestedStoreListing, progress: ReportProgress) -> BrandExtraction:
    name = listing.value if isinstance(listing, AppStoreListingRef) else listing.package
    url, brand = f"https://{SANDBOX_SITE_HOST}/apps/{name}", name.rpartition(".")[2]
    return await extract_sandbox_brand(SANDBOX_MAGIC_APP_NAMES, name, url=url, brand=brand, progress=progress)


async def ingest_sandbox_repository(*, repo: str, progress: ReportProgress) -> BrandExtraction:
    url, brand = f"https://github.com/{repo}", repo.partition("/")[2].replace("-", " ")
    return await extract_sandbox_brand(SANDBOX_MAGIC_REPOSITORY_NAMES, repo, url=url, brand=brand, progress=progress)


async def extract_sandbox_brand(
    source: SandboxMagicNames, name: str, *, url: str, brand: str, progress: ReportProgress
) -> BrandExtraction:
    """Report an ingest's stages, and return the sandbox's example brand for a magic name, or raise its `SourceError`.

    An unknown magic name raises `SourceNotFound`; any other name gives an extraction with the name `brand` alone.
    """
    magic = name.removeprefix(source.prefix) if name.startswith(source.prefix) else None
    await report_sandbox_ingest_stages(progress, slow=magic == "slow")
    if magic is None:
        return build_sandbox_extraction(url, {"appName": brand.title()})
    if magic in source.errors:
        error, example = source.errors[magic]
        raise error(f"{name} is the sandbox's example of {example}")
    if magic not in source.ok:
        raise SourceNotFound(source.missing.format(name=name))
    return build_sandbox_extraction(url, SANDBOX_BRAND_VALUES, SANDBOX_INGEST_PICTURES)


async def report_sandbox_ingest_stages(progress: ReportProgress, *, slow: bool) -> None:
    """Report the stages `fetching` and `analyzing` of a sandbox's ingest.

    A `slow` one takes `SLOW_SANDBOX_INGEST_S` seconds, so that it can be canceled.
    """
    await progress("fetching", 0.1)
    if slow:
        for step in range(PROGRESS_REPORTS_PER_SLOW_INGEST):
            await asyncio.sleep(SLOW_SANDBOX_INGEST_S / PROGRESS_REPORTS_PER_SLOW_INGEST)
            await progress("fetching", 0.1 + 0.4 * (step + 1) / PROGRESS_REPORTS_PER_SLOW_INGEST)
    await progress("analyzing", 0.6)


def build_sandbox_extraction(
    url: str, values: dict[BrandFieldName, BrandFieldValue], media: Sequence[PictureFoundByIngest] = ()
) -> BrandExtraction:
    fields = {
        field: SourceFieldFinding(
            value=value,
            confidence=0.9,
            rule="sandbox",
            url=url,
            parts=SANDBOX_PARTS_BY_BRAND_FIELD.get(field, []),
            colors=SANDBOX_BRAND_COLORS if field == "colors" else [],
        )
        for field, value in values.items()
    }
    return BrandExtraction(url=url, title=None, fields=fields, media=[*media])
