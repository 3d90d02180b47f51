"""Recorded responses of Apple's lookup, checked field by field."""

import json as stdlib
from typing import Any

import msgspec
import pytest

from schemas.brand import BrandFieldName, SourceFieldFinding
from tests.workers.ingest.appstore.store_server import recorded
from workers.ingest.appstore import app, play
from workers.ingest.appstore.shapes import AppLookupResult, FetchedGooglePlayWebPage, FetchedStoreApp
from workers.ingest.choose import choose_brand_findings
from workers.ingest.derive.declared import drop_vague_taglines_and_keywords
from workers.ingest.page.text import fold_text

URL = "https://apps.apple.com/us/app/acme/id7"

#: Brand and line of names with more than the brand, read by a person.
BRANDS: dict[str, tuple[str, str | None]] = {
    "Spark – Email App by Readdle": ("Spark", "Email App by Readdle"),
    "Moxtra: Business Collaboration": ("Moxtra", "Business Collaboration"),
    "Flock: Team Communication App": ("Flock", "Team Communication App"),
    "Talon – Webhooks & More": ("Talon", "Webhooks & More"),
    "Building Block - Castle & City Craft Simulator": ("Building Block", "Castle & City Craft Simulator"),
    "Team.biz - Business Messaging": ("Team.biz", "Business Messaging"),
    "Swit - Team collaboration hub": ("Swit", "Team collaboration hub"),
    "Slacker - auto mouse mover": ("Slacker", "auto mouse mover"),
    "Grape - Messenger": ("Grape", None),
    "ChannelScrobbler - Real-time scrobble bot for Last.fm/Slack": (
        "ChannelScrobbler",
        "Real-time scrobble bot for Last.fm/Slack",
    ),
    "LEON - a wellness app": ("LEON", "a wellness app"),
}

#: Apps with only questions above their list.
WITHOUT_DESCRIPTION = {"TeamTimes"}


def recordings() -> list[dict[str, Any]]:
    names = ("itunesLookup-284882215.json", "bbedit.json", "slack-lookup.json", "slack.json")
    return [result for name in names for result in stdlib.loads(recorded(name))["results"]]


def test_every_recorded_listing_is_read_exactly() -> None:
    for result in recordings():
        check(result, {name: finding.value for name, finding in findings(result).items()})


def findings(result: dict[str, Any], country: str = "us") -> dict[BrandFieldName, SourceFieldFinding]:
    """Return the winning value of each field of a lookup's result."""
    software = msgspec.convert(result, AppLookupResult)
    reading = app.extract_brand_candidates_of_apple_app(FetchedStoreApp(url=URL, country=country, software=software))
    return choose_brand_findings(drop_vague_taglines_and_keywords(URL, reading.candidates))


def check(result: dict[str, Any], fields: dict[str, Any]) -> None:
    brand, tail = BRANDS.get(result["trackName"], (result["trackName"], None))
    assert fields["appName"] == brand
    if tail is not None:
        assert fields["tagline"] == tail
    assert "keywords" not in fields
    assert fields["logoUrl"] == result["artworkUrl512"].replace("http://", "https://")
    assert fields["primaryLanguage"] == "en"
    website = result.get("sellerUrl", "").replace("http://", "https://")
    links = {"website": website, "appStore": URL}
    assert fields["links"] == {name: url for name, url in links.items() if url}
    assert 0 < len(fields.get("appDescription", "")) <= 500 or result["trackName"] in WITHOUT_DESCRIPTION
    assert fold_text(fields.get("appDescription", "")) in fold_text(result["description"])


SHOUTED = """★★★★★ Editors' Choice ★★★★★
"The best one" – A Magazine
*** NEW: DARK MODE ***

Plan your week in one place.\u2028It keeps up with you &amp; your team.\r
FEATURES
• Share lists
1. Add a note
▸ Print it"""


@pytest.mark.parametrize(
    ("description", "opening"),
    [
        (SHOUTED, "Plan your week in one place. It keeps up with you & your team."),
        ("!" * 100_000 + "a", None),
        ("• Lists that you share.\n• Notes for you", None),
        ("🗓 Plan your week at once.\n🚫 No ads at all.\n🔒 Nobody reads it.", "Plan your week at once."),
        ("A week, planned by\nall.\n- Share it\nwith me.", "A week, planned by all."),
        ("Too many lists? Acme sorts them for you. Free for 7 days, then $4.99.", "Acme sorts them for you."),
        ("Acme 3 is now available!\nWinner of an award.\n\nPlan a whole week.", "Plan a whole week."),
        ("Plan every week in peace. #quiet\n- Lists", "Plan every week in peace. #quiet"),
        ("Plan weeks in peace. Only $2!\nMore weeks are in here.", "Plan weeks in peace."),
        ("Lists, notes", "Lists, notes"),
        ("A calculator for everyone\n\n📖 Features\n\t* Light\n\t* Quick", "A calculator for everyone"),
        ("すべての予定をひとつの場所に。\n・共有", "すべての予定をひとつの場所に。"),
        ("Alles an einem Ort:\n- Listen\n\nSie sparen jeden Tag Zeit.", "Sie sparen jeden Tag Zeit."),
        ("━━━━━━\nYour plans are safe here.\n━━━━━━\nMore plans are too.", "Your plans are safe here."),
        ("One sentence that is said. " * 40, ("One sentence that is said. " * 18).strip()),
    ],
)  # fmt: skip
def test_opening_of_a_description(description: str, opening: str | None) -> None:
    assert read_description(description).get("appDescription") == opening


