"""Ingest of store listings: reads each listing that the partner names, and merges them.

The stores' web pages are Google's only source of an app, and Apple's for the subtitle.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from domain.brand.store_listings import AppStoreListingRef, GooglePlayListingReference, RequestedStoreListing
from domain.values import countries, ssrf_guard
from domain.values.ssrf_guard import AllowedOrigins
from schemas.brand import BrandExtraction, FieldCandidate
from schemas.errors import FetchedSourceUnusable, SourceError, SourceNotFound, SourceRateLimited, SourceTimeout
from schemas.settings import Settings
from telemetry import metrics
from workers.ingest.appstore import shapes
from workers.ingest.appstore.address import strip_app_store_url_query
from workers.ingest.appstore.lookup import AppLookupClient, AppWithStorefront, look_up_apple_app
from workers.ingest.assemble import assemble_brand_extraction
from workers.ingest.llm.suggest import BrandModel
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.parser.parser import parse_non_page_document as parse
from workers.ingest.perform import ReportProgress
from workers.ingest.pictures.fetch_images import build_web_image_fetcher, fetch_useful_images
from workers.ingest.shapes import ParsedNonPageDoc
from workers.ingest.website.session import CrawlSession, WebCrawlResources
from workers.web.fetch import FetchedResponse

#: Seconds for one page, including the wait for the site rate limit.
APP_STORE_PAGE_TIMEOUT_S = 25.0
APP_STORE_URL_SETTING_NAMES = ("itunes_api_url", "app_store_url", "play_url")
#: Addresses of Apple and Google. They are public: a resolver with a private address for them is wrong.
DEFAULT_APP_STORE_URLS = {
    field.default for field in msgspec.structs.fields(Settings) if field.name in APP_STORE_URL_SETTING_NAMES
}


class AppStoreAccess(NamedTuple):
    """Access to the stores for one job: Apple's lookup, and the addresses of both stores' web pages."""

    lookup: AppLookupClient
    web: WebCrawlResources
    parser: DocumentParser
    app_store_url: str
    play_url: str


class ParsedStoreListing(NamedTuple):
    """Listing that was read; `bundle_id` is Apple's, in lower case."""

    url: str
    document: ParsedNonPageDoc
    title: str | None = None
    warnings: Sequence[str] = ()
    bundle_id: str | None = None


def build_app_store_ssrf_policies(settings: Settings) -> AllowedOrigins:
    """Return the SSRF policies, by origin, of the store URLs that the operator has changed.

    A changed URL may be in the operator's own network. Default URLs have no policy.
    """
    addresses = (getattr(settings, name) for name in APP_STORE_URL_SETTING_NAMES)
    changed = (url for url in addresses if url not in DEFAULT_APP_STORE_URLS)
    return {origin: policy for url in changed for origin, policy in ssrf_guard.build_settings_url_policy(url).items()}


async def ingest_store_listings(
    stores: AppStoreAccess,
    *,
    listings: Sequence[RequestedStoreListing],
    country: str,
    progress: ReportProgress,
    model: BrandModel | None = None,
) -> BrandExtraction:
    """Read the store listings of an app, and return the brand extraction that merges them.

    A failed listing is a warning. Raises `SourceRateLimited` at once if a store limits requests, another
    `SourceError` if all listings fail.
    """
    await progress("fetching", 0.1)
    parts, warnings = await read_requested_store_listings(stores, listings, country)
    await progress("analyzing", 0.6)
    documents = [part.document for part in parts]
    images = [picture for document in documents for picture in document.pictures]
    return await assemble_brand_extraction(
        stores.parser,
        url=parts[0].url,
        title=parts[0].title,
        candidates=join_listing_links([candidate for document in documents for candidate in document.candidates]),
        passages=[passage for document in documents for passage in document.passages],
        facts=[fact for document in documents for fact in document.facts],
        warnings=[*warnings, *(warning for part in parts for warning in part.warnings)],
        model=model,
        pictures=fetch_useful_images(build_web_image_fetcher(stores.web), stores.parser, images),
    )


async def read_requested_store_listings(
    stores: AppStoreAccess, listings: Sequence[RequestedStoreListing], country: str
) -> tuple[list[ParsedStoreListing], list[str]]:
    """Read each listing once; return the read listings, at least one, and a warning for each failed listing.

    Raises `SourceRateLimited` at once, since the next attempt reads all listings again. If all listings fail,
    raises the first retryable error, else the first error.
    """
    parts: list[ParsedStoreListing] = []
    errors: list[SourceError] = []
    for listing in listings:
        if is_app_already_read_by_bundle_id(listing, parts):
            continue
        try:
            parts.append(await read_store_listing(stores, listing, country))
        except SourceRateLimited:
            raise
        except SourceError as error:
            errors.append(error)
    if not parts:
        raise next((error for error in errors if error.retryable), errors[0])
    return parts, [f"listing_unread: {error.message}" for error in errors]


