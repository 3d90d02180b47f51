"""The subtitle of an App Store page: in any of Apple's formats, of our app alone, never required."""

import json as stdlib
from typing import Any

import pytest

from schemas.brand import SourceFieldFinding
from tests.workers.ingest.appstore.store_server import FACEBOOK, ingest, json, look_up_path
from tests.workers.ingest.website.visits import warning_codes
from tests.workers.web.web import raw_response
from workers.ingest.appstore.shapes import FetchedAppStoreWebPage
from workers.ingest.appstore.subtitle import parse_app_subtitle_page
from workers.ingest.parser.parser import DocumentParser

PAGE = "/us/app/id284882215"
LISTING = {
    "wrapperType": "software",
    "trackId": 284882215,
    "trackName": "Acme: Team Planner",
    "description": "Plan the week of your whole team.",
}


def script(name: str, data: Any) -> str:
    return f'<script type="application/json" id="{name}">{stdlib.dumps(data)}</script>'


OTHER = {"id": "1", "adamId": "1", "subtitle": "Not ours", "attributes": {"subtitle": "Not ours"}}
OURS = {"name": "Acme", "subtitle": "All your plans"}
CACHED = {
    "id": "284882215",
    "attributes": {"name": "Acme", "platformAttributes": {"ios": OURS}},
    "relationships": {"related": {"data": [OTHER]}},
}
CACHE = script(
    "shoebox-media-api-cache-apps",
    {"other": stdlib.dumps({"d": [OTHER]}), "ours": stdlib.dumps({"x": 1, "d": [CACHED]})},
)
STORED = {"1": {"data": OTHER}, "284882215": {"data": {"id": "284882215", "attributes": OURS}}}
STORE = script("shoebox-ember-data-store", STORED)
SHELVES = {"shelf": [OTHER], "lockup": {"adamId": "284882215", **OURS}}
SERVER = script("serialized-server-data", [{"data": SHELVES}])
SVELTE = (
    '<script id=software-application type="application/ld+json">{"@type":"SoftwareApplication","name":"Acme"}'
    '</script><h1>Acme</h1><h2 class="subtitle svelte-1bm25t">All your plans</h2><h2>More</h2>'
)
EMBER = '<h2 class="product-header__subtitle app-header__subtitle">  All your\n plans </h2>'


def read(page: str) -> list[Any]:
    url = f"https://apps.apple.com{PAGE}"
    reading = parse_app_subtitle_page(FetchedAppStoreWebPage(url=url, track_id=284882215, body=page.encode()))
    return [candidate.value for candidate in reading.candidates]


@pytest.mark.parametrize("page", [CACHE, STORE, SERVER, SVELTE, EMBER])
async def test_each_page_format_is_read(page: str) -> None:
    assert read(page) == ["All your plans"]


@pytest.mark.parametrize(
    "page",
    [
        script("serialized-server-data", [OTHER]) + "<h1>Acme</h1>",
        script("serialized-server-data", {"adamId": 284882215, "subtitle": ["x"]}),
        '<script id="serialized-server-data">{"adamId": "284882215", "subt</script>',
        '<script id="shoebox-media-api-cache-apps">' + "[" * 20_000 + "</script>",
        script("elsewhere", {"adamId": "284882215", "subtitle": "Not here"}),
        f'<h2 class="subtitle">{"long " * 40}</h2>',
        '<h2 class="section__subtitle">Ratings</h2>',
    ],
)
async def test_other_texts_are_no_subtitle(page: str) -> None:
    assert read(page) == []


async def ingest_with_page(parser: DocumentParser, page: bytes) -> tuple[SourceFieldFinding, list[str]]:
    """Return the tagline, and the codes of the warnings."""
    listing = json(stdlib.dumps({"resultCount": 1, "results": [LISTING]}))
    charts = {"/us/charts": raw_response(body=SVELTE)}
    extraction, _ = await ingest(parser, {look_up_path(FACEBOOK): listing, PAGE: page, **charts}, FACEBOOK)
    return extraction.fields["tagline"], warning_codes(extraction)


async def test_a_subtitle_wins_over_title_and_description(parser: DocumentParser) -> None:
    tagline, warnings = await ingest_with_page(parser, raw_response(body=SERVER))
    assert (tagline.value, tagline.confidence, tagline.rule) == ("All your plans", 0.95, "appStore.subtitle")
    assert [alternative.value for alternative in tagline.alternatives] == [
        "Team Planner",
        "Plan the week of your whole team.",
    ]
    assert warnings == []


@pytest.mark.parametrize(
    "page",
    [
        raw_response(404),
        raw_response(429, retry_after="60"),
        raw_response(302, location="http://169.254.169.254/"),
        # A withdrawn app's address redirects to a page with other headings.
        raw_response(302, location="/us/charts"),
        raw_response(body="<div>" * 20_000),
    ],
)
async def test_a_page_without_a_subtitle_gives_one_warning(parser: DocumentParser, page: bytes) -> None:
    tagline, warnings = await ingest_with_page(parser, page)
    assert (tagline.value, warnings) == ("Team Planner", ["subtitle_missing"])