@pytest.mark.parametrize(
    ("country", "description", "language"),
    [
        ("us", "Alle Termine Ihres Teams an einem Ort, übersichtlich und sicher aufbewahrt. " * 4, "de"),
        ("jp", "Every date of your team in one place, easy to see and safely kept. " * 4, "en"),
        ("de", "", "de"),
        ("jp", "", "ja"),
    ],
)
def test_text_language_wins_over_the_storefronts(country: str, description: str, language: str) -> None:
    fields = read_description(description, country=country, languageCodesISO2A=["ZH"])
    assert fields["primaryLanguage"] == language


@pytest.mark.parametrize(
    ("title", "brand", "line"),
    [
        ("Duolingo：学习英语和法语", "Duolingo", "学习英语和法语"),
        ("メルカリ-フリマアプリ＆フリマサイト", "メルカリ", "フリマアプリ＆フリマサイト"),
        ("楽天ペイ｜かんたん、お得なスマホ決済アプリ", "楽天ペイ", "かんたん、お得なスマホ決済アプリ"),
        ("PayPay-ペイペイ", "PayPay-ペイペイ", None),
        ("N26 — Die Bank in einem", "N26", "Die Bank in einem"),
        ("Microsoft 365 (Office)", "Microsoft 365", None),
        ("Wetter.com", "Wetter.com", None),
        ("Things 3", "Things 3", None),
    ],
)
def test_app_name_is_split_from_its_tagline(title: str, brand: str, line: str | None) -> None:
    fields = read_description("", trackName=title)
    assert (fields["appName"], fields.get("tagline")) == (brand, line)


def test_a_bare_listing_is_read() -> None:
    """The seller, artwork and page are missing from some responses."""
    fields = read_description("", trackName=" Acme ")
    assert fields["appName"] == "Acme"
    assert "keywords" not in fields
    assert "appDescription" not in fields
    assert list(fields["links"]) == ["appStore"]


@pytest.mark.parametrize(
    "website",
    [
        "javascript:alert(1)", "https://[", "https://u:p@acme.example/", "http://a b.example", "slack.com",
        "https://", "",
    ],
)  # fmt: skip
def test_invalid_websites_are_left_out(website: str) -> None:
    assert list(read_description("x", sellerUrl=website)["links"]) == ["appStore"]


def read_description(description: str, *, country: str = "us", **result_fields: Any) -> dict[str, Any]:
    result = {"trackName": "Acme", "description": description} | result_fields
    return {name: finding.value for name, finding in findings(result, country).items()}


LISTED = """Tideline shows the tides.
FEATURES:
- Plan a trip with one tap
- Plan a trip with one tap
• Gini and Jony
★ "I never sail without it" - Ann
* Free for a week, then 5 $
1. Share lists with friends
"""


def test_list_items_are_an_alternative_description() -> None:
    """Names alone, praise, prices and repeats are left out; list items never become the only description."""
    described = findings({"trackName": "Tideline", "description": LISTED})["appDescription"]
    assert described.value == "Tideline shows the tides."
    assert [(alternative.value, alternative.rule) for alternative in described.alternatives] == [
        ("• Plan a trip with one tap • Share lists with friends", "appStore.description.list")
    ]
    assert "appDescription" not in read_description(LISTED.partition("\n")[2])


def test_every_recorded_listing_has_its_icon_and_screenshots() -> None:
    for result in recordings():
        software = msgspec.convert(result, AppLookupResult)
        reading = app.extract_brand_candidates_of_apple_app(FetchedStoreApp(url=URL, country="us", software=software))
        images = [(image.kind, image.rule, image.url) for image in reading.pictures]
        shots = [*result.get("screenshotUrls", []), *result.get("ipadScreenshotUrls", [])][:20]
        addresses = [url.replace("http://", "https://") for url in (result["artworkUrl512"], *shots)]
        assert [url for _, _, url in images] == addresses
        assert {kind for kind, _, _ in images[1:]} <= {"screenshot"}
        assert images[0][:2] == ("logo", "appStore.icon")


PLAY = """<script type="application/ld+json">{"@type": "SoftwareApplication", "name": "Acme",
 "image": "https://play-lh.googleusercontent.com/icon"}</script>
<img src="https://play-lh.googleusercontent.com/icon=w240" itemprop="image">
<img src="https://play-lh.googleusercontent.com/a=w526-h296" data-screenshot-index="0"
 srcset="https://play-lh.googleusercontent.com/a=w1052-h592 2x">
<img src="https://play-lh.googleusercontent.com/b=w526-h296" data-screenshot-index="1">
<img src="https://play-lh.googleusercontent.com/of-another-app=w128">"""


def test_a_page_of_google_play_has_its_icon_and_screenshots() -> None:
    url = "https://play.google.com/store/apps/details?id=com.example.acme"
    reading = play.extract_brand_candidates_of_play_page(
        FetchedGooglePlayWebPage(url=url, country="us", body=PLAY.encode())
    )
    assert [(image.kind, image.rule, image.url.rpartition("/")[2]) for image in reading.pictures] == [
        ("logo", "googlePlay.icon", "icon"),
        ("screenshot", "googlePlay.screenshots", "a=w1052-h592"),
        ("screenshot", "googlePlay.screenshots", "b=w526-h296"),
    ]
    assert {image.page for image in reading.pictures} == {url}
