"""Fetches of app media: the outcome of each address, dying workers, and leftovers in the storage."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from domain.media import app_media_fetches, app_media_limits
from schemas.app_media import AppMediaKind
from schemas.errors import SourceTooLarge, StateConflict
from tests import media
from tests.workers.app_media.fetching import MediaFetches, open_fetches, site
from tests.workers.by_hand import Death, Verb
from tests.workers.net import SimulatedNetwork
from tests.workers.tasks.project import IngestProject
from tests.workers.web.web import raw_response
from workers.tasks.fetch_app_media import fetch_app_media
from workers.web.download import WebFileDownloader
from workers.web.fetch import open_ssrf_guarded_client

LOGO = media.picture(size=(64, 64))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script/><rect width="9" height="9"/></svg>'


@pytest_asyncio.fixture
async def net_downloads(net: SimulatedNetwork) -> AsyncIterator[WebFileDownloader]:
    async with open_ssrf_guarded_client(allowed={}, contact="", resolver=net.resolve) as client:
        yield WebFileDownloader(client)


async def test_a_file_is_fetched_from_its_address(fetching: MediaFetches) -> None:
    """The original of a sanitized drawing is pruned."""
    moved, picture, drawing = (
        raw_response(302, location="/b"), raw_response(200, LOGO), raw_response(200, SVG),
    )  # fmt: skip
    async with site({"/a": moved, "/b": picture, "/c": drawing}) as (served, downloads):
        row = await fetching.fetched(served.url("/a"), downloads)
        assert (row["status"], row["mime_type"], row["width"]) == ("ready", "image/png", 64)
        assert fetching.files() == [row["token"]]
        assert await fetching.project.workers.pool.fetchval("select count(*) from media_upload") == 0
        drawn = await fetching.fetched(served.url("/c"), downloads)
    assert await fetching.files_a_day_later() == sorted([row["token"], drawn["token"]])
    assert b"script" not in (fetching.folder / drawn["token"][:2] / drawn["token"]).read_bytes()


async def test_a_refused_file_has_an_error_code(fetching: MediaFetches) -> None:
    refused = [
        (raw_response(200, b"<html>"), "MEDIA_REFUSED"),
        (raw_response(200, b""), "MEDIA_REFUSED"),
        (raw_response(200, media.grainy("JPEG")[:20_000]), "MEDIA_REFUSED"),
        (raw_response(200, SVG.replace(b"script", b"text")), "MEDIA_REFUSED"),
        (raw_response(200, LOGO, content_encoding="gzip"), "FETCH_FAILED"),
        (raw_response(200, LOGO + bytes(5 << 20)), "TOO_LARGE"),
        (raw_response(404), "SOURCE_NOT_FOUND"),
        (raw_response(403), "SOURCE_FORBIDDEN"),
        (raw_response(302, location="http://169.254.169.254/"), "FETCH_BLOCKED"),
        (raw_response(302, location="file:///etc/passwd"), "FETCH_BLOCKED"),
    ]
    async with site({f"/{number}": answer for number, (answer, _) in enumerate(refused)}) as (served, downloads):
        for number, (_, code) in enumerate(refused):
            row = await fetching.fetched(served.url(f"/{number}"), downloads)
            assert (row["status"], row["error"]["code"]) == ("failed", code), number
    assert await fetching.files_a_day_later() == []


async def test_no_private_address_is_connected(
    fetching: MediaFetches, net: SimulatedNetwork, net_downloads: WebFileDownloader
) -> None:
    """The function itself doesn't check the address: DNS may change before the job runs."""
    row = await fetching.fetched("http://localtest.me/", net_downloads)
    assert (row["error"]["code"], net.connects) == ("FETCH_BLOCKED", [])


STEPS = (
    app_media_fetches.begin_app_media_fetch_attempt,
    app_media_fetches.reserve_app_media_fetch_storage,
    app_media_fetches.finish_app_media_fetch,
)


@pytest.mark.parametrize("verb", STEPS)
@pytest.mark.parametrize("after", [False, True])
async def test_a_dying_worker_leaves_one_row_and_one_file(fetching: MediaFetches, verb: Verb, after: bool) -> None:
    async with site({"/a": raw_response(200, SVG)}) as (served, downloads):
        started = await fetching.start(served.url("/a"))
        task = partial(fetch_app_media, downloads=downloads, store=fetching.store)
        assert await fetching.perform(task, Death(verb, after=after)) == "died"
        if verb is not app_media_fetches.finish_app_media_fetch or not after:
            assert await fetching.perform(task) == "completed"
    row = await fetching.row(started.asset_id)
    assert (row["status"], await fetching.files_a_day_later()) == ("ready", [row["token"]])
    assert await fetching.project.workers.pool.fetchval("select count(*) from app_media") == 1
    assert await fetching.project.workers.pool.fetchval("select bytes from storage_use") == row["size_bytes"]


