"""Suggestions of ingests: stored once, never after their deletion, and never the cause of a failed ingest."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest
from msgspec import structs

from jobs.kinds import INGEST_WEBSITE_KIND
from schemas.pictures import INLINE_LOGO_RULE, PictureFoundByIngest
from tests import media
from tests.workers.app_media.fetching import MediaFetches, open_fetches
from tests.workers.tasks.project import IngestProject
from tests.workers.web.web import raw_response, serve
from workers.app_media import picture_suggestions

LOGO, PREVIEW = media.picture(size=(128, 128)), media.picture("JPEG", (1200, 630))
PAGE = (
    '<html><head><title>Acme</title><link rel="icon" href="/logo.png" sizes="128x128">'
    '<link rel="apple-touch-icon" href="/logo.png"><meta property="og:image" content="/preview.jpg"></head>'
    "<body><h1>Acme keeps notes</h1><p>Notes for small teams, in one place.</p></body></html>"
)


async def ingest(mine: MediaFetches, url: str, **settings: Any) -> asyncpg.Record:
    """Run an ingest with the storage of these fetches; return its job's row."""
    named = {"assets_url": mine.folder.as_uri(), **settings}
    async with mine.project.at_work(INGEST_WEBSITE_KIND, **named):
        return await mine.project.ingested(INGEST_WEBSITE_KIND, url=url, follow_links=False, max_pages=1)


async def rows(mine: MediaFetches) -> list[asyncpg.Record]:
    return await mine.project.workers.pool.fetch(
        "select * from app_media where project_id = $1 order by kind, rank", mine.project.id
    )


async def test_known_and_deleted_suggestions_are_not_stored_again(sandbox: IngestProject, tmp_path: Path) -> None:
    mine = open_fetches(sandbox, tmp_path)
    assert (await ingest(mine, "https://example.test/ok"))["state"] == "completed"
    logo, first, *_ = before = await rows(mine)
    assert [(row["kind"], row["origin"], row["width"]) for row in before] == [
        ("logo", "suggested", 512), *[("screenshot", "suggested", 1080)] * 3,
    ]  # fmt: skip
    assert await mine.files_a_day_later() == sorted(row["token"] for row in before)
    await mine.delete(logo["id"])
    await mine.delete(first["id"])
    await ingest(mine, "https://example.test/ok")
    after = await rows(mine)
    assert [row["id"] for row in after] == [row["id"] for row in before]
    assert [row["status"] for row in after] == ["dropped", "dropped", "ready", "ready"]
    assert len(await mine.files_a_day_later()) == 2


async def test_a_sites_pictures_are_fetched_through_the_ssrf_guard(fetching: MediaFetches) -> None:
    answers = {
        "/": raw_response(200, PAGE),
        "/logo.png": raw_response(200, LOGO, content_type="image/png"),
        "/preview.jpg": raw_response(200, PREVIEW, content_type="image/jpeg"),
    }
    async with serve(answers) as site:
        row = await ingest(fetching, site.url("/"), fetch_allow=site.host)
        kept = [(one["kind"], one["source_url"]) for one in await rows(fetching)]
        assert row["state"] == "completed"
        assert kept == [("logo", site.url("/logo.png")), ("screenshot", site.url("/preview.jpg"))]


async def test_the_logo_that_a_page_draws_is_suggested_before_its_icon(fetching: MediaFetches) -> None:
    shape = '<path d="M0 0h60v30z" onclick="go()" style="fill:var(--brand)"/>'
    style = "<style>:root{--brand:#1f6f5c}</style>"
    drawn = f'{style}<header><a href="/"><svg viewBox="0 0 60 30">{shape}</svg></a></header>'
    answers = {
        "/": raw_response(200, PAGE.replace("<body>", f"<body>{drawn}")),
        "/logo.png": raw_response(200, LOGO, content_type="image/png"),
    }
    async with serve(answers) as site:
        row = await ingest(fetching, site.url("/"), fetch_allow=site.host)
        [kept] = await rows(fetching)
        assert (row["state"], kept["source_url"]) == ("completed", site.url("/#logo"))
        again = await ingest(fetching, site.url("/"), fetch_allow=site.host)
        assert (again["state"], await rows(fetching)) == ("completed", [kept])
    assert (kept["kind"], kept["mime_type"], kept["width"], kept["height"]) == ("logo", "image/svg+xml", 60, 30)
    [stored] = (file.read_text() for file in fetching.folder.rglob(kept["token"]))
    assert 'fill="#1f6f5c"' in stored
    assert "onclick" not in stored
    colors = await fetching.project.workers.pool.fetchval(
        "select fields->'colors'->'value' from brand_source where project_id = $1", fetching.project.id
    )
    assert "#1f6f5c" in colors


def test_content_gets_a_logo_that_it_can_use_and_the_partner_the_drawn_one_too() -> None:
    icon, picture, drawn = (
        PictureFoundByIngest(kind="logo", url=rule, rule=rule, page=rule, width=width, height=10, type="image/svg+xml")
        for rule, width in (("html.icon", 10), ("html.header", 41), (INLINE_LOGO_RULE, 41))
    )
    suggested = picture_suggestions.choose_pictures_to_suggest([icon, picture, drawn])
    assert suggested == [("logo", icon), ("logo", drawn)]
    wide = structs.replace(drawn, width=40)
    assert picture_suggestions.choose_pictures_to_suggest([icon, wide]) == [("logo", wide)]


@pytest.mark.parametrize(
    "picture", [raw_response(500), raw_response(200, LOGO[:60] + bytes(3000), content_type="image/png")]
)
async def test_a_failed_picture_fails_no_ingest_and_drops_no_other(fetching: MediaFetches, picture: bytes) -> None:
    preview = raw_response(200, PREVIEW, content_type="image/jpeg")
    answers = {"/": raw_response(200, PAGE), "/logo.png": picture, "/preview.jpg": preview}
    async with serve(answers) as site:
        row = await ingest(fetching, site.url("/"), fetch_allow=site.host)
    [kept] = await rows(fetching)
    assert (row["state"], kept["kind"]) == ("completed", "screenshot")
    assert await fetching.files_a_day_later() == [kept["token"]]


async def test_pictures_have_a_time_limit(fetching: MediaFetches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_suggestions, "MAX_INGEST_PICTURES_FETCH_S", 0.0)
    answers = {"/": raw_response(200, PAGE), "/logo.png": raw_response(200, LOGO, content_type="image/png")}
    async with serve(answers) as site:
        row = await ingest(fetching, site.url("/"), fetch_allow=site.host)
    assert (row["state"], await rows(fetching)) == ("completed", [])


async def test_an_ingest_needs_no_storage(sandbox: IngestProject, tmp_path: Path) -> None:
    mine = open_fetches(sandbox, tmp_path)
    media.shut(tmp_path)
    assert (await ingest(mine, "https://example.test/ok"))["state"] == "completed"
    assert await rows(mine) == []
