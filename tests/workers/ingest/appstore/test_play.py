"""Google Play's page of an app, and both stores in one ingest."""

import json as stdlib
from typing import Any

import pytest

from domain.brand.store_listings import AppStoreListingRef, GooglePlayListingReference
from schemas.brand import BrandExtraction
from schemas.errors import (
    FetchedSourceUnusable,
    FetchFailed,
    RobotsDisallowed,
    SourceError,
    SourceNotFound,
    SourceRateLimited,
)
from tests.workers.ingest.appstore.store_server import NOTHING, ingest, json, look_up_path, play_path
from tests.workers.web.web import raw_response, robots_txt
from workers.ingest.parser.parser import DocumentParser

APP = GooglePlayListingReference(package="com.example.acme")
SHORT = "Every plan of your team in one place"
WHOLE = "Acme keeps the plans of your team.<br><br>It is free for small teams.<br>• Lists<br>• Notes"
NODE: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "SoftwareApplication",
    "name": "Acme: Team Planner",
    "url": "https://play.google.com/store/apps/details/Acme?id=com.example.acme&hl=en_US&gl=US",
    "description": SHORT,
    "operatingSystem": "ANDROID",
    "applicationCategory": "HEALTH_AND_FITNESS",
    "image": "https://play-lh.googleusercontent.com/acme",
    "contentRating": "Everyone",
    "author": {"@type": "Person", "name": "Acme Inc.", "url": "https://acme.example/"},
    "offers": [{"@type": "Offer", "price": "0"}],
}


def page(whole_description: str | None = WHOLE, **changed: Any) -> bytes:
    node = stdlib.dumps(NODE | changed)
    description_html = (
        "" if whole_description is None else f'<div class="bARER" data-g-id="description">{whole_description}</div>'
    )
    return raw_response(
        body="<html lang=en-US><title>Acme: Team Planner – Apps on Google Play</title>"
        '<meta property="og:site_name" content="Google Play">'
        f'<script type="application/ld+json">{node}</script><h1>Acme</h1>{description_html}'
    )


async def read(parser: DocumentParser, answer: bytes, **further_answers: bytes) -> BrandExtraction:
    return (await ingest(parser, {play_path(APP): answer, **further_answers}, APP))[0]


async def test_an_apps_page_is_read(parser: DocumentParser) -> None:
    extraction, site = await ingest(parser, {play_path(APP): page()}, APP)
    assert site.paths == ["/robots.txt", "/store/apps/details?id=com.example.acme&hl=en-US&gl=US"]
    url = site.url("/store/apps/details?id=com.example.acme")
    assert extraction.url == url
    fields: dict[str, Any] = {name: finding.value for name, finding in extraction.fields.items()}
    assert fields["appName"] == "Acme"
    assert fields["tagline"] == SHORT
    assert fields["appDescription"] == "Acme keeps the plans of your team. It is free for small teams."
    assert "health and fitness" not in fields.get("keywords", [])
    assert fields["logoUrl"] == "https://play-lh.googleusercontent.com/acme"
    assert fields["links"] == {"website": "https://acme.example/", "googlePlay": url}
    assert fields["primaryLanguage"] == "en"
    assert extraction.fields["tagline"].rule == "googlePlay.short"
    assert extraction.warnings == []


@pytest.mark.parametrize(
    ("listing", "hl", "gl", "country"),
    [
        (APP, "de-DE", "DE", "de"),
        (GooglePlayListingReference(package="com.example.acme", language="fr", country="ch"), "fr", "CH", "us"),
        (APP, "en-AQ", "AQ", "aq"),
    ],
)
async def test_language_comes_from_the_url_else_the_country(
    parser: DocumentParser, listing: GooglePlayListingReference, hl: str, gl: str, country: str
) -> None:
    extraction, _ = await ingest(parser, {play_path(listing, hl, gl): page()}, listing, country=country)
    assert extraction.fields["appName"].value == "Acme"


@pytest.mark.parametrize(
    ("changed", "field", "value"),
    [
        ({"description": "Acme keeps the plans of your team. " * 9}, "tagline", "Team Planner"),
        ({"author": {"url": "https://play.google.com/store/apps/dev?id=7"}}, "links", None),
        ({"author": "Acme"}, "links", None),
        ({"author": {"url": "https://["}, "image": "http://["}, "links", None),
    ],
)
async def test_pages_with_missing_parts_are_read(
    parser: DocumentParser, changed: dict[str, Any], field: Any, value: Any
) -> None:
    value_found: Any = (await read(parser, page(None, **changed))).fields[field].value
    if field == "links":
        assert list(value_found) == ["googlePlay"]
    else:
        assert (value_found[: len(value)] if field == "keywords" else value_found) == value