async def test_a_file_deleted_during_its_fetch_leaves_nothing(fetching: MediaFetches) -> None:
    async with site({"/a": raw_response(200, LOGO)}) as (served, downloads):
        started = await fetching.start(served.url("/a"))

        class Deleting(WebFileDownloader):
            async def download_file(self, url: str, keep: Any, *, limit: int, deadline_s: float) -> None:
                await super().download_file(url, keep, limit=limit, deadline_s=deadline_s)
                await fetching.delete(started.asset_id)

        task = partial(fetch_app_media, downloads=Deleting(downloads.client), store=fetching.store)
        assert await fetching.perform(task) == "canceled"
    assert await fetching.files_a_day_later() == []


async def test_a_project_archived_meanwhile_stores_nothing(fetching: MediaFetches) -> None:
    async with site({"/a": raw_response(200, LOGO)}) as (served, downloads):
        started = await fetching.start(served.url("/a"))
        await fetching.project.archive()
        await fetching.perform(partial(fetch_app_media, downloads=downloads, store=fetching.store))
    assert (await fetching.row(started.asset_id))["status"] == "failed"
    assert await fetching.files_a_day_later() == []


async def test_a_film_streams_within_its_limit(fetching: MediaFetches) -> None:
    """A response without a length is cut off at the first byte too many."""
    film, sent = media.film(more=media.box(b"free", bytes(1 << 20))), asyncio.Event()

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + media.film()[:24])
        try:
            while True:
                writer.write(bytes(1 << 20))
                await writer.drain()
        except ConnectionError:
            sent.set()

    async with site({"/a": raw_response(200, film), "/b": endless}) as (served, downloads):
        row = await fetching.fetched(served.url("/a"), downloads, "demo_video")
        assert (row["status"], row["duration_ms"], row["size_bytes"]) == ("ready", 1500, len(film))
        with pytest.raises(SourceTooLarge):
            await downloads.download_file(served.url("/b"), _drop, limit=2 << 20, deadline_s=30)
        await sent.wait()


async def _drop(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass


SEEN: dict[AppMediaKind, tuple[int, int]] = {
    "logo": (512, 512),
    "screenshot": (1080, 1920),
    "photo": (1440, 1080),
    "demo_video": (360, 640),
    "end_card": (1080, 1350),
}
FAILING = {
    "blocked": "FETCH_BLOCKED",
    "missing": "SOURCE_NOT_FOUND",
    "too-large": "TOO_LARGE",
    "not-media": "MEDIA_REFUSED",
}


async def test_a_sandbox_draws_what_it_fetches(sandbox: IngestProject, tmp_path: Path) -> None:
    mine = open_fetches(sandbox, tmp_path)
    async with httpx.AsyncClient() as nobody:
        for kind, seen in SEEN.items():
            row = await mine.fetched(f"https://example.test/{kind}", WebFileDownloader(nobody), kind)
            assert (row["status"], (row["width"], row["height"])) == ("ready", seen)
        for path, code in FAILING.items():
            row = await mine.fetched(f"https://example.test/{path}", WebFileDownloader(nobody))
            assert row["error"]["code"] == code


async def test_an_unreachable_storage_is_retried_later(fetching: MediaFetches) -> None:
    """A retry has a pause: each attempt fetches the whole file from its server."""
    media.shut(fetching.folder)
    async with site({"/a": raw_response(200, LOGO)}) as (served, downloads):
        await fetching.start(served.url("/a"))
        task = partial(fetch_app_media, downloads=downloads, store=fetching.store)
        assert await fetching.perform(task) == "retry"


async def test_a_retry_counts_against_the_limit_of_files(
    fetching: MediaFetches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        app_media_limits, "MAX_APP_MEDIA_FILES_BY_KIND", {**app_media_limits.MAX_APP_MEDIA_FILES_BY_KIND, "logo": 1}
    )
    async with site({"/a": raw_response(404), "/b": raw_response(200, LOGO)}) as (served, downloads):
        started = await fetching.start(served.url("/a"))
        task = partial(fetch_app_media, downloads=downloads, store=fetching.store)
        assert await fetching.perform(task) == "failed"
        again, twice = [await fetching.retry(started.submitted.job_id) for _ in range(2)]
        assert (again.fresh, twice.fresh, twice.job_id) == (True, False, again.job_id)
        assert await fetching.perform(task) == "failed"
        await fetching.fetched(served.url("/b"), downloads)
        with pytest.raises(StateConflict, match="at most 1"):
            await fetching.retry(again.job_id)
