"""Suggestions of ingests: stored once, never after their deletion, and never the cause of a failed ingest."""

from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import run_in_transaction
from domain.brand import ingests
from domain.media import app_media, uploads
from domain.media.storage import open_media_store
from jobs.kinds import INGEST_WEBSITE_KIND
from tests import media
from tests.workers.tasks.project import IngestProject
from tests.workers.web.web import raw_response, serve
from workers.app_media import picture_suggestions

LOGO, PREVIEW = media.picture(size=(128, 128)), media.picture("JPEG", (1200, 630))
PAGE = (
    '<html><head><title>Acme</title><link rel="icon" href="/logo.png" sizes="128x128">'
    '<link rel="apple-touch-icon" href="/logo.png"><meta property="og:image" content="/preview.jpg"></head>'
    "<body><h1>Acme keeps notes</h1><p>Notes for small teams, in one place.</p></body></html>"
)


class SuggestionIngest:
    def __init__(self, project: IngestProject, folder: Path) -> None:
        self.project, self.folder = project, folder

    async def ingest(self, url: str, **settings: Any) -> asyncpg.Record:
        named = {"assets_url": self.folder.as_uri(), **settings}
        async with self.project.at_work(INGEST_WEBSITE_KIND, **named):
            return await self.project.ingested(ingests.start_website_ingest, url=url, follow_links=False, max_pages=1)

    async def rows(self) -> list[asyncpg.Record]:
        return await self.project.workers.pool.fetch(
            "select * from app_media where project_id = $1 order by kind, rank", self.project.id
        )

    async def delete(self, asset_id: UUID) -> None:
        drop = partial(
            app_media.delete_app_media_file,
            organization_id=self.project.org,
            project_id=self.project.id,
            asset_id=asset_id,
        )
        await run_in_transaction(self.project.workers.pool, drop)

    async def files(self) -> list[str]:
        """Return the files that remain a day later."""
        store = open_media_store(self.project.workers.settings.__class__(**self._settings()))
        async with self.project.workers.pool.acquire() as conn:
            await conn.execute("update media_upload set started_at = started_at - interval '1 day'")
            await uploads.prune_stale_uploads(conn, store)
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def _settings(self) -> dict[str, Any]:
        mine = self.project.workers.settings
        return {name: getattr(mine, name) for name in mine.__struct_fields__} | {"assets_url": self.folder.as_uri()}


async def test_known_and_deleted_suggestions_are_not_stored_again(sandbox: IngestProject, tmp_path: Path) -> None:
    mine = SuggestionIngest(sandbox, tmp_path)
    assert (await mine.ingest("https://example.test/ok"))["state"] == "completed"
    logo, first, *_ = before = await mine.rows()
    assert [(row["kind"], row["origin"], row["width"]) for row in before] == [
        ("logo", "suggested", 512), *[("screenshot", "suggested", 1080)] * 3,
    ]  # fmt: skip
    assert await mine.files() == sorted(row["token"] for row in before)
    await mine.delete(logo["id"])
    await mine.delete(first["id"])
    await mine.ingest("https://example.test/ok")
    after = await mine.rows()
    assert [row["id"] for row in after] == [row["id"] for row in before]
    assert [row["status"] for row in after] == ["dropped", "dropped", "ready", "ready"]
    assert len(await mine.files()) == 2


async def test_a_sites_pictures_are_fetched_through_the_ssrf_guard(project: IngestProject, tmp_path: Path) -> None:
    mine = SuggestionIngest(project, tmp_path)
    answers = {
        "/": raw_response(200, PAGE),
        "/logo.png": raw_response(200, LOGO, content_type="image/png"),
        "/preview.jpg": raw_response(200, PREVIEW, content_type="image/jpeg"),
    }
    async with serve(answers) as site:
        row = await mine.ingest(site.url("/"), fetch_allow=site.host)
        kept = [(one["kind"], one["source_url"]) for one in await mine.rows()]
        assert row["state"] == "completed"
        assert kept == [("logo", site.url("/logo.png")), ("screenshot", site.url("/preview.jpg"))]


@pytest.mark.parametrize(
    "picture", [raw_response(500), raw_response(200, LOGO[:60] + bytes(3000), content_type="image/png")]
)
async def test_a_failed_picture_fails_no_ingest_and_drops_no_other(
    project: IngestProject, tmp_path: Path, picture: bytes
) -> None:
    mine = SuggestionIngest(project, tmp_path)
    preview = raw_response(200, PREVIEW, content_type="image/jpeg")
    answers = {"/": raw_response(200, PAGE), "/logo.png": picture, "/preview.jpg": preview}
    async with serve(answers) as site:
        row = await mine.ingest(site.url("/"), fetch_allow=site.host)
    [kept] = await mine.rows()
    assert (row["state"], kept["kind"]) == ("completed", "screenshot")
    assert await mine.files() == [kept["token"]]


async def test_pictures_have_a_time_limit(
    project: IngestProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_suggestions, "MAX_PICTURE_FETCHING_S", 0.0)
    mine = SuggestionIngest(project, tmp_path)
    answers = {"/": raw_response(200, PAGE), "/logo.png": raw_response(200, LOGO, content_type="image/png")}
    async with serve(answers) as site:
        row = await mine.ingest(site.url("/"), fetch_allow=site.host)
    assert (row["state"], await mine.rows()) == ("completed", [])


async def test_an_ingest_needs_no_storage(sandbox: IngestProject, tmp_path: Path) -> None:
    media.shut(tmp_path)
    mine = SuggestionIngest(sandbox, tmp_path)
    assert (await mine.ingest("https://example.test/ok"))["state"] == "completed"
    assert await mine.rows() == []