async def test_a_short_description_alone_becomes_the_description(parser: DocumentParser) -> None:
    extraction = await read(parser, page(None))
    assert extraction.fields["appDescription"].value == SHORT
    assert extraction.fields["appDescription"].confidence == 0.5


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (raw_response(404), SourceNotFound),
        (raw_response(body="<h1>Before you continue</h1>"), FetchedSourceUnusable),
        (page(None, **{"@type": "WebSite"}), FetchedSourceUnusable),
    ],
)
async def test_each_failure_has_its_code(parser: DocumentParser, answer: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        await read(parser, answer)


async def test_robots_txt_is_obeyed(parser: DocumentParser) -> None:
    with pytest.raises(RobotsDisallowed):
        await read(parser, page(), **{"/robots.txt": robots_txt("Disallow: /store/apps/")})


BUNDLE = AppStoreListingRef(by="bundleId", value="com.example.acme")
BY_ID = AppStoreListingRef(by="id", value="7")
RESULT: dict[str, Any] = {
    "wrapperType": "software",
    "trackId": 7,
    "trackName": "Acme",
    "bundleId": "com.example.Acme",
    "description": "Acme is the planner of your team. It keeps everything that you decide.",
    "trackViewUrl": "https://apps.apple.com/us/app/acme/id7?uo=4",
    "genres": ["Productivity"],
    "sellerUrl": "https://acme.example/ios",
}
FOUND = json(stdlib.dumps({"resultCount": 1, "results": [RESULT]}))


async def test_both_stores_are_merged(parser: DocumentParser) -> None:
    answers = {look_up_path(BUNDLE): FOUND, play_path(APP): page()}
    extraction, site = await ingest(parser, answers, BUNDLE, APP)
    fields: dict[str, Any] = {name: finding.value for name, finding in extraction.fields.items()}
    assert extraction.fields["appName"].confidence == 0.98
    assert fields["appDescription"].startswith("Acme is the planner of your team.")
    assert fields["tagline"] == SHORT
    assert fields["links"] == {
        "website": "https://acme.example/ios",
        "appStore": "https://apps.apple.com/us/app/acme/id7",
        "googlePlay": site.url("/store/apps/details?id=com.example.acme"),
    }
    assert extraction.url == "https://apps.apple.com/us/app/acme/id7"


async def test_a_bundle_id_of_the_app_already_read_costs_no_request(parser: DocumentParser) -> None:
    extraction, site = await ingest(parser, {look_up_path(BY_ID): FOUND}, BY_ID, BUNDLE)
    assert [path for path in site.paths if path.startswith("/lookup")] == [look_up_path(BY_ID)]
    assert extraction.fields["appName"].value == "Acme"


async def test_one_failed_listing_of_several_is_a_warning(parser: DocumentParser) -> None:
    extraction, _ = await ingest(parser, {play_path(APP): raw_response(404), look_up_path(BY_ID): FOUND}, APP, BY_ID)
    assert extraction.url == "https://apps.apple.com/us/app/acme/id7"
    assert [warning.partition(":")[0] for warning in extraction.warnings] == ["listing_unread", "subtitle_missing"]


@pytest.mark.parametrize(("status", "error"), [(403, SourceNotFound), (503, FetchFailed)])
async def test_when_all_listings_fail_a_retryable_error_or_the_first_is_raised(
    parser: DocumentParser, status: int, error: type[SourceError]
) -> None:
    nothing = {look_up_path(BY_ID, country): json(NOTHING) for country in ("us", "gb", "de", "fr", "jp")}
    with pytest.raises(error) as caught:
        await ingest(parser, {**nothing, play_path(APP): raw_response(status)}, BY_ID, APP)
    assert caught.value.retryable is (status == 503)


async def test_a_rate_limit_at_one_store_ends_the_attempt(parser: DocumentParser) -> None:
    with pytest.raises(SourceRateLimited):
        await ingest(parser, {play_path(APP): page(), look_up_path(BY_ID): json("", 403)}, APP, BY_ID)
