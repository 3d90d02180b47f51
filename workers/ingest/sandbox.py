"""Sandbox of the ingests: the same extraction for the same address, without the network.

The real ingests read the example brand of `sandbox_web.py`, so that no field has more than a live source gives.

Each kind of source has magic names: `https://example.test/{ok,slow,blocked,not-html,too-large}` for pages,
`test.example.{ok,slow,missing,throttled}` for apps and `example/{ok,slow,missing,empty}` for repositories.
Any other name gives an extraction with the name alone (docs/reference/sandbox.md).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

from domain.brand.store_listings import AppStoreListingRef, RequestedStoreListing
from schemas.brand import BrandExtraction, SourceFieldFinding
from schemas.errors import (
    FetchAddressNotAllowed,
    FetchedSourceUnusable,
    SourceError,
    SourceNotFound,
    SourceNotHtml,
    SourceRateLimited,
    SourceTooLarge,
)
from workers.ingest.appstore import stores
from workers.ingest.appstore.lookup import AppLookupClient
from workers.ingest.appstore.rate import UpstreamLimiter
from workers.ingest.github.client import GitHubApi
from workers.ingest.github.ingest import ingest_github_repository
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.perform import ReportProgress
from workers.ingest.sandbox_web import (
    SANDBOX_APP_STORE_URL,
    SANDBOX_GITHUB_API_URL,
    SANDBOX_GITHUB_URL,
    SANDBOX_LOOKUP_URL,
    SANDBOX_PLAY_URL,
    SANDBOX_SITE_HOST,
    build_sandbox_client,
    draw_sandbox_pictures,
)
from workers.ingest.website.ingest import ingest_website_source
from workers.ingest.website.session import build_crawl_resources

#: Storefront of the sandbox's app.
SANDBOX_APP_STORE_COUNTRY = "us"
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

#: Reads the sandbox's example source by its ingest.
ReadExample = Callable[[], Awaitable[BrandExtraction]]


async def ingest_sandbox_page(parser: DocumentParser, *, url: str, progress: ReportProgress) -> BrandExtraction:
    parts = urlsplit(url)
    host = parts.hostname or ""
    name, brand = f"{host}/{parts.path.removeprefix('/')}", host.removeprefix("www.").split(".")[0]
    async with build_sandbox_client() as client:
        web = build_crawl_resources(client)

        async def read() -> BrandExtraction:
            return await ingest_website_source(web, parser, args={"url": url}, progress=progress)

        source = SandboxSource(SANDBOX_MAGIC_PAGE_NAMES, name, url, brand, read)
        return await read_sandbox_source(source, progress)


async def ingest_sandbox_app(
    parser: DocumentParser, *, listing: RequestedStoreListing, progress: ReportProgress
) -> BrandExtraction:
    name = listing.value if isinstance(listing, AppStoreListingRef) else listing.package
    url, brand = f"https://{SANDBOX_SITE_HOST}/apps/{name}", name.rpartition(".")[2]
    async with build_sandbox_client() as client:
        access = stores.AppStoreAccess(
            lookup=AppLookupClient(
                client, SANDBOX_LOOKUP_URL, UpstreamLimiter(take_sandbox_token, raise_sandbox_lookup_limited)
            ),
            web=build_crawl_resources(client),
            parser=parser,
            app_store_url=SANDBOX_APP_STORE_URL,
            play_url=SANDBOX_PLAY_URL,
        )

        async def read() -> BrandExtraction:
            return await stores.ingest_store_listings(
                access, listings=[listing], country=SANDBOX_APP_STORE_COUNTRY, progress=progress
            )

        return await read_sandbox_source(SandboxSource(SANDBOX_MAGIC_APP_NAMES, name, url, brand, read), progress)


async def ingest_sandbox_repository(parser: DocumentParser, *, repo: str, progress: ReportProgress) -> BrandExtraction:
    url, brand = f"{SANDBOX_GITHUB_URL}/{repo}", repo.partition("/")[2].replace("-", " ")
    async with build_sandbox_client() as client:
        api = GitHubApi(client=client, base=SANDBOX_GITHUB_API_URL, web=SANDBOX_GITHUB_URL)
        web, args = build_crawl_resources(client), {"repo": repo, "branch": None}

        async def read() -> BrandExtraction:
            return await ingest_github_repository(api, web, parser, args=args, visit=None, progress=progress)

        source = SandboxSource(SANDBOX_MAGIC_REPOSITORY_NAMES, repo, url, brand, read)
        return await read_sandbox_source(source, progress)


async def take_sandbox_token(_patience_s: float) -> None:
    """Return at once: the sandbox's lookup has no rate limit."""


async def raise_sandbox_lookup_limited(wish_s: float | None) -> NoReturn:
    raise SourceRateLimited("the sandbox's lookup refuses no request", retry_after=wish_s)


class SandboxSource(NamedTuple):
    """Source that a sandbox's job names: its magic names, its own name and address, and the ingest of the example.

    A name that isn't magic has `brand` as its only field.
    """

    magic: SandboxMagicNames
    name: str
    url: str
    brand: str
    read: ReadExample


async def read_sandbox_source(source: SandboxSource, progress: ReportProgress) -> BrandExtraction:
    """Return the extraction of the example for a magic name, or raise its `SourceError`.

    An unknown magic name raises `SourceNotFound`; any other name gives an extraction with the name `brand` alone.
    """
    magic, name = source.magic, source.name
    part = name.removeprefix(magic.prefix) if name.startswith(magic.prefix) else None
    await progress("fetching", 0.1)
    if part == "slow":
        await spend_time_of_slow_ingest(progress)
    if part is None:
        return build_sandbox_extraction_of_name(source.url, source.brand.title())
    if part in magic.errors:
        error, example = magic.errors[part]
        raise error(f"{name} is the sandbox's example of {example}")
    if part not in magic.ok:
        raise SourceNotFound(magic.missing.format(name=name))
    await asyncio.to_thread(draw_sandbox_pictures)
    return await source.read()


async def spend_time_of_slow_ingest(progress: ReportProgress) -> None:
    """Take `SLOW_SANDBOX_INGEST_S` seconds with reports of the stage `fetching`, so that the job can be canceled."""
    for step in range(PROGRESS_REPORTS_PER_SLOW_INGEST):
        await asyncio.sleep(SLOW_SANDBOX_INGEST_S / PROGRESS_REPORTS_PER_SLOW_INGEST)
        await progress("fetching", 0.1 + 0.2 * (step + 1) / PROGRESS_REPORTS_PER_SLOW_INGEST)


def build_sandbox_extraction_of_name(url: str, name: str) -> BrandExtraction:
    finding = SourceFieldFinding(value=name, confidence=0.3, rule="sandbox", url=url)
    return BrandExtraction(url=url, title=None, fields={"appName": finding})
