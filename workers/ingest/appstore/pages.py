"""Web pages of the stores: Google's only source of an app, and Apple's for the subtitle."""

import asyncio
from urllib.parse import urlencode

from domain.brand.store_listings import InGooglePlay
from domain.values import countries
from schemas.errors import FetchTimeout, ScrapeFailed, SourceError, SourceNotFound
from telemetry import metrics
from workers.ingest.appstore.shapes import PlayPage, StorePage
from workers.ingest.parser.parser import Parser, read
from workers.ingest.shapes import ParsedDocument
from workers.ingest.website.session import CrawlSession, Web
from workers.web.fetch import FetchedResponse

#: Seconds for one page, including the wait for the site rate limit.
PAGE_S = 25.0


async def get(web: Web, url: str) -> FetchedResponse:
    """Fetch the page, by robots.txt and the site rate limit."""
    try:
        async with asyncio.timeout(PAGE_S):
            return await CrawlSession(web).get(url)
    except TimeoutError as error:
        raise FetchTimeout("the store's page did not load in time") from error


async def read_subtitle(
    web: Web, parser: Parser, url: str, *, track_id: int
) -> tuple[ParsedDocument, list[str]]:
    """Read the subtitle; add a warning if the page has none, or can't be read."""
    try:
        reading, reason = await read_store_page(web, parser, url, track_id), "the app's page shows none"
    except SourceError as error:
        reading, reason = ParsedDocument(candidates=[]), error.message
    metrics.SUBTITLES.labels("read" if reading.candidates else "missing").inc()
    return reading, [] if reading.candidates else [f"subtitle_missing: {reason}"]


async def read_store_page(web: Web, parser: Parser, url: str, track_id: int) -> ParsedDocument:
    page = await get(web, url)
    document = StorePage(url=page.url, track_id=track_id, body=page.body, content_type=page.content_type)
    return await read(parser, document)


async def read_play(
    web: Web, parser: Parser, base_url: str, listing: InGooglePlay, *, country: str
) -> tuple[str, ParsedDocument]:
    """Return the listing's address and its reading. Raises a `SourceError`."""
    storefront = listing.country or country
    url = f"{base_url.rstrip('/')}/store/apps/details?{urlencode({'id': listing.package})}"
    try:
        page = await get(
            web, f"{url}&{urlencode({'hl': language_of(listing, storefront), 'gl': storefront.upper()})}"
        )
    except SourceNotFound as error:
        raise SourceNotFound(
            f"Google Play has no app {listing.package} in {storefront}; check it, and the countryCode"
        ) from error
    document = PlayPage(url=url, country=storefront, body=page.body, content_type=page.content_type)
    reading = await read(parser, document)
    if not reading.candidates:
        raise ScrapeFailed(f"Google Play's page of {listing.package} describes no app; try again later")
    return url, reading


def language_of(listing: InGooglePlay, country: str) -> str:
    """Return the language to request: the listing URL's, else the country's, as in the App Store."""
    return listing.language or f"{countries.language(country) or 'en'}-{country.upper()}"
