"""Ingest of store listings: reads each listing that the partner names, and merges them."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from domain.brand.store_listings import InAppStore, InGooglePlay, Listing
from schemas.brand import Candidate, Extraction
from schemas.errors import SourceError, SourceRateLimited
from workers.ingest.appstore import shapes
from workers.ingest.appstore.address import without_query
from workers.ingest.appstore.lookup import Lookup, StorefrontResult, find
from workers.ingest.appstore.pages import read_play, read_subtitle
from workers.ingest.assemble import assemble
from workers.ingest.parser.parser import Parser
from workers.ingest.parser.parser import read as parse
from workers.ingest.perform import Progress
from workers.ingest.pictures.fetch_images import fetch_images
from workers.ingest.shapes import CandidateImage, Passage
from workers.ingest.website.session import Web
from workers.llm.endpoint import Model


class StoreAccess(NamedTuple):
    """Access to the stores for one job: Apple's lookup, and the addresses of both stores' web pages."""

    lookup: Lookup
    web: Web
    parser: Parser
    app_store_url: str
    play_url: str


class ListingPart(NamedTuple):
    """Listing that was read; `bundle_id` is Apple's, in lower case."""

    url: str
    title: str | None
    candidates: list[Candidate]
    passages: list[Passage]
    pictures: list[CandidateImage]
    warnings: list[str]
    bundle_id: str | None = None


async def ingest(
    stores: StoreAccess,
    *,
    listings: Sequence[Listing],
    country: str,
    progress: Progress,
    model: Model | None = None,
) -> Extraction:
    """Return the extraction. Raises a `SourceError` if all listings fail; a single failure is a warning."""
    await progress("fetching", 0.1)
    parts, warnings = await read_all(stores, listings, country)
    await progress("analyzing", 0.6)
    first = parts[0]
    return await assemble(
        stores.parser,
        url=first.url,
        title=first.title,
        candidates=with_links([candidate for part in parts for candidate in part.candidates]),
        passages=[passage for part in parts for passage in part.passages],
        warnings=[*warnings, *(warning for part in parts for warning in part.warnings)],
        model=model,
        pictures=fetch_images(
            stores.web, stores.parser, [picture for part in parts for picture in part.pictures]
        ),
    )


async def read_all(
    stores: StoreAccess, listings: Sequence[Listing], country: str
) -> tuple[list[ListingPart], list[str]]:
    """Return at least one part, and warnings. A rate limit is raised at once: all are read again after it.

    If all listings fail, a retryable error is raised before others: the next attempt may succeed.
    """
    parts: list[ListingPart] = []
    errors: list[SourceError] = []
    for listing in listings:
        if is_already_read(listing, parts):
            continue
        try:
            parts.append(await read(stores, listing, country))
        except SourceRateLimited:
            raise
        except SourceError as error:
            errors.append(error)
    if not parts:
        raise next((error for error in errors if error.retryable), errors[0])
    return parts, [f"listing_unread: {error.message}" for error in errors]


def is_already_read(listing: Listing, parts: list[ListingPart]) -> bool:
    """Return whether the listing is a bundle id of an app that was read by its URL."""
    return (
        isinstance(listing, InAppStore)
        and listing.by == "bundleId"
        and listing.value.casefold() in {part.bundle_id for part in parts}
    )


async def read(stores: StoreAccess, listing: Listing, country: str) -> ListingPart:
    if isinstance(listing, InGooglePlay):
        url, reading = await read_play(stores.web, stores.parser, stores.play_url, listing, country=country)
        return ListingPart(url, None, reading.candidates, reading.passages, reading.pictures, [])
    result = await find(stores.lookup, listing, country=country)
    requested = listing.country or country
    other_storefront = [f"storefront: not in the store of {requested}, but in that of {result.country}"]
    return await read_app(stores, result, other_storefront if result.country != requested else [])


async def read_app(stores: StoreAccess, result: StorefrontResult, warnings: list[str]) -> ListingPart:
    software = result.software
    page = f"{stores.app_store_url.rstrip('/')}/{result.country}/app/id{software.track_id}"
    url = without_query(software.track_view_url or "") or page
    document = shapes.Listing(url=url, country=result.country, software=software)
    reading = await parse(stores.parser, document)
    subtitle, subtitle_warnings = await read_subtitle(
        stores.web, stores.parser, page, track_id=software.track_id or 0
    )
    return ListingPart(
        url=url,
        title=software.track_name,
        candidates=[*reading.candidates, *subtitle.candidates],
        passages=[*subtitle.passages, *reading.passages],
        pictures=reading.pictures,
        warnings=[*warnings, *subtitle_warnings],
        bundle_id=(software.bundle_id or "").casefold(),
    )


def with_links(candidates: list[Candidate]) -> list[Candidate]:
    """Merge the links of all listings into one candidate, since they complement each other."""
    link_candidates = [candidate for candidate in candidates if candidate.field == "links"]
    all_links: dict[str, str] = {}
    for candidate in reversed(link_candidates):
        all_links |= msgspec.convert(candidate.value, dict[str, str])
    merged = [msgspec.structs.replace(candidate, value=all_links) for candidate in link_candidates[:1]]
    return [candidate for candidate in candidates if candidate.field != "links"] + merged
