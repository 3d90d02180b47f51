"""Colors of the logo's image, for any source that has one."""

import json as stdlib
import ssl
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from schemas.brand import BrandExtraction
from tests.media import written
from tests.workers.ingest.appstore.store_server import FACEBOOK, json, look_up_path, recorded, unlimited_limiter
from tests.workers.ingest.github.github_server import Repo, ingest_repository, serve_github
from tests.workers.ingest.website.visits import ignored, ingest_fresh_site, ingest_site, warning_codes
from tests.workers.web.certificate import self_signed
from tests.workers.web.web import Answers, allowed_client, image_response, raw_response, serve
from workers.ingest.appstore import stores
from workers.ingest.appstore.lookup import AppLookupClient
from workers.ingest.appstore.stores import AppStoreAccess
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.website.session import build_crawl_resources
from workers.web import fetch as fetching


def logo(color: str, size: int = 180) -> bytes:
    image = Image.new("RGBA", (size, size), "white")
    ImageDraw.Draw(image).ellipse((20, 20, 150, 150), color)
    return written(image)


def site(picture: bytes, head: str = "") -> Answers:
    icon = "<link rel=apple-touch-icon href=/logo.png>"
    return {"/": raw_response(body=f"<title>Zap</title>{icon}{head}"), "/logo.png": picture}


def brand_colors(extraction: BrandExtraction) -> list[tuple[str, str, str]]:
    return [(color.color, color.role, color.rule) for color in extraction.fields["colors"].colors]


@pytest.mark.parametrize(
    "picture",
    [
        raw_response(404),
        image_response(b"\x89PNG\r\n\x1a\n"),
        image_response(logo("#c0392b")[:-100]),
        image_response(b"<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'>" + b"<g>" * 50_000),
    ],
)
async def test_an_unreadable_logo_changes_nothing_else(parser: DocumentParser, picture: bytes) -> None:
    extraction, _ = await ingest_fresh_site(parser, site(picture, "<meta name=theme-color content=#1f6f5c>"))
    assert brand_colors(extraction) == [("#1f6f5c", "primary", "html.theme-color")]
    assert warning_codes(extraction) == []


@pytest.mark.parametrize(("paint", "color"), [("#1f6f5c", "#1f6f5c"), ("#111", "#c0392b"), ("#fff", "#c0392b")])
async def test_the_logo_that_a_page_draws_gives_its_hue(parser: DocumentParser, paint: str, color: str) -> None:
    drawn = f'<header><svg class="logo" viewBox="0 0 9 9"><path fill="{paint}" d="M0 0h9v9z"/></svg></header>'
    extraction, served = await ingest_fresh_site(parser, site(image_response(logo("#c0392b")), drawn))
    assert brand_colors(extraction) == [(color, "primary", "logo")]
    assert [one.picture.url for one in extraction.drawn] == [served.url("/#logo")]


async def test_a_repository_has_the_colors_of_its_store_icon(parser: DocumentParser) -> None:
    icon = "fastlane/metadata/android/en-US/images/icon.png"
    files = {"README.md": b"# Zap\n\nZap draws what you say.\n", icon: logo("#c0392b", 512)}
    async with serve_github(Repo("acme/zap", files=files)) as served:
        extraction = await ingest_repository(parser, served)
    assert brand_colors(extraction) == [("#c0392b", "primary", "logo")]
    assert extraction.fields["colors"].colors[0].url.endswith(icon)


async def test_a_listing_has_the_colors_of_its_icon(
    parser: DocumentParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = self_signed(tmp_path)
    trusting = ssl.create_default_context(cafile=tmp_path / "site.pem")
    monkeypatch.setattr(fetching, "shared_ssl_context", lambda: trusting)
    result = stdlib.loads(recorded("itunesLookup-284882215.json"))["results"][0]
    async with (
        serve({"/icon.png": image_response(logo("#c0392b", 512))}, tls) as icons,
        serve({}) as store,
        allowed_client(icons, store) as client,
    ):
        icon = f"https://{icons.host}/icon.png"
        listed = stdlib.dumps({"resultCount": 1, "results": [{**result, "artworkUrl512": icon}]})
        store.answers = {look_up_path(FACEBOOK): json(listed)}
        base = store.url("")
        opened = AppStoreAccess(
            AppLookupClient(client, base, unlimited_limiter()), build_crawl_resources(client), parser, base, base
        )
        extraction = await stores.ingest_store_listings(opened, listings=[FACEBOOK], country="us", progress=ignored)
    assert brand_colors(extraction) == [("#c0392b", "primary", "logo")]
    assert extraction.fields["logoUrl"].value == extraction.fields["colors"].colors[0].url == icon


async def test_head_manifest_sheet_and_logo_of_a_site_are_one_palette(parser: DocumentParser) -> None:
    links = "<link rel=manifest href=/m.json><link rel=stylesheet href=/a.css>"
    head = f"<meta name=theme-color content=#c0392b>{links}"
    manifest = '{"theme_color": "#c1392b", "background_color": "#fbfaf7"}'
    answers: Answers = {
        **site(image_response(logo("#bf3a2c")), head),
        "/m.json": raw_response(body=manifest, content_type="application/manifest+json"),
        "/a.css": raw_response(body=":root{--brand:#c23b2d;--accent:#1f6f5c}", content_type="text/css"),
    }
    async with serve(answers) as served, allowed_client(served) as client:
        first = await ingest_site(parser, client, served)
        again = await ingest_site(parser, client, served, last=first.visit)
    assert brand_colors(first) == [
        ("#c23b2d", "primary", "css.--brand+logo+html.theme-color"),
        ("#1f6f5c", "accent", "css.--accent"),
        ("#fbfaf7", "background", "manifest.background_color"),
    ]
    assert first.fields["colors"].confidence == 0.85
    assert [(image.kind, image.url) for image in first.media] == [("logo", served.url("/logo.png"))]
    assert served.paths.count("/logo.png") == 1
    assert again.unchanged
