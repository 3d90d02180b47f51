"""Images of store listings: the icon, then the screenshots, in the stores' order."""

import json as stdlib

import msgspec
import pytest

from tests.workers.ingest.appstore.store_server import recorded
from workers.ingest.appstore import app, play
from workers.ingest.appstore.shapes import Listing, PlayPage, Software

NAMES = ("itunesLookup-284882215.json", "bbedit.json", "slack-lookup.json", "slack.json")


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_listing_has_its_icon_and_screenshots(name: str) -> None:
    for result in stdlib.loads(recorded(name))["results"]:
        software = stdlib.dumps(result)
        reading = app.read_listing(Listing(url="https://a.test/", country="us", software=decoded(software)))
        images = [(image.kind, image.rule, image.url) for image in reading.pictures]
        shots = [*result.get("screenshotUrls", []), *result.get("ipadScreenshotUrls", [])][:20]
        assert [url for _, _, url in images] == [https(result["artworkUrl512"]), *map(https, shots)]
        assert {kind for kind, _, _ in images[1:]} <= {"screenshot"}
        assert images[0][:2] == ("logo", "appStore.icon")


def decoded(software: str) -> Software:
    return msgspec.json.decode(software, type=Software)


def https(url: str) -> str:
    return url.replace("http://", "https://")


PLAY = """<script type="application/ld+json">{"@type": "SoftwareApplication", "name": "Acme",
 "image": "https://play-lh.googleusercontent.com/icon"}</script>
<img src="https://play-lh.googleusercontent.com/icon=w240" itemprop="image">
<img src="https://play-lh.googleusercontent.com/a=w526-h296" data-screenshot-index="0"
 srcset="https://play-lh.googleusercontent.com/a=w1052-h592 2x">
<img src="https://play-lh.googleusercontent.com/b=w526-h296" data-screenshot-index="1">
<img src="https://play-lh.googleusercontent.com/of-another-app=w128">"""


def test_a_page_of_google_play_has_its_icon_and_screenshots() -> None:
    url = "https://play.google.com/store/apps/details?id=com.example.acme"
    reading = play.read(PlayPage(url=url, country="us", body=PLAY.encode()))
    assert [(image.kind, image.rule, image.url.rpartition("/")[2]) for image in reading.pictures] == [
        ("logo", "googlePlay.icon", "icon"),
        ("screenshot", "googlePlay.screenshots", "a=w1052-h592"),
        ("screenshot", "googlePlay.screenshots", "b=w526-h296"),
    ]
    assert {image.page for image in reading.pictures} == {url}
