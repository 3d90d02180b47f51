"""Images of a whole site: they are fetched, measured and kept, and delay nothing."""

import pytest

from schemas.brand import BrandExtraction
from tests.media import picture
from tests.workers.ingest.website.visits import ingest_fresh_site, warning_codes
from tests.workers.web.web import Answers, Script, image_response, raw_response, silence
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.pictures import fetch_images

PAGE = """<title>Zap</title><link rel="apple-touch-icon" href="/touch.png"><link rel="icon" href="/tab.ico">
<link rel=manifest href="/m.json"><p>Zap draws what you say.
<meta property="og:image" content="/preview.jpg"><meta property="og:image:width" content="9999">
<meta property="og:image:height" content="1"><meta property="og:image:alt" content="Zap &amp; a hat">
<meta property="og:image" content="/inside"><meta name="twitter:image" content="/preview.jpg">
<meta property="og:image" content="data:image/png;base64,AAAA"><img src="/pixel.gif">
<script type="application/ld+json">[{"@type": "Organization", "name": "Zap", "logo": "/logo.svg"},
 {"@type": "MobileApplication", "name": "Zap", "screenshot": ["/one.png", {"url": "/two.png"}]}]</script>"""
MANIFEST = """{"name": "Zap", "icons": [{"src": "i192.png", "sizes": "192x192"},
 {"src": "i512.png", "sizes": "512x512"}],
 "screenshots": [{"src": "/wide.png", "label": "Draw anywhere"}, 7]}"""
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 30"/>'


ANSWERS: Answers = {
    "/": raw_response(200, PAGE, etag='"1"'),
    "/robots.txt": raw_response(404),
    "/m.json": image_response(MANIFEST, "application/manifest+json"),
    "/logo.svg": image_response(DRAWING, "image/svg+xml"),
    "/touch.png": image_response(picture(size=(180, 180))),
    "/tab.ico": image_response(picture("ICO", (32, 32)), "image/x-icon"),
    "/i512.png": image_response(picture(size=(512, 512))),
    "/preview.jpg": image_response(picture("JPEG", (1200, 630)), "image/jpeg"),
    "/one.png": image_response(picture(size=(1080, 1920))),
    "/two.png": raw_response(404),
    "/wide.png": image_response(picture(size=(1280, 800))),
    "/inside": raw_response(302, location="http://169.254.169.254/latest/meta-data"),
}


def listed(extraction: BrandExtraction) -> list[tuple[str, str, int, int, str]]:
    return [
        (image.kind, image.url.rpartition("/")[2], image.width, image.height, image.rule) for image in extraction.media
    ]


async def test_images_of_a_site_are_fetched_and_measured(parser: DocumentParser) -> None:
    extraction, site = await ingest_fresh_site(parser, ANSWERS)
    assert listed(extraction) == [
        ("logo", "logo.svg", 120, 30, "jsonld.logo"),
        ("logo", "touch.png", 180, 180, "html.apple-touch-icon"),
        ("logo", "i512.png", 512, 512, "manifest.icons"),
        ("screenshot", "one.png", 1080, 1920, "jsonld.screenshot"),
        ("screenshot", "wide.png", 1280, 800, "manifest.screenshots"),
        ("image", "preview.jpg", 1200, 630, "html.og:image"),
    ]
    preview = extraction.media[-1]
    assert (preview.type, preview.alt, preview.page) == ("image/jpeg", "Zap & a hat", site.url("/"))
    assert preview.bytes == len(picture("JPEG", (1200, 630)))
    assert {image.type for image in extraction.media} == {"image/svg+xml", "image/png", "image/jpeg"}
    assert [image.alt for image in extraction.media if image.alt] == ["Draw anywhere", "Zap & a hat"]
    assert "/pixel.gif" not in site.paths
    assert site.paths.count("/preview.jpg") == 1
    assert extraction.warnings == []
    assert extraction.visit is not None
    assert {*extraction.visit.answers} == {site.url(path) for path in ("/", "/m.json", "/llms.txt")}


async def test_a_slow_image_is_a_warning_and_the_next_ingest_reads_again(
    parser: DocumentParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_images, "MAX_IMAGE_FETCHING_S", 3.0)
    slow: dict[str, bytes | Script] = {**ANSWERS, "/preview.jpg": silence}
    extraction, _ = await ingest_fresh_site(parser, slow)
    assert warning_codes(extraction) == ["pictures_late"]
    assert [image.kind for image in extraction.media] == ["logo"] * 3 + ["screenshot"] * 2
    assert extraction.fields["appName"].value == "Zap"
    assert extraction.visit is not None
    assert extraction.visit.answers == {}
