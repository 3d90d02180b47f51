"""Client of Apple's lookup of apps: one GET for each storefront (Apple, "iTunes Search API", 2026-11).

A missing app is a 200 without results, an impossible id a body with `errorMessage`, and too many requests
are a 403 without a body. The type is `text/javascript`, and blank lines are first. `entity=software` would
leave out Mac apps, so it isn't sent.
"""

from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from domain.brand.store_listings import AppStoreListingRef
from schemas.errors import FetchFailed, SourceNotFound
from workers.ingest.appstore.rate import UpstreamLimiter
from workers.ingest.appstore.shapes import AppLookupResult
from workers.web.errors import read_retry_after_s
from workers.web.fetch import FetchedResponse, FetchResponseLimits, fetch_url

T = TypeVar("T")

#: Storefronts to try after the requested ones.
LARGEST_STOREFRONTS = ("us", "gb", "de", "fr", "jp")
#: Seconds that a job's first lookup waits for a token.
MAX_FIRST_APP_LOOKUP_TOKEN_WAIT_S = 5.0
#: Seconds that its next lookups wait: they have precedence over new jobs.
MAX_NEXT_APP_LOOKUP_TOKEN_WAIT_S = 30.0
APP_LOOKUP_THROTTLED_STATUSES = frozenset({403, 429, 503})
APP_LOOKUP_RESPONSE_LIMITS = FetchResponseLimits(
    accept="application/json,text/javascript",
    limit=1 << 20,
    passing=APP_LOOKUP_THROTTLED_STATUSES | {400, 404},
    silence_s=10,
)
#: Results that are read: an id has one.
MAX_APP_LOOKUP_RESULT_COUNT = 50
BAD_APP_LOOKUP_BODY_MESSAGE = "the App Store's lookup did not return a list of apps"
#: Bytes that may precede the first brace.
BLANKS_TO_STRIP_BEFORE_JSON = b"\xef\xbb\xbf \t\r\n"


class AppWithStorefront(NamedTuple):
    """App, and the storefront that has it."""

    software: AppLookupResult
    country: str


class AppLookupResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Body of a lookup's response: either `results` or `error_message`.

    Results are decoded one by one, since 1 MiB can have 350,000.
    """

    results: list[msgspec.Raw] | None = None
    error_message: str | None = None


class AppLookupClient(NamedTuple):
    """Access to the lookup for one job, at `api_url` and within the rate limit of `limiter`."""

    client: httpx.AsyncClient
    api_url: str
    limiter: UpstreamLimiter


async def look_up_apple_app(lookup: AppLookupClient, listing: AppStoreListingRef, *, country: str) -> AppWithStorefront:
    """Return the app of a listing from the first App Store storefront that has it: its own, `country`, the largest.

    Raises `SourceNotFound` if no storefront has the app, another `SourceError` if a lookup fails.
    """
    patience_s = MAX_FIRST_APP_LOOKUP_TOKEN_WAIT_S
    for storefront in list_storefronts_to_try(listing, country):
        results = await request_app_lookup(lookup, listing, storefront, patience_s)
        if software := choose_requested_app(results, listing):
            return AppWithStorefront(software, storefront)
        patience_s = MAX_NEXT_APP_LOOKUP_TOKEN_WAIT_S
    raise SourceNotFound(f"the App Store has no app {listing.value}; check it, and the countryCode")


def list_storefronts_to_try(listing: AppStoreListingRef, country: str) -> list[str]:
    """Return the App Store storefronts to request, each once: the URL's, `country`, then `LARGEST_STOREFRONTS`."""
    return list(dict.fromkeys([*filter(None, [listing.country]), country, *LARGEST_STOREFRONTS]))


async def request_app_lookup(
    lookup: AppLookupClient, listing: AppStoreListingRef, country: str, patience_s: float
) -> list[AppLookupResult]:
    await lookup.limiter.take(patience_s)
    query = urlencode({listing.by: listing.value, "country": country})
    fetched = await fetch_url(
        lookup.client, f"{lookup.api_url.rstrip('/')}/lookup?{query}", want=APP_LOOKUP_RESPONSE_LIMITS
    )
    if fetched.status in APP_LOOKUP_THROTTLED_STATUSES:
        await lookup.limiter.cool_down(read_retry_after_s(fetched.headers))
    return read_app_lookup_results(fetched, listing)


def read_app_lookup_results(fetched: FetchedResponse, listing: AppStoreListingRef) -> list[AppLookupResult]:
    """Return the results in a response of Apple's lookup, at most `MAX_APP_LOOKUP_RESULT_COUNT`.

    Return an empty list for an unknown storefront. Raises `SourceNotFound` for an id that Apple doesn't
    accept, `FetchFailed` for a body in another form.
    """
    body = decode_app_lookup(fetched.body, AppLookupResponse)
    if body.results is not None:
        return [decode_app_lookup(result, AppLookupResult) for result in body.results[:MAX_APP_LOOKUP_RESULT_COUNT]]
    if "country" in (body.error_message or ""):
        return []
    if body.error_message is None:
        raise FetchFailed(BAD_APP_LOOKUP_BODY_MESSAGE)
    raise SourceNotFound(f"the App Store does not accept {listing.value} as an app's {listing.by}; check it")


def decode_app_lookup(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(bytes(body).lstrip(BLANKS_TO_STRIP_BEFORE_JSON), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FetchFailed(BAD_APP_LOOKUP_BODY_MESSAGE) from error


def choose_requested_app(results: list[AppLookupResult], listing: AppStoreListingRef) -> AppLookupResult | None:
    """Return the requested app among the results of Apple's lookup; None if it isn't there.

    Raises `SourceNotFound` if no result is an app, as for a developer's id.
    """
    apps = [result for result in results if result.wrapper_type == "software" and result.track_name]
    if results and not apps:
        kinds = ", ".join(sorted({result.wrapper_type or "nameless" for result in results}))
        raise SourceNotFound(f"{listing.value} is no app in the App Store ({kinds}); give an app's own page")
    return next((result for result in apps if is_requested_app(result, listing)), None)


def is_requested_app(software: AppLookupResult, listing: AppStoreListingRef) -> bool:
    if listing.by == "id":
        return str(software.track_id) == listing.value
    return (software.bundle_id or "").casefold() == listing.value.casefold()
