"""Properties of any listing: reading ends, and values are clean and within their limits."""

import json as stdlib
from contextlib import suppress
from typing import Any

import httpx
import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from domain.brand.store_listings import InAppStore
from schemas.errors import SourceError
from workers.ingest.appstore import app, play, subtitle
from workers.ingest.appstore.app import StoreListing
from workers.ingest.appstore.lookup import choose_app, read_results
from workers.ingest.appstore.shapes import PlayPage, StorePage
from workers.ingest.shapes import ParsedDocument
from workers.web.fetch import FetchedResponse

LISTING = InAppStore(by="id", value="7")
LIMITS = {"appName": 80, "appDescription": 500, "tagline": 120, "logoUrl": 2048}
PIECES = some.sampled_from(
    [
        *(" - ", ": ", " – ", "\n", "\r\n", "\u2028", "<br>", "• ", "★★", "***", "# ", "1. ", "!", "..."),
        *("Acme", "FEATURES", "日本語。", "word " * 60, "It plans the week. ", "&amp;lt;", "😀"),
        *("\0", "\u202e", "\ud800", "http://", "https://", "https://acme.test/", '"', "<"),
    ]
)
TEXTS = some.lists(PIECES | some.text(max_size=8), max_size=12).map("".join)
APPS = some.builds(
    StoreListing,
    store=some.just("appStore"),
    url=some.just("https://apps.apple.com/us/app/id7"),
    country=some.sampled_from(["us", "jp", "aq"]),
    title=TEXTS,
    seller=TEXTS,
    website=TEXTS,
    short=TEXTS,
    description=TEXTS,
    genres=some.lists(TEXTS, max_size=3),
    icon=TEXTS,
)
HASHED = StoreListing(
    "appStore", "https://apps.apple.com/us/app/id7", "us", "", "", "", "", "", ["# Acme"], "", []
)
KEYS = some.sampled_from(
    [
        *("results", "errorMessage", "wrapperType", "trackId", "trackName", "bundleId", "genres"),
        *("description", "@type", "name", "author", "image", "url", "applicationCategory"),
        *("adamId", "id", "subtitle", "attributes", "platformAttributes", "data", "d"),
    ]
)
JSON: Any = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
thorough = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(listing=APPS)
@example(listing=HASHED)
@thorough
def test_any_listing_is_read_and_any_value_is_clean(listing: StoreListing) -> None:
    check(app.read(listing))


def check(reading: ParsedDocument) -> None:
    assert msgspec.msgpack.encode(reading)
    for candidate in reading.candidates:
        assert 0 < candidate.confidence <= 1
        for text in texts(candidate.value):
            assert text
            assert len(text) <= LIMITS.get(candidate.field, 2048), candidate.rule
            assert text == " ".join(text.split())
    for passage in reading.passages:
        assert passage.text == " ".join(passage.text.split())


def texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values() if isinstance(value, dict) else value)


@given(answer=JSON)
@thorough
def test_any_look_up_response_is_an_app_or_an_error(answer: Any) -> None:
    body = stdlib.dumps(answer).encode()
    fetched = FetchedResponse(url="https://itunes.test/", status=200, headers=httpx.Headers(), body=body)
    with suppress(SourceError):
        choose_app(read_results(fetched, LISTING), LISTING)


@given(data=JSON, broken=some.booleans())
@thorough
def test_any_app_store_page_is_read(data: Any, broken: bool) -> None:
    text = stdlib.dumps({"7": {"data": data}, "cache": stdlib.dumps(data), "adamId": "7"})[
        : -4 if broken else None
    ]
    for name in ("shoebox-media-api-cache-apps", "serialized-server-data"):
        body = f'<script id="{name}">{text}</script><h2 class="subtitle">{text[:40]}</h2>'.encode()
        check(subtitle.read(StorePage(url="https://apps.test/app/id7", track_id=7, body=body)))


@given(node=JSON)
@thorough
def test_any_page_of_google_play_is_read(node: Any) -> None:
    json_text = stdlib.dumps({**(node if isinstance(node, dict) else {}), "@type": "SoftwareApplication"})
    body = f'<script type="application/ld+json">{json_text}</script>'.encode()
    check(play.read(PlayPage(url="https://play.test/", country="us", body=body)))