def is_app_already_read_by_bundle_id(listing: RequestedStoreListing, parts: list[ParsedStoreListing]) -> bool:
    """Return whether a listing is the bundle id of an App Store app in `parts`; False for all other kinds."""
    return (
        isinstance(listing, AppStoreListingRef)
        and listing.by == "bundleId"
        and listing.value.casefold() in {part.bundle_id for part in parts}
    )


async def read_store_listing(
    stores: AppStoreAccess, listing: RequestedStoreListing, country: str
) -> ParsedStoreListing:
    requested = listing.country or country
    if isinstance(listing, GooglePlayListingReference):
        return await read_google_play_listing(stores, listing, requested)
    result = await look_up_apple_app(stores.lookup, listing, country=country)
    other_storefront = [f"storefront: not in the store of {requested}, but in that of {result.country}"]
    return await read_app_store_listing(stores, result, other_storefront if result.country != requested else [])


async def read_app_store_listing(
    stores: AppStoreAccess, result: AppWithStorefront, warnings: list[str]
) -> ParsedStoreListing:
    software = result.software
    page = f"{stores.app_store_url.rstrip('/')}/{result.country}/app/id{software.track_id}"
    url = strip_app_store_url_query(software.track_view_url or "") or page
    reading = await parse(stores.parser, shapes.FetchedStoreApp(url=url, country=result.country, software=software))
    subtitle, subtitle_warnings = await read_app_subtitle(stores, page, software.track_id or 0)
    document = msgspec.structs.replace(
        reading,
        candidates=[*reading.candidates, *subtitle.candidates],
        passages=[*subtitle.passages, *reading.passages],
    )
    bundle_id = (software.bundle_id or "").casefold()
    return ParsedStoreListing(url, document, software.track_name, [*warnings, *subtitle_warnings], bundle_id)


async def fetch_app_store_page(web: WebCrawlResources, url: str) -> FetchedResponse:
    """Fetch a store's page within robots.txt and rate limit. Raises `SourceTimeout` if slow, else a `SourceError`."""
    try:
        async with asyncio.timeout(APP_STORE_PAGE_TIMEOUT_S):
            return await CrawlSession(web).fetch_crawl_url(url)
    except TimeoutError as error:
        raise SourceTimeout("the store's page did not load in time") from error


async def read_app_subtitle(stores: AppStoreAccess, url: str, track_id: int) -> tuple[ParsedNonPageDoc, list[str]]:
    """Fetch an app's page in the App Store; return its subtitle as a parsed document, and warnings.

    Without a subtitle, or if the page can't be read, the document is empty and there is one warning. The
    metric `APPSTORE_SUBTITLE_READ_COUNTER` counts it as `read` or `missing`.
    """
    reading, reason = ParsedNonPageDoc(candidates=[]), "the app's page shows none"
    try:
        page = await fetch_app_store_page(stores.web, url)
        store_page = shapes.FetchedAppStoreWebPage(
            url=page.url, track_id=track_id, body=page.body, content_type=page.content_type
        )
        reading = await parse(stores.parser, store_page)
    except SourceError as error:
        reason = error.message
    metrics.APPSTORE_SUBTITLE_READ_COUNTER.labels("read" if reading.candidates else "missing").inc()
    return reading, [] if reading.candidates else [f"subtitle_missing: {reason}"]


async def read_google_play_listing(
    stores: AppStoreAccess, listing: GooglePlayListingReference, country: str
) -> ParsedStoreListing:
    """Fetch and parse an app's Google Play page, in the language of the listing's URL, of `country`, or in English.

    Raises `SourceNotFound` for an unknown app, `FetchedSourceUnusable` for a page that describes no app.
    """
    url = f"{stores.play_url.rstrip('/')}/store/apps/details?{urlencode({'id': listing.package})}"
    language = listing.language or f"{countries.find_likeliest_language_of_country(country) or 'en'}-{country.upper()}"
    try:
        page = await fetch_app_store_page(stores.web, f"{url}&{urlencode({'hl': language, 'gl': country.upper()})}")
    except SourceNotFound as error:
        raise SourceNotFound(
            f"Google Play has no app {listing.package} in {country}; check it, and the countryCode"
        ) from error
    document = shapes.FetchedGooglePlayWebPage(url=url, country=country, body=page.body, content_type=page.content_type)
    reading = await parse(stores.parser, document)
    if not reading.candidates:
        raise FetchedSourceUnusable(f"Google Play's page of {listing.package} describes no app; try again later")
    return ParsedStoreListing(url, reading)


def join_listing_links(candidates: list[FieldCandidate]) -> list[FieldCandidate]:
    """Return the candidates, with those of the field `links` merged into one at the end.

    The links of several listings complement each other. Of two links with one name the first counts.
    """
    link_candidates = [candidate for candidate in candidates if candidate.field == "links"]
    all_links: dict[str, str] = {}
    for candidate in reversed(link_candidates):
        all_links |= msgspec.convert(candidate.value, dict[str, str])
    merged = [msgspec.structs.replace(candidate, value=all_links) for candidate in link_candidates[:1]]
    return [candidate for candidate in candidates if candidate.field != "links"] + merged
