"""The subtitle of an App Store page: in any of Apple's formats, of our app alone, never required."""

import json as stdlib
from typing import Any

import pytest

from schemas.brand import Extraction
from tests.workers.ingest.appstore.store_server import FACEBOOK, ingest, json, look_up_path
from tests.workers.web.web import Script, raw_response
from workers.ingest.parser.parser import Parser

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
CACHE = script(
    "shoebox-media-api-cache-apps",
    {
        "other": stdlib.dumps({"d": [OTHER]}),
        "ours": stdlib.dumps(
            {
                "x": 1,
                "d": [
                    {
                        "id": "284882215",
                        "attributes": {
                            "name": "Acme",
                            "platformAttributes": {"ios": {"subtitle": "All your plans"}},
                        },
                        "relationships": {"related": {"data": [OTHER]}},
                    }
                ],
            }
        ),
    },
)
STORE = script(
    "shoebox-ember-data-store",
    {
        "1": {"data": OTHER},
        "284882215": {"data": {"id": "284882215", "attributes": {"subtitle": "All your plans"}}},
    },
)
SERVER = script(
    "serialized-server-data",
    [
        {
            "data": {
                "shelf": [OTHER],
                "lockup": {"adamId": "284882215", "title": "Acme", "subtitle": "All your plans"},
            }
        }
    ],
)
SVELTE = (
    '<script id=software-application type="application/ld+json">{"@type":"SoftwareApplication","name":"Acme"}'
    '</script><h1>Acme</h1><h2 class="subtitle svelte-1bm25t">All your plans</h2><h2>More</h2>'
)
EMBER = '<h2 class="product-header__subtitle app-header__subtitle">  All your\n plans </h2>'


async def read(parser: Parser, page: bytes | Script, **answers: bytes) -> Extraction:
    listing = json(stdlib.dumps({"resultCount": 1, "results": [LISTING]}))
    extraction, _ = await ingest(parser, {look_up_path(FACEBOOK): listing, PAGE: page, **answers}, FACEBOOK)
    return extraction


@pytest.mark.parametrize("page", [CACHE, STORE, SERVER, SVELTE, EMBER])
async def test_each_page_format_is_read(parser: Parser, page: str) -> None:
    extraction = await read(parser, raw_response(body=page))
    tagline = extraction.fields["tagline"]
    assert (tagline.value, tagline.confidence, tagline.rule) == ("All your plans", 0.95, "appStore.subtitle")
    assert [alternative.value for alternative in tagline.alternatives] == [
        "Team Planner",
        "Plan the week of your whole team.",
    ]
    assert extraction.warnings == []


@pytest.mark.parametrize(
    "page",
    [
        raw_response(body=script("serialized-server-data", [OTHER]) + "<h1>Acme</h1>"),
        raw_response(body=script("serialized-server-data", {"adamId": 284882215, "subtitle": ["x"]})),
        raw_response(body='<script id="serialized-server-data">{"adamId": "284882215", "subt</script>'),
        raw_response(body='<script id="shoebox-media-api-cache-apps">' + "[" * 20_000 + "</script>"),
        raw_response(body=script("elsewhere", {"adamId": "284882215", "subtitle": "Not here"})),
        raw_response(body=f'<h2 class="subtitle">{"long " * 40}</h2>'),
        raw_response(body='<h2 class="section__subtitle">Ratings</h2>'),
        raw_response(404),
        raw_response(429, retry_after="60"),
        raw_response(302, location="http://169.254.169.254/"),
        raw_response(body="{}", content_type="application/json"),
        raw_response(body="x" * ((2 << 20) + 1)),
        raw_response(body="<div>" * 20_000),
    ],
)
async def test_a_page_without_a_subtitle_gives_one_warning(parser: Parser, page: bytes) -> None:
    extraction = await read(parser, page)
    assert extraction.fields["tagline"].value == "Team Planner"
    assert [warning.partition(":")[0] for warning in extraction.warnings] == ["subtitle_missing"]


async def test_a_heading_on_another_page_is_ignored(parser: Parser) -> None:
    """A withdrawn app's address redirects to such a page."""
    extraction = await read(
        parser, raw_response(302, location="/us/charts"), **{"/us/charts": raw_response(body=SVELTE)}
    )
    assert extraction.fields["tagline"].value == "Team Planner"
