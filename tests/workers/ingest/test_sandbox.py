"""The sandbox's website: the same answer for the same address, every time."""

import asyncio

import pytest

from domain.brand.store_listings import AppStoreListingRef, GooglePlayListingReference, RequestedStoreListing
from schemas.errors import SourceError
from tests.waiting import PATIENCE_S
from tests.workers.ingest.website.visits import ignored
from workers.ingest import sandbox

APPLE = AppStoreListingRef(by="bundleId", value="test.example.ok")
GOOGLE = GooglePlayListingReference(package="test.example.ok")


@pytest.mark.parametrize("path", ["", "/", "/ok"])
async def test_ok_has_every_field_that_an_ingest_reads(path: str) -> None:
    url = f"https://example.test{path}"
    extraction = await sandbox.ingest_sandbox_page(url=url, progress=ignored)
    assert extraction == await sandbox.ingest_sandbox_page(url=url, progress=ignored)
    assert extraction.fields.keys() == sandbox.SANDBOX_BRAND_VALUES.keys()
    assert {finding.url for finding in extraction.fields.values()} == {url}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("blocked", "FETCH_BLOCKED"), ("not-html", "NOT_HTML"), ("too-large", "TOO_LARGE")),
        *(("other", "SOURCE_NOT_FOUND"), ("test.example.missing", "SOURCE_NOT_FOUND")),
        ("test.example.throttled", "SOURCE_RATE_LIMITED"),
    ],
)
async def test_each_failure_has_a_magic_name(name: str, code: str) -> None:
    app, page = AppStoreListingRef(by="bundleId", value=name), f"https://example.test/{name}"
    with pytest.raises(SourceError) as refused:
        await (
            sandbox.ingest_sandbox_app(listing=app, progress=ignored)
            if name.startswith("test.")
            else sandbox.ingest_sandbox_page(url=page, progress=ignored)
        )
    assert refused.value.code == code
    assert refused.value.retryable is (code == "SOURCE_RATE_LIMITED")
    assert refused.value.retry_after is None


async def test_slow_reports_progress_and_can_be_canceled() -> None:
    half_way = asyncio.Event()

    async def report(_stage: str, progress: float) -> None:
        if progress > 0.1:
            half_way.set()

    running = asyncio.create_task(sandbox.ingest_sandbox_page(url="https://example.test/slow", progress=report))
    await asyncio.wait_for(half_way.wait(), PATIENCE_S)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_any_other_site_has_only_its_hosts_name() -> None:
    extraction = await sandbox.ingest_sandbox_page(url="https://www.acme.com/pricing", progress=ignored)
    assert {field: finding.value for field, finding in extraction.fields.items()} == {"appName": "Acme"}


@pytest.mark.parametrize("listing", [APPLE, GOOGLE])
async def test_an_app_that_is_ok_has_every_field(listing: RequestedStoreListing) -> None:
    extraction = await sandbox.ingest_sandbox_app(listing=listing, progress=ignored)
    assert {field: finding.value for field, finding in extraction.fields.items()} == sandbox.SANDBOX_BRAND_VALUES
