"""The sandbox: the same answer for the same address, every time, with no more than a live source gives."""

import asyncio
import json

import pytest

from domain.brand.store_listings import AppStoreListingRef, GooglePlayListingReference, RequestedStoreListing
from schemas.errors import SourceError
from tests.waiting import PATIENCE_S
from tests.workers.ingest.website.visits import ignored, ingest_fresh_site
from tests.workers.web.web import image_response, raw_response
from workers.app_media.sandbox import get_sandbox_app_media_of_url
from workers.ingest import sandbox, sandbox_web
from workers.ingest.parser.parser import DocumentParser

SEVEN_FIELDS = {"appName", "appDescription", "tagline", "brandVoice", "icp", "keywords", "primaryLanguage"}
APPLE = AppStoreListingRef(by="bundleId", value="test.example.ok")
GOOGLE = GooglePlayListingReference(package="test.example.ok")


@pytest.mark.parametrize("path", ["", "/", "/ok"])
async def test_ok_is_the_same_every_time_with_the_seven_fields(parser: DocumentParser, path: str) -> None:
    url = f"https://example.test{path}"
    extraction = await sandbox.ingest_sandbox_page(parser, url=url, progress=ignored)
    assert extraction == await sandbox.ingest_sandbox_page(parser, url=url, progress=ignored)
    assert SEVEN_FIELDS | {"audience", "logoUrl", "colors", "platforms"} == extraction.fields.keys()
    assert [picture.kind for picture in extraction.media] == ["logo", *["screenshot"] * 3, "image"]
    assert extraction.warnings == []


async def test_a_live_server_with_the_same_files_gives_the_same_fields(parser: DocumentParser) -> None:
    logo = get_sandbox_app_media_of_url("logo", f"{sandbox_web.SANDBOX_SITE_URL}logo.png")
    answers = {
        "/": raw_response(body=sandbox_web.SITE_PAGE),
        "/manifest.json": raw_response(
            body=json.dumps(sandbox_web.SITE_MANIFEST), content_type="application/manifest+json"
        ),
        "/site.css": raw_response(body=sandbox_web.SITE_STYLE, content_type="text/css"),
        "/logo.png": image_response(logo),
    }
    live, _ = await ingest_fresh_site(parser, answers)
    pretended = await sandbox.ingest_sandbox_page(parser, url=sandbox_web.SANDBOX_SITE_URL, progress=ignored)
    # A logo needs https, which the test's server lacks.
    assert pretended.fields.keys() - {"logoUrl"} == live.fields.keys()
    for name in live.fields.keys() - {"colors"}:
        seen, expected = pretended.fields[name], live.fields[name]
        assert (seen.value, seen.rule, seen.confidence) == (expected.value, expected.rule, expected.confidence)
        assert (seen.evidence, seen.parts) == (expected.evidence, expected.parts)
    assert pretended.fields["colors"].value == live.fields["colors"].value


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("blocked", "FETCH_BLOCKED"), ("not-html", "NOT_HTML"), ("too-large", "TOO_LARGE")),
        *(("other", "SOURCE_NOT_FOUND"), ("test.example.missing", "SOURCE_NOT_FOUND")),
        ("test.example.throttled", "SOURCE_RATE_LIMITED"),
    ],
)
async def test_each_failure_has_a_magic_name(parser: DocumentParser, name: str, code: str) -> None:
    app, page = AppStoreListingRef(by="bundleId", value=name), f"https://example.test/{name}"
    with pytest.raises(SourceError) as refused:
        await (
            sandbox.ingest_sandbox_app(parser, listing=app, progress=ignored)
            if name.startswith("test.")
            else sandbox.ingest_sandbox_page(parser, url=page, progress=ignored)
        )
    assert refused.value.code == code
    assert refused.value.retryable is (code == "SOURCE_RATE_LIMITED")
    assert refused.value.retry_after is None


async def test_slow_reports_progress_and_can_be_canceled(parser: DocumentParser) -> None:
    half_way = asyncio.Event()

    async def report(_stage: str, progress: float) -> None:
        if progress > 0.1:
            half_way.set()

    running = asyncio.create_task(sandbox.ingest_sandbox_page(parser, url="https://example.test/slow", progress=report))
    await asyncio.wait_for(half_way.wait(), PATIENCE_S)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_any_other_site_has_only_its_hosts_name(parser: DocumentParser) -> None:
    extraction = await sandbox.ingest_sandbox_page(parser, url="https://www.acme.com/pricing", progress=ignored)
    assert {field: finding.value for field, finding in extraction.fields.items()} == {"appName": "Acme"}


@pytest.mark.parametrize("listing", [APPLE, GOOGLE])
async def test_an_app_that_is_ok_has_every_field(parser: DocumentParser, listing: RequestedStoreListing) -> None:
    extraction = await sandbox.ingest_sandbox_app(parser, listing=listing, progress=ignored)
    assert SEVEN_FIELDS | {"audience", "logoUrl", "colors", "platforms", "links"} == extraction.fields.keys()
    assert extraction.warnings == []


async def test_a_repository_has_no_voice_logo_or_colors(parser: DocumentParser) -> None:
    extraction = await sandbox.ingest_sandbox_repository(parser, repo="example/ok", progress=ignored)
    assert (SEVEN_FIELDS - {"brandVoice"}) | {"audience", "links"} == extraction.fields.keys()
    assert extraction.warnings == []


async def test_no_request_leaves_the_sandbox() -> None:
    async with sandbox_web.build_sandbox_client() as client:
        for url in ("https://example.com/", "http://example.test/", "https://example.test/other", "http://127.0.0.1/"):
            assert (await client.get(url)).status_code == 404
