"""Both stores on one loopback server, and an ingest of them with a limiter that needs no database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

from domain.brand.store_listings import AppStoreListingRef, GooglePlayListingReference, RequestedStoreListing
from domain.values import ssrf_guard
from schemas.brand import BrandExtraction
from schemas.errors import SourceRateLimited
from tests.corpora import corpus
from tests.workers.ingest.website.visits import ignored
from tests.workers.web.web import Answers, Site, raw_response, serve
from workers.ingest.appstore import stores
from workers.ingest.appstore.lookup import AppLookupClient
from workers.ingest.appstore.rate import UpstreamLimiter
from workers.ingest.appstore.stores import AppStoreAccess
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.website.session import build_crawl_resources
from workers.web.fetch import open_ssrf_guarded_client

FACEBOOK = AppStoreListingRef(by="id", value="284882215")
NOTHING = '{\n "resultCount":0,\n "results": []\n}'


def recorded(name: str) -> str:
    return (corpus("appstore") / Path(name)).read_text("utf-8")


def look_up_path(listing: AppStoreListingRef, country: str = "us") -> str:
    """Return the path of a listing's lookup."""
    return f"/lookup?{urlencode({listing.by: listing.value, 'country': country})}"


def json(body: str | bytes, status: int = 200, **headers: str) -> bytes:
    """Build a response as Apple sends it."""
    return raw_response(status, body, **{"content_type": "text/javascript; charset=utf-8", **headers})


def play_path(listing: GooglePlayListingReference, hl: str = "en-US", gl: str = "US") -> str:
    return f"/store/apps/details?{urlencode({'id': listing.package, 'hl': hl, 'gl': gl})}"


def unlimited_limiter(patiences: list[float] | None = None) -> UpstreamLimiter:
    async def take(patience_s: float) -> None:
        if patiences is not None:
            patiences.append(patience_s)

    async def cool_down(wish_s: float | None) -> NoReturn:
        raise SourceRateLimited("not now", retry_after=wish_s or 60)

    return UpstreamLimiter(take, cool_down)


@asynccontextmanager
async def open_stores(
    parser: DocumentParser, answers: Answers, limiter: UpstreamLimiter | None = None
) -> AsyncIterator[tuple[AppStoreAccess, Site]]:
    async with serve(answers) as site:
        base = site.url("")
        async with open_ssrf_guarded_client(
            allowed=ssrf_guard.build_settings_url_policy(base), contact="https://tenantry.test/bot"
        ) as client:
            lookup = AppLookupClient(client, base, limiter or unlimited_limiter())
            yield AppStoreAccess(lookup, build_crawl_resources(client), parser, base, base), site


async def ingest(
    parser: DocumentParser,
    answers: Answers,
    *listings: RequestedStoreListing,
    country: str = "us",
    **store_options: Any,
) -> tuple[BrandExtraction, Site]:
    async with open_stores(parser, answers, **store_options) as (opened, site):
        read = await stores.ingest_store_listings(opened, listings=listings, country=country, progress=ignored)
        return read, site
