"""Client of Apple's look-up of apps: one GET for each storefront (Apple, "iTunes Search API", 2026-11).

A missing app is a 200 without results, an impossible id a body with `errorMessage`, and too many requests
are a 403 without a body. The type is `text/javascript`, and blank lines are first. `entity=software` would
leave out Mac apps, so it isn't sent.
"""

from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from domain.brand.store_listings import InAppStore
from schemas.errors import FetchFailed, SourceNotFound
from workers.ingest.appstore.rate import Limiter
from workers.ingest.appstore.shapes import Software
from workers.web.errors import retry_after
from workers.web.fetch import Fetched, Want, fetch

T = TypeVar("T")

#: Storefronts to try after the requested ones.
LARGEST = ("us", "gb", "de", "fr", "jp")
#: Seconds that a job's first look-up waits for a token, and its next ones, which have precedence over new
#: jobs.
FIRST_S, NEXT_S = 5.0, 30.0
#: Statuses that may mean too many requests.
THROTTLED = frozenset({403, 429, 503})
WANT = Want(
    accept="application/json,text/javascript", limit=1 << 20, passing=THROTTLED | {400, 404}, silence_s=10
)
#: Results that are read: an id has one.
MOST = 50
NO_LIST = "the App Store's look-up did not return a list of apps"
#: Bytes that may precede the first brace.
BLANK = b"\xef\xbb\xbf \t\r\n"


class Found(NamedTuple):
    """App, and the storefront that has it."""

    software: Software
    country: str


class LookupBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Body with one of the two. Results are decoded one by one, since 1 MiB can have 350,000."""

    results: list[msgspec.Raw] | None = None
    error_message: str | None = None


class Lookup(NamedTuple):
    """Access to the look-up for one job, at `api_url` and within the rate limit of `limiter`."""

    client: httpx.AsyncClient
    api_url: str
    limiter: Limiter


async def find(lookup: Lookup, listing: InAppStore, *, country: str) -> Found:
    """Find the app in the first storefront that has it. Raises `SourceError`: `SourceNotFound` if none
    has."""
    patience_s = FIRST_S
    for storefront in storefronts(listing, country):
        results = await ask(lookup, listing, storefront, patience_s)
        if software := chosen(results, listing):
            return Found(software, storefront)
        patience_s = NEXT_S
    raise SourceNotFound(f"the App Store has no app {listing.value}; check it, and the countryCode")


def storefronts(listing: InAppStore, country: str) -> list[str]:
    """Return the storefronts to request: the listing URL's, the given one, then the largest; each once."""
    return list(dict.fromkeys([*filter(None, [listing.country]), country, *LARGEST]))


async def ask(lookup: Lookup, listing: InAppStore, country: str, patience_s: float) -> list[Software]:
    await lookup.limiter.take(patience_s)
    query = urlencode({listing.by: listing.value, "country": country})
    fetched = await fetch(lookup.client, f"{lookup.api_url.rstrip('/')}/lookup?{query}", want=WANT)
    if fetched.status in THROTTLED:
        await lookup.limiter.cool_down(retry_after(fetched.headers))
    return results_of(fetched, listing)


def results_of(fetched: Fetched, listing: InAppStore) -> list[Software]:
    """Return the results; empty for an unknown storefront. Raises a `SourceError` for any other error."""
    body = decode(fetched.body, LookupBody)
    if body.results is not None:
        return [decode(one, Software) for one in body.results[:MOST]]
    if "country" in (body.error_message or ""):
        return []
    if body.error_message is None:
        raise FetchFailed(NO_LIST)
    raise SourceNotFound(f"the App Store does not accept {listing.value} as an app's {listing.by}; check it")


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(bytes(body).lstrip(BLANK), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FetchFailed(NO_LIST) from error


def chosen(results: list[Software], listing: InAppStore) -> Software | None:
    """Return the app among the results. Raises `SourceNotFound` for another kind's id, as a developer's."""
    apps = [one for one in results if one.wrapper_type == "software" and one.track_name]
    if results and not apps:
        kinds = ", ".join(sorted({one.wrapper_type or "nameless" for one in results}))
        raise SourceNotFound(f"{listing.value} is no app in the App Store ({kinds}); give an app's own page")
    return next((one for one in apps if is_meant(one, listing)), None)


def is_meant(software: Software, listing: InAppStore) -> bool:
    if listing.by == "id":
        return str(software.track_id) == listing.value
    return (software.bundle_id or "").casefold() == listing.value.casefold()
