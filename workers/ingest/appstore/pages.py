"""The stores' web pages: Google's is all that there is of an Android app, Apple's adds a subtitle."""

import asyncio
from urllib.parse import urlencode

from domain.brand.store_listings import InGooglePlay
from domain.values import countries
from schemas.errors import FetchTimeout, ScrapeFailed, SourceError, SourceNotFound
from telemetry import metrics
from workers.ingest.appstore.shapes import PlayPage, StorePage
from workers.ingest.parser.parser import Parser, read
from workers.ingest.shapes import Reading
from workers.ingest.website.session import Session, Web
from workers.web.fetch import Fetched

#: For one page, the wait for its turn included: few requests at once go to a store from one worker.
PAGE_S = 25.0


async def get(web: Web, url: str) -> Fetched:
    """By robots.txt and at a site's pace, as any page."""
    try:
        async with asyncio.timeout(PAGE_S):
            return await Session(web).get(url)
    except TimeoutError as error:
        raise FetchTimeout("the store's page did not come in time") from error


async def read_subtitle(web: Web, parser: Parser, url: str, *, track_id: int) -> tuple[Reading, list[str]]:
    """Never required: a page without one, and one that can't be had, are a warning."""
    try:
        reading, trouble = await read_store_page(web, parser, url, track_id), "the app's page shows none"
    except SourceError as error:
        reading, trouble = Reading(candidates=[]), error.message
    metrics.SUBTITLES.labels("read" if reading.candidates else "missing").inc()
    return reading, [] if reading.candidates else [f"subtitle_missing: {trouble}"]


async def read_store_page(web: Web, parser: Parser, url: str, track_id: int) -> Reading:
    page = await get(web, url)
    question = StorePage(url=page.url, track_id=track_id, body=page.body, content_type=page.content_type)
    return await read(parser, question)


async def read_play(
    web: Web, parser: Parser, base_url: str, listing: InGooglePlay, *, country: str
) -> tuple[str, Reading]:
    """The listing's address, and what it says. Raises a `SourceError`."""
    where = listing.country or country
    url = f"{base_url.rstrip('/')}/store/apps/details?{urlencode({'id': listing.package})}"
    try:
        page = await get(web, f"{url}&{urlencode({'hl': spoken(listing, where), 'gl': where.upper()})}")
    except SourceNotFound as error:
        raise SourceNotFound(
            f"Google Play has no app {listing.package} in {where}; check it, and the countryCode"
        ) from error
    question = PlayPage(url=url, country=where, body=page.body, content_type=page.content_type)
    reading = await read(parser, question)
    if not reading.candidates:
        raise ScrapeFailed(f"Google Play's page of {listing.package} describes no app; try again later")
    return url, reading


def spoken(listing: InGooglePlay, country: str) -> str:
    """The language to ask for: the URL's, or the country's, as the App Store would show it."""
    return listing.language or f"{countries.language(country) or 'en'}-{country.upper()}"
